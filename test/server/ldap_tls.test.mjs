// The directory over TLS: by ldaps and by StartTLS, its certificate checked against the city's own root and its own
// name; whoever shows another one gets no password.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { startDirectory } from './directory.mjs'
import { startServer, temporary } from './lib.mjs'

const entries = { 'uid=l,dc=city': { uid: 'lin.wanqing', password: '目录里的密码' } }
const dir = temporary('ldap-tls')
let server, n = 0
const made = []
const certificate = (name) => {
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`, '-addext', `subjectAltName=IP:${name}`, '-keyout', `${dir}/${name}.key`, '-out', `${dir}/${name}.crt`], { stdio: 'ignore' })
  return { key: fs.readFileSync(`${dir}/${name}.key`), cert: fs.readFileSync(`${dir}/${name}.crt`), file: `${dir}/${name}.crt` }
}
let ours, other
const directory = async (secure) => {
  const d = await startDirectory({ entries, secure })
  made.push(d)
  return d
}
// The server with this directory; what a right password then gives.
async function signIn(url, more) {
  await server.stop()
  fs.writeFileSync(path.join(server.data, 'sign_in.yaml'), `ldap:\n  title: 市目录账号\n  url: ${url}\n  base: dc=city\n  filter: (uid={login})\n${more}`)
  server.ended = undefined
  await server.start()
  return server.person().post('/api/session', { login: 'lin.wanqing', password: '目录里的密码', way: 'ldap' }, { 'x-forwarded-for': `10.7.0.${++n}` })
}

before(async () => {
  ours = certificate('127.0.0.1')
  other = certificate('127.0.0.9')
  server = await startServer({ args: ['--proxies', '127.0.0.1'] })
})
after(async () => {
  await server?.stop()
  for (const d of made) d.close()
})

test('by ldaps and by StartTLS the password goes encrypted, and opens the account', async () => {
  const ldaps = await directory(ours), start = await directory({ ...ours, start: true })
  assert.equal((await signIn(`ldaps://127.0.0.1:${ldaps.port}`, `  ca: ${ours.file}\n`)).status, 200)
  assert.ok(ldaps.tls > 0 && ldaps.binds.includes('uid=l,dc=city'))
  assert.equal((await signIn(`ldap://127.0.0.1:${start.port}`, `  ca: ${ours.file}\n  start_tls: true\n`)).status, 200)
  assert.ok(start.binds.includes('uid=l,dc=city'))
})

for (const [what, start] of [['ldaps', false], ['StartTLS', true]])
  test(`${what}: a certificate that nobody vouches for, or of another name, gets no password`, async () => {
    const more = start ? '  start_tls: true\n' : '', scheme = start ? 'ldap' : 'ldaps'
    for (const [shown, ca] of [[ours, other.file], [other, other.file]]) { // not vouched for; vouched for, another's name
      const d = await directory({ ...shown, start })
      const r = await signIn(`${scheme}://127.0.0.1:${d.port}`, `  ca: ${ca}\n${more}`)
      assert.equal(r.status, 502, r.text)
      assert.match(r.json.error.message, /目录服务连不上/)
      assert.deepEqual(d.binds, [])
    }
  })

test('a directory that knows no StartTLS gets no password in the clear', async () => {
  const d = await directory()
  const r = await signIn(`ldap://127.0.0.1:${d.port}`, `  ca: ${ours.file}\n  start_tls: true\n`)
  assert.equal(r.status, 502, r.text)
  assert.deepEqual(d.binds, [])
})
