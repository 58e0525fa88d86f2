// An engine kept from new calls by hand: the others take them, what runs ends well, it stays so over a
// restart, and the same button lets calls come again.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { App, rows, startGateway, textOf } from './gateway.mjs'
import { eventually } from './lib.mjs'

const TEXT = '高龄津贴每月一百元。'.repeat(20)
let city, app, admin, one, two

before(async () => {
  city = await startGateway({ engines: [{ name: '一号机' }, { name: '二号机' }] })
  ;[one, two] = city.engines
  for (const e of city.engines) e.always({ kind: 'plain', text: '好。' })
  app = new App(city.server, city.keys.app)
  admin = await city.server.staff('ye.qiang')
})
after(async () => {
  app?.close()
  await city?.close()
})

const drain = (engine, on) => admin.post('/api/engines/drain', { engine, drain: on })
const stateOf = async (name) => (await admin.get('/api/engines')).json.engines.find((e) => e.name === name)
const ask = async (n) => {
  const had = [one.requests.length, two.requests.length]
  for (let i = 0; i < n; i++) assert.equal((await app.chat(`第${i}次`)).status, 200)
  return [one.requests.length - had[0], two.requests.length - had[1]]
}

test('new calls go to the others, a stream that runs ends whole, and the state says so', async () => {
  one.next({ kind: 'plain', text: TEXT, piece: 1, delay_ms: 5 })
  two.next({ kind: 'plain', text: TEXT, piece: 1, delay_ms: 5 })
  const streams = [app.stream('讲讲'), app.stream('讲讲')]
  await eventually(() => one.open + two.open === 2)
  assert.deepEqual((await drain('一号机', true)).json, { engine: '一号机', drain: true })
  assert.deepEqual(await ask(6), [0, 6])
  for (const s of await Promise.all(streams)) assert.equal(textOf(s.events), TEXT)
  const state = await stateOf('一号机')
  assert.deepEqual([state.drain, state.drained_by_file, state.running], [true, false, 0])
  assert.match(state.message, /停止接收/)
})

test('it stays so over a restart, and comes back by the same way; the trail has both', async () => {
  await city.server.restart()
  assert.equal((await stateOf('一号机')).drain, true)
  assert.deepEqual(await ask(4), [0, 4])
  assert.equal((await drain('一号机', false)).status, 200)
  assert.equal((await drain('二号机', true)).status, 200)
  assert.deepEqual(await ask(4), [4, 0])
  assert.equal((await drain('二号机', false)).status, 200)
  const { trail } = await rows(city.server, { trail: "SELECT object, detail FROM audit WHERE verb = 'engine.drain' AND outcome = 'ok' ORDER BY id" })
  assert.deepEqual(trail.map((r) => [r.object, r.detail]), [['一号机', 'drain=1'], ['一号机', 'drain=0'], ['二号机', 'drain=1'], ['二号机', 'drain=0']])
})

test('when the last one is drained callers are told, and nobody else may turn it', async () => {
  for (const e of ['一号机', '二号机']) await drain(e, true)
  const r = await app.chat('在吗')
  assert.equal(r.status, 503, r.text)
  assert.ok(Number(r.headers['retry-after']) >= 1)
  for (const e of ['一号机', '二号机']) await drain(e, false)
  assert.equal((await app.chat('在吗')).status, 200)
  assert.equal((await drain('三号机', true)).status, 404)
  const clerk = await city.server.staff('lin.wanqing')
  assert.equal((await clerk.post('/api/engines/drain', { engine: '一号机', drain: true })).status, 403)
})
