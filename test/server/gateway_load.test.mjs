// Three times as many calls as the engine has places for: who goes first, who waits, who is told to
// come back, measured on the running server.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { App, startGateway } from './gateway.mjs'

const CLASSES = ['hotline', 'window', 'staff', 'batch']
const SLOTS = 4
const ANSWER_MS = 120
const SECONDS = 4
// Of twenty calls: the hotline asks for less than its share, batch work for all there is.
const MIX = CLASSES.flatMap((c, i) => Array([2, 3, 5, 10][i]).fill(c)).map((c, i, all) => all[(i * 7) % all.length])

let city
before(async () => {
  city = await startGateway({
    engines: [{ slots: SLOTS }],
    keys: Object.fromEntries(CLASSES.map((c) => [c, { priority: c }])),
  })
  city.engine.always({ kind: 'slow', first_ms: ANSWER_MS, text: '好的。' })
})
after(() => city?.close())

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1]
const wait = (ms) => new Promise((done) => setTimeout(done, ms))

test('at three times the load the hotline hardly waits, batch work waits but is not starved, and who is refused is told when to come back', async () => {
  const apps = Object.fromEntries(CLASSES.map((c) => [c, new App(city.server, city.keys[c])]))
  const seen = Object.fromEntries(CLASSES.map((c) => [c, { served: [], refused: [] }]))
  const gap = (1000 * ANSWER_MS) / (1000 * SLOTS * 3) // between any two calls
  const running = []
  const began = performance.now()
  for (let i = 0; performance.now() - began < SECONDS * 1000; i++) {
    const c = MIX[i % MIX.length]
    const at = performance.now()
    running.push(apps[c].chat(`第${i}件`).then((r) => {
      if (r.status === 200) seen[c].served.push(performance.now() - at)
      else seen[c].refused.push(r)
    }))
    await wait(Math.max(0, began + gap * (i + 1) - performance.now()))
  }
  await Promise.all(running)
  for (const a of Object.values(apps)) a.close()
  const summary = CLASSES.map((c) => `${c}: ${seen[c].served.length} served, median ${Math.round(median(seen[c].served) ?? -1)} ms, ${seen[c].refused.length} refused`)
  console.log(`# ${summary.join('; ')}`)
  const { hotline, batch } = seen
  assert.equal(hotline.refused.length, 0, summary.join('; '))
  assert.ok(median(hotline.served) < 4 * ANSWER_MS, summary.join('; '))
  assert.ok(batch.served.length > 0, summary.join('; '))
  assert.ok(median(batch.served) > 2 * median(hotline.served), summary.join('; '))
  for (const c of CLASSES)
    for (const r of seen[c].refused) {
      assert.ok([429, 503].includes(r.status), `${r.status} ${r.text}`)
      assert.ok(Number(r.headers['retry-after']) >= 1, r.text)
      assert.ok(r.json.error.message.length > 5)
    }
})
