// Floods: who asks too fast waits, an exhausted address is asked for a proof that its page works out by itself, staff
// and neighbours go on, and the system admin sees it. Addresses come through a proxy: loopback itself pays nothing.
import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import { after, before, test } from 'node:test'
import { eventually, startServer } from './lib.mjs'

let server
before(async () => { server = await startServer({ args: ['--proxies', '127.0.0.1', '--limits', '40:0.01,60:0.01,1000:0.01'] }) })
after(() => server?.stop())

const ask = (address, { cookie, proof, path = '/api/city' } = {}) => fetch(server.url + path, {
  headers: { 'x-forwarded-for': address, ...(cookie && { cookie }), ...(proof && { 'x-proof': proof }) } })
const zeros = (text) => crypto.createHash('sm3').update(text).digest().readUInt32BE(0) >>> 18 === 0
const prove = (challenge) => { for (let n = 0; ; n++) if (zeros(`${challenge}:${n}`)) return `${challenge}:${n}` }
async function exhaust(address, how) {
  for (let i = 0; i < 70; i++) {
    const r = await ask(address, how)
    if (r.status === 429) return r
    assert.equal(r.status, 200)
  }
  assert.fail('never told to wait')
}

test('a person who asks too fast is told how long to wait, and nobody else is', async () => {
  const cookie = 'tb_device=' + 'a'.repeat(43)
  const r = await exhaust('198.51.100.1', { cookie })
  assert.ok(Number(r.headers.get('retry-after')) >= 1)
  assert.equal(r.headers.get('x-challenge'), null)
  assert.match((await r.json()).error.message, /请过\d+秒再试/)
  assert.equal((await ask('198.51.100.1')).status, 200)
})

test('an exhausted address is asked for a proof, which earns a store of its own', async () => {
  const address = '198.51.100.2'
  const challenge = (await exhaust(address)).headers.get('x-challenge')
  assert.match(challenge, /^\d+-[0-9a-f]{8}\.[0-9a-f]{16}$/)
  const proof = prove(challenge)
  for (let i = 0; i < 20; i++) assert.equal((await ask(address, { proof })).status, 200)
  assert.equal((await ask(address)).status, 429)
  let wrong = 0
  while (zeros(`${challenge}:${wrong}`)) wrong++
  assert.equal((await ask(address, { proof: `${challenge}:${wrong}` })).status, 429)
  assert.equal((await ask(address, { proof: prove('9999999999-00000000.0123456789abcdef') })).status, 429)
  await exhaust('198.51.100.3')
  assert.equal((await ask('198.51.100.3', { proof })).status, 429) // another's
  assert.equal((await ask('2001:db8:1:1::5')).status, 200)
})

test('neighbours in an IPv6 network share its store, the next network has its own', async () => {
  await exhaust('2001:db8:7:7::1')
  assert.equal((await ask('2001:db8:7:7:ffff::2')).status, 429)
  assert.equal((await ask('2001:db8:7:8::1')).status, 200)
})

test('the system admin sees it, and nobody on this machine pays', async () => {
  const admin = await server.staff('ye.qiang')
  const r = await admin.get('/api/limits')
  assert.equal(r.status, 200, r.text)
  assert.ok(r.json.waited >= 1 && r.json.challenged >= 4 && r.json.proved === 20 && r.json.wrong_proofs >= 3, r.text)
  assert.equal(r.json.attacked, false)
  assert.match((await admin.get('/metrics')).text, /tongban_flood_total\{what="proved"\} 20\n/)
  for (let i = 0; i < 80; i++) assert.equal((await fetch(server.url + '/api/city')).status, 200)
})

test('who is limited now and why is seen, an hour minute by minute, and the limits are changed and undone with a row each', async () => {
  const admin = await server.staff('ye.qiang'), device = 'tb_device=' + 'b'.repeat(43)
  await exhaust('198.51.100.9', { cookie: device })
  const shown = (await admin.get('/api/limits')).json
  const one = shown.limited.find((x) => x.kind === 'person'), address = shown.limited.find((x) => x.name === '198.51.100.2')
  assert.ok(one.times >= 1 && one.name.length === 8 && !'b'.repeat(43).includes(one.name) && Date.parse(one.until) > Date.parse(one.since), JSON.stringify(one))
  assert.equal(address?.kind, 'address')
  assert.equal(shown.minutes.length, 60)
  assert.equal(shown.minutes.reduce((n, m) => n + m.waited, 0), shown.waited)
  assert.deepEqual(shown.limits.person, { burst: 40, per_second: 0.01 })
  assert.equal((await admin.post('/api/limits/undo')).status, 409)
  for (const wrong of [{ person: { burst: 5, per_second: 1 } }, { person: { burst: 100, per_second: 0 } }, { all: { burst: 1e9, per_second: 1 } }, { everybody: { burst: 100, per_second: 1 } }])
    assert.equal((await admin.put('/api/limits', wrong)).status, 400, JSON.stringify(wrong))
  const more = await admin.put('/api/limits', { person: { burst: 500, per_second: 400 } })
  assert.deepEqual([more.status, more.json.limits.person, more.json.limits.address.burst, more.json.may_undo], [200, { burst: 500, per_second: 400 }, 60, true])
  await eventually(async () => (await ask('198.51.100.8', { cookie: device })).status === 200) // at once: it refills 400 a second
  assert.deepEqual((await admin.post('/api/limits/undo')).json.limits.person, { burst: 40, per_second: 0.01 })
  const auditor = await server.staff('peng.yiming')
  const row = (await auditor.get('/api/audit?verb=limits.change')).json.items.find((x) => x.outcome === 'ok')
  assert.match(row.detail, /^from person=40:0.01 .* to person=500:400 /)
})

test('what was changed is in force after a restart, unless the operator says otherwise', async () => {
  const other = await startServer()
  const admin = await other.staff('ye.qiang')
  assert.equal((await admin.put('/api/limits', { all: { burst: 777, per_second: 7 } })).status, 200)
  await other.restart()
  assert.deepEqual((await admin.get('/api/limits')).json.limits.all, { burst: 777, per_second: 7 })
  await other.stop()
})
