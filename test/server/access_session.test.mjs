// Second factors and sessions as people meet them: a code before anything else, codes taken once,
// sessions seen and ended, a stream that closes with its session, keys rotated and lost.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { PASSWORD, embedded, eventually, run, startEngine, startServer, temporary, totp } from './lib.mjs'

let engine, server, officer, auditor
before(async () => {
  engine = await startEngine()
  server = await startServer({ engine, args: ['--proxies', '127.0.0.1'] })
  officer = await server.staff('shen.ruolan')
  auditor = await server.staff('peng.yiming')
})
after(async () => {
  await server?.stop()
  await engine?.close()
})

let made = 0
async function colleague(role = 'clerk', department = 'minzheng') {
  const login = `ma.${++made}`, p = server.person()
  const { password } = (await officer.post('/api/users', { login, name: '测试', role, department })).json
  p.login = login
  const s = await p.post('/api/session', { login, password })
  p.csrf = s.json.csrf
  assert.equal((await p.post('/api/session/password', { old: password, new: PASSWORD })).status, 200)
  return p
}
async function enrol(p) {
  const begun = await p.post('/api/session/totp')
  assert.equal(begun.status, 200, begun.text)
  const done = await p.post('/api/session/totp/confirm', { code: totp(begun.json.secret, Date.now() - 30000) })
  assert.equal(done.status, 200, done.text)
  return { ...begun.json, recovery: done.json.recovery }
}
async function again(login, address = `10.2.${made >> 8}.${made & 255}`) {
  const p = server.person()
  const r = await p.post('/api/session', { login, password: PASSWORD }, { 'x-forwarded-for': address })
  p.csrf = r.json.csrf
  p.first = r.json
  return p
}

test('with a second factor a password alone opens nothing', async () => {
  const p = await colleague('auditor')
  const { secret, uri, dots, recovery } = await enrol(p)
  assert.match(uri, /^otpauth:\/\/totp\/.*secret=[A-Z2-7]{32}&issuer=/)
  assert.ok(dots.length >= 21 && dots.every((row) => row.length === dots.length && /^[01]+$/.test(row)))
  assert.equal(new Set(recovery).size, 10)
  assert.equal((await p.get('/api/session/totp')).json.enabled, true)
  const q = await again(p.login)
  assert.equal(q.first.second, 'needed')
  for (const [m, target, body] of [['GET', '/api/audit'], ['GET', '/api/session/list'], ['POST', '/api/session/password', { old: PASSWORD, new: 'x' }],
    ['POST', '/api/session/totp'], ['POST', '/api/session/totp/remove', { code: totp(secret) }]])
    assert.equal((await q.request(m, target, body)).status, 403, target)
  assert.equal((await q.post('/api/session/code', { code: '000000' })).status, 400)
  const ok = await q.post('/api/session/code', { code: totp(secret) })
  assert.equal(ok.status, 200, ok.text)
  assert.equal(ok.json.second, 'none')
  assert.equal((await q.get('/api/audit')).status, 200)
  assert.equal((await q.post('/api/session/code', { code: totp(secret) })).status, 409)
  const rows = (await auditor.get(`/api/audit?object=${p.login}&size=50`)).json.items.map((r) => `${r.verb} ${r.outcome} ${r.detail}`)
  for (const what of ['session.totp_on ok ', 'session.start ok how=password code=due', 'session.code ok by=app'])
    assert.ok(rows.includes(what), what + rows)
})

test('a code is taken once, a recovery code too, and five wrong ones lock', async () => {
  const p = await colleague()
  const { secret, recovery } = await enrol(p)
  const code = totp(secret)
  assert.equal((await (await again(p.login)).post('/api/session/code', { code })).status, 200)
  assert.equal((await (await again(p.login)).post('/api/session/code', { code })).status, 400)
  assert.equal((await (await again(p.login)).post('/api/session/code', { code: recovery[3].toLowerCase() })).status, 200)
  assert.equal((await (await again(p.login)).post('/api/session/code', { code: recovery[3] })).status, 400)
  assert.equal((await p.get('/api/session/totp')).json.recovery_left, 9)
  const q = await again(p.login)
  const got = await Promise.all([...Array(8)].map((_, i) => q.post('/api/session/code', { code: `10000${i}` })))
  assert.ok(got.some((r) => r.status === 429) || (await q.post('/api/session/code', { code: '1' })).status === 429)
  assert.equal((await q.post('/api/session/code', { code: recovery[4] })).status, 429, 'locked: even a right one waits')
  // signing in by password again does not forget what was tried
  assert.equal((await server.person().post('/api/session', { login: p.login, password: PASSWORD }, { 'x-forwarded-for': '10.3.0.1' })).status, 429)
})

test('the telephone is lost: the officer takes the factor off, and every session ends', async () => {
  const p = await colleague()
  await enrol(p)
  assert.equal((await officer.post(`/api/users/${p.login}/totp`)).status, 200)
  assert.equal((await p.get('/api/session')).status, 401)
  assert.equal((await again(p.login)).first.second, 'none')
  assert.equal((await officer.post('/api/users/shen.ruolan/totp')).status, 403, 'not by oneself')
})

test('secrets and recovery codes stand in the clear nowhere', async () => {
  const p = await colleague()
  const { secret, recovery } = await enrol(p)
  const bytes = Buffer.concat(['tongban.db', 'tongban.db-wal'].map((f) => path.join(server.data, f)).filter(fs.existsSync).map((f) => fs.readFileSync(f)))
  for (const word of [secret, recovery[0], recovery[0].replace('-', '')]) assert.ok(!bytes.includes(Buffer.from(word)))
  assert.ok(!server.logged.includes(secret) && !server.logged.includes(recovery[0]))
})

test('one sees where one is signed in and ends one; the officer other people’s', async () => {
  const p = await colleague(), q = await again(p.login)
  const mine = (await p.get('/api/session/list')).json.items
  assert.equal(mine.length, 2)
  const other = mine.find((s) => !s.current)
  assert.equal((await (await colleague()).delete(`/api/session/list/${other.id}`)).status, 404, 'not somebody else’s')
  assert.equal((await p.delete(`/api/session/list/${other.id}`)).status, 200)
  assert.equal((await q.get('/api/session')).status, 401)
  const seen = (await officer.get(`/api/users/${p.login}/sessions`)).json.items
  assert.equal(seen.length, 1)
  assert.equal((await officer.delete(`/api/users/${p.login}/sessions/${seen[0].id}`)).status, 200)
  assert.equal((await p.get('/api/session')).status, 401)
  assert.equal((await officer.delete(`/api/users/${p.login}/sessions/${seen[0].id}`)).status, 404)
})

for (const how of ['session', 'lock', 'role'])
  test(`a running stream closes within a second of its session’s end: ${how}`, async () => {
    const p = await colleague()
    engine.always({ kind: 'hang' })
    let ended
    const answer = await p.ask('80岁老人高龄津贴标准', {
      onEvent: (e) => {
        if (ended || e.event !== 'evidence') return
        ended = performance.now()
        const id = how === 'session' && officer.get(`/api/users/${p.login}/sessions`).then((r) => officer.delete(`/api/users/${p.login}/sessions/${r.json.items[0].id}`))
        if (how === 'lock') officer.post(`/api/users/${p.login}/lock`)
        if (how === 'role') officer.post(`/api/users/${p.login}/role`, { role: 'auditor', department: 'renshe' })
        return id && undefined
      },
    })
    const took = performance.now() - ended
    engine.reset()
    if (embedded) { // else the engine is not asked, and the answer is over at once
      assert.equal(answer.whole, false)
      assert.equal(answer.error?.code, 'unauthorised', JSON.stringify(answer.events.at(-1)))
      assert.ok(took < 1500, `${Math.round(took)} ms`)
    }
  })

test('keys are rotated while people work: what was sealed opens, the chain goes on with the new one', async () => {
  const p = await colleague(), { secret } = await enrol(p)
  const r = await run(['keys', 'rotate', '--json'], { data: server.data })
  assert.equal(r.code, 0, r.stderr)
  await eventually(() => server.lines('keys').length > 0 || null)
  const q = await again(p.login)
  assert.equal((await q.post('/api/session/code', { code: totp(secret) })).status, 200, 'sealed by the master before')
  assert.equal((await auditor.post('/api/audit/verify')).json.ok, true)
  await server.stop()
  const v = JSON.parse((await run(['audit', 'verify', '--json'], { data: server.data })).stdout)
  assert.ok(v.ok && v.signed_to === v.rows, JSON.stringify(v))
  const early = await run(['keys', 'forget'], { data: server.data })
  assert.ok(early.code === 0 || /只有旧密钥能读出/.test(early.stderr), early.stderr) // the job may have been as fast
  await server.start()
  const row = await eventually(async () => (await auditor.get('/api/audit?verb=keys.reseal')).json.items[0], { every: 100 })
  assert.match(row.detail, /^sealed=[1-9]\d* lost=0$/)
  const [job] = (await (await colleague()).get('/api/jobs?kind=reseal')).json.items
  assert.ok(job.done > 0 && job.done === job.total && job.result.lost === 0, JSON.stringify(job))
  const gone = await run(['keys', 'forget'], { data: server.data })
  assert.equal(gone.code, 0, gone.stderr)
  assert.ok(!fs.existsSync(path.join(server.data, 'keys/master.old')))
  await server.restart()
  const s = await again(p.login)
  assert.equal((await s.post('/api/session/code', { code: totp(secret, Date.now() + 30000) })).status, 200, 'sealed again by the newest')
})

test('a lost master key stops the start and says what to do; a foreign one too', async () => {
  await server.stop()
  const copy = temporary('lost')
  fs.cpSync(server.data, copy, { recursive: true })
  const serve = () => run(['serve', '--listen', '127.0.0.1:0', '--no-engine', '--no-embed'], { data: copy })
  const key = path.join(copy, 'keys/master.key'), kept = fs.readFileSync(key)
  fs.rmSync(key)
  const lost = await serve()
  assert.equal(lost.code, 1)
  assert.match(lost.stderr, /密钥文件丢失.*备份/)
  assert.ok(!fs.existsSync(key), 'nothing is made in its place')
  fs.writeFileSync(key, 'ab'.repeat(32), { mode: 0o600 })
  fs.rmSync(path.join(copy, 'keys/master.old'), { force: true })
  assert.match((await serve()).stderr, /不是这个数据库的/)
  fs.writeFileSync(key, kept, { mode: 0o600 })
  assert.equal((await run(['keys', 'list'], { data: copy })).code, 0)
  fs.rmSync(key)
  assert.match((await run(['keys', 'renew'], { data: copy })).stderr, /--accept-loss/)
  assert.equal((await run(['keys', 'renew', '--accept-loss'], { data: copy })).code, 0)
  assert.equal((await run(['audit', 'verify'], { data: copy })).code, 0, 'the trail does not need the master')
  await server.start()
})
