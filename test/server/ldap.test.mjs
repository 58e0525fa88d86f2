// Signing in by the city's directory, and by a certificate that the gateway in front has checked.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { startDirectory } from './directory.mjs'
import { run, startServer, temporary } from './lib.mjs'

const LIN = 'uid=lin.wanqing,ou=people,dc=city'
let directory, server
before(async () => {
  directory = await startDirectory({
    entries: { [LIN]: { uid: 'lin.wanqing', password: '目录里的密码' }, 'uid=nobody,ou=people,dc=city': { uid: 'nobody.here', password: 'x' },
      'uid=a,ou=people,dc=city': { uid: 'gu.min', password: 'a' }, 'uid=b,ou=people,dc=city': { uid: 'gu.min', password: 'a' } },
    searcher: { dn: 'cn=tongban,dc=city', password: 'search' },
  })
  server = await startServer({ city: true, args: ['--proxies', '127.0.0.1'] })
  await server.stop()
  fs.writeFileSync(path.join(server.data, 'ldap.password'), 'search\n')
  fs.writeFileSync(path.join(server.data, 'sign_in.yaml'), `ldap:
  title: 市目录账号
  url: ${directory.url}
  base: ou=people,dc=city
  filter: (uid={login})
  bind_dn: cn=tongban,dc=city
  bind_password_file: ${server.data}/ldap.password
certificate:
  gateways: [127.0.0.2]
  header: X-SSL-Client-Subject
  verified: X-SSL-Client-Verify
`)
  await server.start()
})
after(async () => {
  await server?.stop()
  directory?.close()
})
let n = 0
beforeEach(() => {
  directory.mode = 'well'
  n++
})
const signIn = (login, password, p = server.person()) =>
  p.post('/api/session', { login, password, way: 'ldap' }, { 'x-forwarded-for': `10.9.0.${n}` })

test('the ways are said, and the directory’s password opens the account that is here', async () => {
  const { ways } = (await server.person().get('/api/sign-in')).json
  assert.deepEqual(ways.map((w) => w.title), ['密码', '市目录账号', '国密证书'])
  const p = server.person(), r = await signIn('lin.wanqing', '目录里的密码', p)
  assert.equal(r.status, 200, r.text)
  assert.equal(r.json.staff.login, 'lin.wanqing')
  p.csrf = r.json.csrf
  assert.equal((await p.get('/api/session/list')).status, 200)
  const auditor = await server.staff('peng.yiming')
  const row = (await auditor.get('/api/audit?verb=session.start&actor=lin.wanqing')).json.items[0]
  assert.equal(row.detail, 'how=ldap code=none')
  assert.ok(!server.logged.includes('目录里的密码'))
})

test('a wrong password, an empty one, an entry without an account, and two entries open nothing, all alike', async () => {
  const replies = []
  for (const [login, password] of [['lin.wanqing', 'wrong'], ['lin.wanqing', ''], ['nobody.here', 'x'], ['gu.min', 'a']]) {
    const r = await signIn(login, password)
    replies.push([r.status, r.json.error.message])
    n++
  }
  for (const r of replies) assert.deepEqual(r, [401, '登录名或密码不正确'])
})

test('nothing typed into the login becomes part of a filter', async () => {
  directory.filters.length = 0
  for (const login of ['*', 'lin*', '*)(uid=*', 'lin.wanqing)(|(uid=*', '\\2a', 'a\u0000b', '李(四)', 'x))%00(&(uid=*', 'lin.wanqing*']) {
    const r = await signIn(login, 'x')
    assert.ok([401, 400, 429].includes(r.status), `${login}: ${r.text}`)
    n++
  }
  assert.ok(directory.filters.length > 0)
  for (const f of directory.filters) assert.match(f, /^uid=<[^>]*>$/, 'one comparison with one value')
})

test('five failures lock here too; a directory that is away says so and locks nobody', async () => {
  directory.mode = 'garbage'
  const away = await signIn('lin.wanqing', '目录里的密码')
  assert.equal(away.status, 502, away.text)
  assert.match(away.json.error.message, /目录服务连不上/)
  for (let i = 0; i < 5; i++) await signIn('lin.wanqing', '目录里的密码')
  directory.mode = 'well'
  assert.equal((await signIn('lin.wanqing', '目录里的密码')).status, 200)
  for (let i = 0; i < 5; i++) assert.equal((await signIn('lin.wanqing', 'wrong')).status, 401)
  assert.equal((await signIn('lin.wanqing', '目录里的密码')).status, 429)
})

test('with passwords off, a clerk comes by the directory only; the three still by password', async () => {
  assert.equal((await run(['access', 'set', 'password', 'off'], { data: server.data })).code, 0)
  const clerk = await server.person().post('/api/session', { login: 'he.xiaoyu', password: server.passwords['he.xiaoyu'] }, { 'x-forwarded-for': '10.8.0.1' })
  assert.equal(clerk.status, 401)
  assert.equal((await server.person().post('/api/session', { login: 'shen.ruolan', password: server.passwords['shen.ruolan'] }, { 'x-forwarded-for': '10.8.0.2' })).status, 200)
  assert.equal((await run(['access', 'set', 'password', 'on'], { data: server.data })).code, 0)
})

test('a certificate’s header counts from the gateway only, and only when it was verified', async () => {
  const header = { 'x-ssl-client-subject': 'CN=tang.jianye,OU=x,O=mingchuan', 'x-ssl-client-verify': 'SUCCESS' }
  const from = (address) => server.person({ from: address })
  const faked = await from('127.0.0.1').post('/api/sign-in/certificate', {}, header)
  assert.equal(faked.status, 403, 'anybody can write a header')
  const p = from('127.0.0.2')
  for (const [change, status] of [[{ 'x-ssl-client-verify': 'FAILED' }, 401], [{ 'x-ssl-client-verify': '' }, 401], [{ 'x-ssl-client-subject': 'CN=no.such' }, 401], [{ 'x-ssl-client-subject': '' }, 401], [{ 'x-ssl-client-subject': 'O=tang.jianye' }, 401]])
    assert.equal((await p.post('/api/sign-in/certificate', {}, { ...header, ...change })).status, status, JSON.stringify(change))
  const r = await p.post('/api/sign-in/certificate', {}, header)
  assert.equal(r.status, 200, r.text)
  assert.equal(r.json.staff.login, 'tang.jianye')
})

test('a configuration that is wrong stops the start with its line', async () => {
  const data = temporary('ways')
  await server.stop()
  fs.cpSync(server.data, data, { recursive: true })
  for (const [text, line] of [
    ['ldap:\n  url: ldap://10.1.1.1\n  dn: uid={login},dc=x\n', /第 2 行.*明文/], ['ldap:\n  url: ldaps://x\n', /第 2 行.*dn/], ['ldap:\n  urll: x\n', /第 2 行/],
    ['oidc:\n  issuer: http://sso.example\n  client_id: a\n  redirect: b\n', /第 2 行.*https/], ['certificate:\n  header: X\n  verified: Y\n', /gateways/], ['saml: 1\n', /第 1 行/],
  ]) {
    fs.writeFileSync(path.join(data, 'sign_in.yaml'), text)
    const r = await run(['serve', '--listen', '127.0.0.1:0', '--no-engine', '--no-embed'], { data })
    assert.equal(r.code, 1, text)
    assert.match(r.stderr, line)
  }
  await server.start()
})
