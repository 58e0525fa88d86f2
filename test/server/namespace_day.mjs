// Runs inside a network namespace that has nothing but loopback (namespace.test.mjs starts it): a day of everything
// the program does, each part with the number of times something tried to leave. Prints one line of JSON.
//
// The kernel counts (IP-MIB ipOutNoRoutes, RFC 4293; /proc/net/snmp and snmp6): whatever connects or sends to an address
// without a route, from any process, by whatever call. A name server without a route is bound over /etc/resolv.conf, so
// that looking up a name counts too.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { startDirectory } from './directory.mjs'
import { App, startGateway } from './gateway.mjs'
import { eventually, run } from './lib.mjs'

const QUESTION = '年满90周岁的老年人高龄津贴发放标准每人每月多少元', FAR = '203.0.113.7'
const parts = {}

function tries() {
  const [names, values] = fs.readFileSync('/proc/net/snmp', 'utf8').split('\n').filter((l) => l.startsWith('Ip:')).map((l) => l.split(' '))
  const six = /^Ip6OutNoRoutes\s+(\d+)/m.exec(fs.readFileSync('/proc/net/snmp6', 'utf8'))
  return Number(values[names.indexOf('OutNoRoutes')]) + Number(six?.[1] ?? 0)
}
async function part(name, work) {
  const before = tries()
  const says = await work()
  parts[name] = { tries: tries() - before, ...says }
}

async function provider() { // of a single sign-on, as far as its first page
  const server = http.createServer((q, r) => {
    r.writeHead(q.url.startsWith('/.well-known') ? 200 : 400, { 'content-type': 'application/json' })
    r.end(JSON.stringify({ issuer, authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/keys` }))
  })
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready))
  const issuer = `http://127.0.0.1:${server.address().port}`
  return { issuer, close: () => server.close() }
}

// That the count can fail: each kind of attempt, by a process beside the server.
const attempts = {
  tcp: `require('net').connect(80, '${FAR}').on('error', () => {})`,
  udp: `require('dgram').createSocket('udp4').send('x', 9, '${FAR}', () => process.exit())`,
  six: `require('net').connect(80, '2001:db8::1').on('error', () => {})`,
  name: `require('dns').lookup('a.example.cn', () => {})`,
}
for (const [kind, source] of Object.entries(attempts))
  await part(`control ${kind}`, () => void spawnSync(process.execPath, ['-e', source], { timeout: 20000 }))

const directory = await startDirectory({ entries: { 'uid=l,dc=city': { uid: 'lin.wanqing', password: '目录里的密码' } } })
const sso = await provider()
const city = await startGateway({
  keys: { 热线: {}, 外联: {} },
  more: `  - {name: far, url: "http://${FAR}:8000/v1", model: far, first_word: 5, total: 60}\n`,
})
const { server, engine } = city
await server.stop()
fs.writeFileSync(path.join(server.data, 'oidc.secret'), 'geheim\n')
fs.writeFileSync(path.join(server.data, 'sign_in.yaml'), `ldap: {title: 目录, url: "${directory.url}", base: "dc=city", filter: "(uid={login})"}
oidc: {title: 统一认证, issuer: "${sso.issuer}", client_id: tongban, client_secret_file: "${server.data}/oidc.secret", redirect: "https://zw.example/api/sign-in/oidc/back"}
certificate: {gateways: [127.0.0.1], header: X-Subject, verified: X-Verify}
`)
const person = server.person()
let officer, auditor, clerk

await part('start', async () => void await server.start())
await part('citizen', async () => {
  engine.always({ kind: 'plain', text: '90周岁至99周岁的，每人每月300元。' })
  const asked = await person.ask(QUESTION), lost = await person.ask('我想办个养猴子的证')
  const receipt = asked.get('start').receipt
  const saved = []
  for (const as of ['json', 'html', 'csv', 'docx', 'pdf']) saved.push((await person.get(`/api/exchanges/${receipt}/export?as=${as}`)).status)
  const order = await person.post('/api/orders', { text: '青溪路第三盏路灯坏了，请尽快修好，我姓王，13800138000', place: '青溪路', phone: '13800138000' })
  return { statuses: [asked.status, lost.status, order.status, (await person.get('/api/search?q=' + encodeURIComponent('高龄津贴'))).status, ...saved] }
})
await part('gateway', async () => {
  const app = new App(server, city.keys.热线), body = { model: 'm', messages: [{ role: 'user', content: '来电反映路灯不亮，我叫王小明，电话13800138000，图在 http://203.0.113.9/a.png' }] }
  const statuses = [(await app.post('/v1/chat/completions', body)).status, (await app.post('/v1/chat/completions', { ...body, stream: true })).status, (await app.get('/v1/models')).status]
  app.close()
  return { statuses }
})
await part('sign-in', async () => {
  officer = await server.staff('shen.ruolan')
  auditor = await server.staff('peng.yiming')
  clerk = await server.staff('lin.wanqing')
  const by = (more, headers) => server.person().post(...more, headers)
  const statuses = [
    (await by(['/api/session', { login: 'lin.wanqing', password: '目录里的密码', way: 'ldap' }])).status,
    (await server.person().get('/api/sign-in/oidc')).status,
    (await by(['/api/sign-in/certificate', {}], { 'x-subject': 'CN=gu.min', 'x-verify': 'SUCCESS' })).status,
  ]
  return { statuses }
})
await part('staff', async () => {
  const statuses = []
  for (const [who, where] of [[officer, '/api/egress'], [officer, '/api/words'], [auditor, '/api/audit'], [officer, '/api/incidents'], [clerk, '/api/handoffs'], [clerk, '/api/knowledge/documents']])
    statuses.push((await who.get(where)).status)
  statuses.push((await officer.post('/api/incidents/check')).status, (await person.get('/metrics')).status)
  return { statuses }
})
await part('commands', async () => {
  const statuses = []
  for (const args of [['audit', 'verify'], ['audit', 'export'], ['egress', 'list'], ['keys', 'list']]) statuses.push((await run(args, { data: server.data })).code)
  return { statuses }
})
// And that the server's own attempts are counted: an address that was listed is tried.
await part('listed', async () => {
  const app = new App(server, city.keys.外联), began = tries()
  const made = await officer.post('/api/egress', { host: FAR, port: 8000, purpose: '对照', owner: '信息中心', until: '2027-06-30', abroad: false })
  await eventually(async () => {
    await app.post('/v1/chat/completions', { model: 'far', messages: [{ role: 'user', content: '你好' }] })
    return tries() > began
  }, { every: 100 })
  app.close()
  return { statuses: [made.status] }
})
await part('stop', async () => void await city.close())
directory.close()
sso.close()
process.stdout.write(JSON.stringify(parts) + '\n', () => process.exit())
