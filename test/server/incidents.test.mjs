// 监测—预警—处置—复盘: what is not right opens an incident, somebody owns it, its time line is only added to,
// and another system is told by a signed webhook.
import assert from 'node:assert/strict'
import { createHmac, getHashes } from 'node:crypto'
import fs from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import test, { after, before } from 'node:test'
import { employ } from './employ.mjs'
import { eventually, root, startServer, temporary } from './lib.mjs'

const SECRET = 'incident-test-secret'
let server, officer, hook, told

before(async () => {
  told = []
  hook = http.createServer((q, r) => {
    let body = ''
    q.on('data', (d) => (body += d)).on('end', () => {
      told.push({ body, headers: q.headers })
      r.writeHead(200).end('ok')
    })
  })
  await new Promise((ready) => hook.listen(0, '127.0.0.1', ready))
  const share = temporary('share')
  for (const name of ['sql', 'prompts', 'employees', 'web', 'docs', 'VERSION', 'models.yaml']) fs.symlinkSync(path.join(root, name), path.join(share, name))
  fs.cpSync(path.join(root, 'rules'), path.join(share, 'rules'), { recursive: true })
  const rules = path.join(share, 'rules/alerts.yaml')
  fs.writeFileSync(rules, fs.readFileSync(rules, 'utf8').replace(/^webhook: ""/m, `webhook: "http://127.0.0.1:${hook.address().port}/hook"`))
  server = await startServer({ env: { TONGBAN_SHARE: share, TONGBAN_WEBHOOK_SECRET: SECRET } })
  officer = await server.staff('shen.ruolan')
})
after(async () => {
  await server.stop()
  hook.close()
})

let number

test('who is refused again and again opens an incident of the security officer', async () => {
  const clerk = await server.staff('lin.wanqing')
  for (let i = 0; i < 22; i++) assert.equal((await clerk.get('/api/users')).status, 403)
  await eventually(async () => (await officer.post('/api/incidents/check')).json.found > 0 || (await officer.get('/api/incidents')).json.total > 0)
  const { items } = (await officer.get('/api/incidents?state=active')).json
  const mine = items.find((x) => x.rule === 'abnormal-access' && x.subject === 'lin.wanqing')
  assert.ok(mine, JSON.stringify(items))
  assert.equal(mine.state, 'open')
  assert.ok(mine.steps.length >= 2 && mine.may_handle)
  number = mine.number
  await officer.post('/api/incidents/check')
  assert.equal((await officer.get('/api/incidents')).json.items.filter((x) => x.rule === 'abnormal-access').length, 1, 'one incident, not one a minute')
})

test('it is taken, handled step by step, resolved and reviewed; the time line keeps it all', async () => {
  const where = `/api/incidents/${number}`
  assert.equal((await officer.post(where, { do: 'resolve', text: '没事' })).status, 409, 'nobody has taken it')
  assert.equal((await (await server.staff('ye.qiang')).post(where, { do: 'take' })).status, 403)
  assert.equal((await officer.post(where, { do: 'take' })).json.state, 'handling')
  const step = await officer.post(where, { do: 'step', step: 0 })
  assert.equal(step.json.steps[0].done_by, '沈若兰')
  assert.equal((await officer.post(where, { do: 'step', step: 99 })).status, 400)
  assert.equal((await officer.post(where, { do: 'resolve', text: '' })).status, 400)
  assert.equal((await officer.post(where, { do: 'resolve', text: '本人误点，已提醒' })).json.state, 'resolved')
  const done = (await officer.post(where, { do: 'review', text: '菜单里不该看得到用户页' })).json
  assert.equal(done.state, 'reviewed')
  assert.deepEqual(done.events.map((e) => e.kind), ['open', 'take', 'step', 'resolve', 'review'])
  const rows = (await (await server.staff('peng.yiming')).get('/api/audit?verb=incident&size=50')).json.items
  assert.ok(rows.some((r) => r.verb === 'incident.open' && r.object === number))
  assert.ok(rows.filter((r) => r.verb === 'incident.handle' && r.object === number && r.outcome === 'ok').length >= 4)
})

test('an employee whose figures fall is called back and its guardian gets an incident', async () => {
  employ(server, 'yibao-wenda', { tried: 30, judged: 30, agreed: 10 })
  assert.ok((await officer.post('/api/incidents/check')).json.found >= 1)
  const guardian = await server.staff('meng.fanli')
  const one = (await guardian.get('/api/employees/yibao-wenda')).json
  assert.equal(one.phase, 'internal')
  assert.equal(one.steps[0].kind, 'fall')
  assert.equal(one.record.incidents, 1)
  const { items } = (await guardian.get('/api/incidents?state=active')).json
  const mine = items.find((x) => x.rule === 'employee-fall')
  assert.equal(mine.employee_name, '医保问答员')
  assert.ok(mine.may_handle)
})

test('another system is told, signed with HMAC-SM3 over time and body', async () => {
  await officer.post('/api/incidents/check')
  assert.ok(told.length > 0)
  const { body, headers } = told[0]
  const said = JSON.parse(body)
  assert.match(said.number, /^I\d{8}-\d{5}$/)
  assert.ok(said.title && said.severity)
  const stamp = headers['x-tongban-timestamp']
  assert.ok(Math.abs(Date.now() / 1000 - Number(stamp)) < 120)
  assert.match(headers['x-tongban-signature'], /^sm3=[0-9a-f]{64}$/)
  if (getHashes().includes('sm3')) assert.equal(headers['x-tongban-signature'], 'sm3=' + createHmac('sm3', SECRET).update(`${stamp}.${body}`).digest('hex'))
})

test('every metric that a shipped rule reads is counted somewhere', () => {
  const sources = (dir) => fs.readdirSync(dir, { withFileTypes: true }).flatMap((f) => (f.isDirectory() ? sources(path.join(dir, f.name)) : f.name.endsWith('.c') ? [fs.readFileSync(path.join(dir, f.name), 'utf8')] : []))
  const all = sources(path.join(root, 'src')).join('\n')
  const rules = fs.readFileSync(path.join(root, 'rules/alerts.yaml'), 'utf8')
  const read = [...rules.matchAll(/^ +metric: (\S+)\n(?: +labels: (\S+))?/gm)]
  assert.ok(read.length >= 2)
  for (const [, name, labels] of read) {
    assert.ok(all.includes(`metric_add("${name}"`), name)
    if (labels) assert.ok(new RegExp(`metric_add\\("${name}"[^;]*${labels}`).test(all), `${name} ${labels}`)
  }
})
