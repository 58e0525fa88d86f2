// How long a citizen on a slow phone waits for the page: 4 times slower processor, 3G fast
// (1.6 Mbit/s, 150 ms there and back). node bench/page.mjs; the last line is JSON (medians, ms and bytes).
import { startSite } from '../test/page/site.mjs'

const ROUNDS = 5
const median = (l) => [...l].sort((a, b) => a - b)[l.length >> 1]
const site = await startSite()
const seen = []
for (let i = 0; i < ROUNDS; i++) {
  const context = await site.browser.newContext({ viewport: { width: 360, height: 740 } })
  const page = await context.newPage()
  const cdp = await context.newCDPSession(page)
  await cdp.send('Network.enable')
  await cdp.send('Network.emulateNetworkConditions', { offline: false, latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 0.75e6 / 8 })
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: 4 })
  await page.addInitScript(() => {
    window.__shift = 0
    new PerformanceObserver((l) => { for (const s of l.getEntries()) window.__shift += s.value }).observe({ type: 'layout-shift', buffered: true })
    new MutationObserver((_, o) => {
      window.__box ??= document.querySelector('#question') && performance.now()
      if (document.querySelector('.tools')) { window.__ready = performance.now(); o.disconnect() }
    }).observe(document, { childList: true, subtree: true })
  })
  await page.goto(site.url)
  await page.waitForSelector('.tools')
  await page.waitForLoadState('networkidle')
  seen.push(await page.evaluate(() => ({
    box_ms: window.__box, painted_ms: performance.getEntriesByName('first-contentful-paint')[0].startTime, interactive_ms: window.__ready, shift: window.__shift,
    script_bytes: performance.getEntriesByType('resource').filter((r) => r.name.endsWith('.js')).reduce((a, r) => a + r.encodedBodySize, 0),
  })))
  await context.close()
}
await site.stop()
console.log(JSON.stringify(Object.fromEntries(Object.keys(seen[0]).map((k) => [k, Math.round(median(seen.map((s) => s[k])) * 1000) / 1000]))))
