// Accounts as people meet them: signing in, the first password, locks, roles, what a page of
// somebody else's cannot do.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { PASSWORD, run, startServer } from './lib.mjs'

let server, officer
before(async () => {
  server = await startServer({ args: ['--proxies', '127.0.0.1'] }) // so that every person has an address
  officer = await server.staff('shen.ruolan')
})
after(() => server.stop())

let addresses = 0
const signIn = (p, login, password) => {
  p.address ??= `10.1.${++addresses >> 8}.${addresses & 255}`
  return p.post('/api/session', { login, password }, { 'x-forwarded-for': p.address })
}
// A colleague made for one test, so that locks of one test are not met by another.
let made = 0
async function colleague(role = 'clerk') {
  const login = `ren.${++made}`
  const r = await officer.post('/api/users', { login, name: '测试', role, department: 'minzheng' })
  assert.equal(r.status, 200, r.text)
  return r.json
}

test('an unknown login, a wrong password and a disabled account are told apart by nothing', async () => {
  const known = await colleague()
  const disabled = await colleague()
  assert.equal((await officer.post(`/api/users/${disabled.login}/lock`)).status, 200)
  const replies = []
  for (const [login, password] of [['no.such', 'x'], [known.login, 'x'], [disabled.login, disabled.password]]) {
    const r = await signIn(server.person(), login, password)
    const { code, message, retry_after } = r.json.error
    replies.push({ status: r.status, code, message, retry_after, cookie: String(r.headers['set-cookie']).includes('tb_session') })
  }
  assert.equal(replies[0].status, 401)
  assert.equal(replies[0].cookie, false)
  assert.deepEqual(replies[1], replies[0])
  assert.deepEqual(replies[2], replies[0])
})

test('an unknown login takes as long as a known one', async () => {
  const known = await colleague()
  const time = async (login) => {
    const began = performance.now()
    await signIn(server.person(), login, 'wrong')
    return performance.now() - began
  }
  const a = [], b = []
  for (let i = 0; i < 4; i++) {
    a.push(await time(known.login))
    b.push(await time('ren.unknown'))
  }
  const least = (v) => Math.min(...v)
  assert.ok(least(b) > least(a) / 2 && least(a) > least(b) / 2, `${least(a)} ms, ${least(b)} ms`)
})

test('a first password opens nothing until it is changed', async () => {
  const { login, password } = await colleague('auditor')
  const p = server.person()
  const r = await signIn(p, login, password)
  assert.equal(r.status, 200)
  assert.equal(r.json.staff.must_change, true)
  p.csrf = r.json.csrf
  const refused = await p.get('/api/audit')
  assert.equal(refused.status, 403)
  assert.match(refused.json.error.message, /密码/)
  const changed = await p.post('/api/session/password', { old: password, new: PASSWORD })
  assert.equal(changed.status, 200, changed.text)
  assert.equal(changed.json.staff.must_change, false)
  assert.equal((await p.get('/api/audit')).status, 200)
  assert.equal((await signIn(server.person(), login, password)).status, 401)
})

test('weak passwords are refused with a sentence', async () => {
  const { login, password } = await colleague()
  const p = server.person()
  p.csrf = (await signIn(p, login, password)).json.csrf
  for (const weak of ['', 'short', 'Admin@123456', 'P@ssw0rd2026', '88888888Aa!', 'Huawei@12345', `${login}-Xy7!`]) {
    const r = await p.post('/api/session/password', { old: password, new: weak })
    assert.equal(r.status, 400, weak)
    assert.ok(r.json.error.message.length > 4)
  }
  assert.equal((await p.post('/api/session/password', { old: 'wrong', new: PASSWORD })).status, 400)
  assert.equal((await p.post('/api/session/password', { old: password, new: PASSWORD })).status, 200)
})

test('five failures lock the login for a quarter of an hour, even for the right password', async () => {
  const { login, password } = await colleague()
  for (let i = 0; i < 5; i++) assert.equal((await signIn(server.person(), login, 'x')).status, 401)
  const r = await signIn(server.person(), login, password)
  assert.equal(r.status, 429)
  assert.ok(r.json.error.retry_after > 800 && r.json.error.retry_after <= 900)
  assert.equal(Number(r.headers['retry-after']), r.json.error.retry_after)
  const listed = (await officer.get(`/api/users?q=${login}`)).json.items[0]
  assert.equal(listed.state, 'locked')
  assert.ok(Date.parse(listed.locked_until) > Date.now())
  assert.equal((await officer.post(`/api/users/${login}/unlock`)).status, 200)
  assert.equal((await signIn(server.person(), login, password)).status, 200)
})

test('many tries at once get no further than five', async () => {
  const { login, password } = await colleague()
  const tries = Array.from({ length: 24 }, (_, i) => signIn(server.person(), login, i === 23 ? password : `x${i}`))
  const got = await Promise.all(tries)
  assert.ok(got.filter((r) => r.status === 401).length >= 5)
  assert.equal((await signIn(server.person(), login, password)).status, 429)
})

test('what a foreign page sends without the token changes nothing', async () => {
  const p = await server.staff('lin.wanqing')
  for (const headers of [{ 'x-csrf-token': '' }, { 'x-csrf-token': 'x'.repeat(43) }]) {
    const r = await p.request('DELETE', '/api/session', undefined, headers)
    assert.equal(r.status, 403, r.text)
  }
  const cross = await p.request('DELETE', '/api/session', undefined, { 'sec-fetch-site': 'cross-site' })
  assert.equal(cross.status, 403)
  assert.equal((await p.get('/api/session')).status, 200)
})

test('cookies are out of reach of scripts and of other sites', async () => {
  const p = server.person()
  const { login, password } = await colleague()
  const r = await signIn(p, login, password)
  for (const line of r.headers['set-cookie']) {
    assert.match(line, /HttpOnly/)
    assert.match(line, /SameSite=Strict/)
  }
  assert.ok(r.headers['set-cookie'].some((c) => c.startsWith('tb_session=')))
})

test('signing out, a reset, a lock and a new role end every session at once', async () => {
  for (const how of ['reset', 'lock', 'role']) {
    const { login, password } = await colleague()
    const p = server.person()
    assert.equal((await signIn(p, login, password)).status, 200)
    assert.equal((await p.get('/api/session')).status, 200)
    const body = how === 'role' ? { role: 'auditor', department: 'renshe' } : {}
    assert.equal((await officer.post(`/api/users/${login}/${how}`, body)).status, 200)
    assert.equal((await p.get('/api/session')).status, 401, how)
  }
})

test('nobody changes their own account, and a security officer always stays', async () => {
  for (const [verb, body] of [['lock', {}], ['reset', {}], ['role', { role: 'auditor' }]])
    assert.equal((await officer.post(`/api/users/shen.ruolan/${verb}`, body)).status, 403)
  const second = await colleague('security_officer')
  const p = server.person()
  p.csrf = (await signIn(p, second.login, second.password)).json.csrf
  p.csrf = (await p.post('/api/session/password', { old: second.password, new: PASSWORD })).json.csrf
  assert.equal((await p.post('/api/users/shen.ruolan/lock')).status, 200)
  assert.equal((await officer.get('/api/session')).status, 401)
  assert.equal((await p.post('/api/users/shen.ruolan/unlock')).status, 200)
  officer = await server.staff('shen.ruolan')
  assert.equal((await officer.post(`/api/users/${second.login}/lock`)).status, 200)
})

test('the command line takes the last security officer back in', async () => {
  const r = await run(['user', 'reset', 'shen.ruolan', '--json'], { data: server.data })
  assert.equal(r.code, 0, r.stderr)
  const { password } = JSON.parse(r.stdout)
  const p = server.person()
  const s = await signIn(p, 'shen.ruolan', password)
  assert.equal(s.status, 200)
  p.csrf = s.json.csrf
  p.csrf = (await p.post('/api/session/password', { old: password, new: PASSWORD })).json.csrf
  officer = p
})

test('odd accounts are refused in words', async () => {
  const good = { login: 'hao.ren', name: '好人', role: 'clerk', department: 'minzheng' }
  for (const [change, status] of [[{ login: 'A B' }, 400], [{ role: 'citizen' }, 400], [{ role: 'system' }, 400],
    [{ department: 'nowhere' }, 400], [{ name: '' }, 400], [{ login: 'lin.wanqing' }, 409], [{ extra: 1 }, 400]]) {
    const r = await officer.post('/api/users', { ...good, ...change })
    assert.equal(r.status, status, JSON.stringify(change) + r.text)
    assert.ok(r.json.error.message.length > 4)
  }
})

test('a citizen needs no account: a device cookie ties what is theirs to them', async () => {
  const p = server.person()
  const asked = await p.ask('办狗证多少钱')
  assert.match(p.cookies.get('tb_device'), /^[\w-]{43}$/)
  const again = await p.post('/api/handoffs', { receipt: asked.get('start').receipt })
  assert.equal(again.status, 200, again.text)
  assert.equal(again.headers['set-cookie'], undefined)
})

test('reading gives no device cookie: an answer that comes late takes nobody their own question', async () => {
  const p = server.person()
  for (const path of ['/api/city', '/api/handoffs/mine', '/api/session', '/api/exchanges/Q20260101-00001'])
    assert.equal((await p.get(path)).headers['set-cookie'], undefined, path)
  assert.equal(p.cookies.size, 0)
  assert.deepEqual((await p.get('/api/handoffs/mine')).json.items, [], 'who has no cookie owns nothing')
})

test('passwords stand in no log, no trail and no database', async () => {
  const { login, password } = await colleague()
  await signIn(server.person(), login, password)
  await signIn(server.person(), password, 'typed into the wrong field')
  assert.ok(!server.logged.includes(password))
  const auditor = await server.staff('peng.yiming')
  assert.ok(!(await auditor.get('/api/audit/export')).text.includes(password))
  const fs = await import('node:fs')
  for (const file of ['tongban.db', 'tongban.db-wal'])
    if (fs.existsSync(`${server.data}/${file}`))
      assert.ok(!fs.readFileSync(`${server.data}/${file}`).includes(Buffer.from(password)))
})
