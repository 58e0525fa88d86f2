// A whole tongban for page tests: the real server with the sample city and the scripted engine, a real
// Chromium, and between them a wire that a test can hold or cut.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { startEngine } from '../engine/engine.mjs'
import { root, startServer } from '../server/lib.mjs'

const require = createRequire(join(root, 'web/package.json'))
const { chromium } = require('playwright-core')
// The headless shell is Chromium without the windows around its pages: a third of the processor time.
const CHROMIUM = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].find((p) => existsSync(p))
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')

export const WIDE = { width: 1440, height: 900 }, PHONE = { width: 360, height: 740 }
export const FOUND = '80岁老人高龄津贴标准', NOT_FOUND = '市民广场放孔明灯一天能放几只'
export const CLERK = 'lin.wanqing', COLLEAGUE = 'zhao.hongtu', GUARDIAN = 'zhou.zhiyuan', AUDITOR = 'peng.yiming', OFFICER = 'shen.ruolan', ADMIN = 'ye.qiang', HEAD = 'luo.jing'
/** Everybody's, once they have signed in here. */
export const PASSWORD = 'Qingshan-2026-lvshui'

/** Everything between browser and server goes through it. hold(mark) lets nothing after `mark` reach the
 *  browser until release(); cut() breaks every connection, as a lost network does. */
async function startWire(to) {
  const ends = new Set()
  let mark = null, go = null, gate = Promise.resolve()
  async function carry(from, into) {
    for await (const piece of from) {
      let rest = piece
      const at = mark ? rest.indexOf(mark) : -1
      if (at >= 0) {
        const end = rest.indexOf('\n\n', at)
        const cut = end < 0 ? rest.length : end + 2
        into.write(rest.subarray(0, cut))
        rest = rest.subarray(cut)
        mark = null
        gate = new Promise((open) => { go = open })
        await gate
      }
      if (rest.length) into.write(rest)
    }
    into.end()
  }
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1')
    for (const [a, b] of [[near, far], [far, near]]) {
      ends.add(a)
      a.on('error', () => b.destroy()).on('close', () => { ends.delete(a); b.destroy() })
    }
    near.pipe(far)
    carry(far, near).catch(() => near.destroy())
  })
  const port = await new Promise((ready) => server.listen(0, '127.0.0.1', () => ready(server.address().port)))
  return {
    url: `http://127.0.0.1:${port}`,
    hold: (at) => { mark = at },
    release: () => { mark = null; go?.() },
    cut: () => { for (const s of ends) s.destroy() },
    close: () => { server.close(); for (const s of ends) s.destroy() },
  }
}

/** `more`: options of the server (../server/lib.mjs) beside the scripted engine. */
export async function startSite(more = {}) {
  const engine = await startEngine({ always: { kind: 'echo', count: 3 } })
  const server = await startServer({ engine, ...more })
  const wire = await startWire(server.port)
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--lang=zh-CN'],
  })
  return {
    engine, server, wire, browser, url: wire.url, changed: new Set(), sessions: new Map(),
    /** A device of its own. Violations of the content security policy and errors in scripts are kept. */
    async device(viewport = { width: 1280, height: 800 }, more = {}) {
      const context = await browser.newContext({ viewport, locale: 'zh-CN', ...more })
      await context.addInitScript(() => {
        window.__violations = []
        document.addEventListener('securitypolicyviolation', (e) => window.__violations.push(`${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`))
        window.__shifts = []
        new PerformanceObserver((l) => { for (const s of l.getEntries()) window.__shifts.push({ at: s.startTime, value: s.value }) }).observe({ type: 'layout-shift', buffered: true })
      })
      const page = await context.newPage()
      page.problems = []
      page.on('pageerror', (e) => page.problems.push(e.message))
      page.setDefaultTimeout(15_000)
      await page.goto(wire.url)
      return page
    },
    async stop() {
      await browser.close()
      wire.close()
      await engine.close()
      await server.stop()
    },
  }
}

/** Types a question and sends it with Enter; waits for the end of the answer unless told otherwise. */
export async function ask(page, question, until = '.turn:last-child .trust') {
  await page.fill('#question', question)
  await page.press('#question', 'Enter')
  if (until) await page.waitForSelector(until)
}

export const textOf = async (page, selector) => (await page.locator(selector).allTextContents()).map((t) => t.trim())

/** What the page broke of its own policy, and errors of its scripts. */
export async function offences(page) {
  return [...(await page.evaluate(() => window.__violations)), ...page.problems]
}

/** Ends a device on which nothing may have gone wrong. */
export async function closed(page) {
  assert.deepEqual(await offences(page), [])
  await page.context().close()
}

/** axe's findings by WCAG A and AA, as lines; `enhanced` asks for text contrast of 7:1 as well. */
export async function axe(page, enhanced = true) {
  if (!await page.evaluate(() => 'axe' in window)) await page.evaluate(AXE)
  // What floats over the talk is laid into it: axe takes what lies under it for covered for good, though it scrolls free.
  await page.evaluate(() => { for (const e of document.querySelectorAll('.dock, .composer .box, .bar')) e.style.position = 'static' })
  return page.evaluate(async (rules) => {
    const r = await window.axe.run(document, { preload: false, runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }, rules, resultTypes: ['violations'] })
    return r.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(' ')} ${n.any[0]?.message ?? n.all[0]?.message ?? ''}`))
  }, enhanced ? { 'color-contrast-enhanced': { enabled: true } } : {})
}

/** Signs in; the first time with the password of set-up, which has to be changed. Later devices go on with
 *  the session of the first, as long as it lasts. */
export async function signIn(site, page, login, path = '') {
  const known = site.changed.has(login), first = site.server.passwords[login]
  await page.context().addCookies(site.sessions.get(login) ?? [])
  await page.goto(site.url + '/staff.html' + path)
  await page.waitForSelector('.shell, input[name=username]')
  if (!await page.locator('input[name=username]').count()) return
  await page.fill('input[name=username]', login)
  await page.fill('input[name=password]', known ? PASSWORD : first)
  await page.keyboard.press('Enter')
  if (!known) {
    await page.waitForSelector('input[name=old]')
    await page.fill('input[name=old]', first)
    await page.fill('input[name=new]', PASSWORD)
    await page.fill('input[name=again]', PASSWORD)
    await page.keyboard.press('Enter')
  }
  await page.waitForSelector('.shell')
  site.changed.add(login)
  site.sessions.set(login, (await page.context().cookies()).filter((c) => c.name === 'tb_session'))
}
