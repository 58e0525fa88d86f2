// 个人信息请求: what is kept about a person is found in every table, put right, taken out; the chain
// of the trail stays whole, and nothing of it is left in the clear.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { run, startServer } from './lib.mjs'

const PHONE = '13912345678', OTHER = '13712345670'
let server, officer, auditor, citizen, receipt, handed
before(async () => {
  server = await startServer()
  officer = await server.staff('shen.ruolan')
  auditor = await server.staff('peng.yiming')
  citizen = server.person()
  await citizen.get('/api/city')
  receipt = (await citizen.ask(`80岁老人高龄津贴标准是多少，我的电话是139 1234 5678`)).get('start').receipt
  handed = (await citizen.post('/api/handoffs', { question: '想请人上门办理高龄津贴', contact: PHONE })).json
  assert.ok(handed.receipt, JSON.stringify(handed))
  await server.person().ask(`公积金怎么提取，电话${OTHER}`)
})
after(() => server?.stop())

const ask = (kind, way, subject) => officer.post('/api/personal', { kind, way, subject, note: '窗口核验身份证原件' })
const refs = (r) => r.json.found.map((x) => x.ref).sort()
const rows = (statement) => JSON.parse(execFileSync('/usr/bin/python3', ['-c', `import sqlite3,sys,json
d=sqlite3.connect(sys.argv[1],timeout=10); print(json.dumps([list(map(lambda v: v.hex() if isinstance(v,bytes) else v, r)) for r in d.execute(sys.argv[2])]))`,
path.join(server.data, 'tongban.db'), statement], { encoding: 'utf8' }))

test('found by the number however it was grouped, and by a receipt everything of that device', async () => {
  const r = await ask('find', 'value', PHONE)
  assert.equal(r.status, 200, r.text)
  assert.match(r.json.receipt, /^P\d{8}-\d{5}$/)
  assert.deepEqual(refs(r), [handed.receipt, receipt].sort())
  assert.ok(!r.text.includes(PHONE), 'places, never content')
  const device = refs(await ask('find', 'receipt', handed.receipt)), of = rows(`SELECT receipt FROM handoff WHERE device <> ''`).length
  assert.ok(device.includes(handed.receipt) && device.includes(receipt) && device.length <= 1 + of, device.join())
  assert.ok(!device.includes((await ask('find', 'value', OTHER)).json.found[0].ref), 'nobody else’s')
  assert.equal((await ask('find', 'value', '13000000000')).json.found.length, 0)
  for (const [way, subject, status] of [['value', 'x', 400], ['receipt', 'X1', 400], ['receipt', 'Q19990101-00001', 404]])
    assert.equal((await ask('find', way, subject)).status, status, subject)
  assert.equal((await officer.post(`/api/personal/${r.json.receipt}/carry`)).status, 409, 'a search is nothing to carry out')
})

test('corrected where it is kept sealed; the asker reads the new one', async () => {
  const r = await ask('correct', 'value', PHONE)
  assert.equal((await officer.post(`/api/personal/${r.json.receipt}/carry`, { value: '' })).status, 400)
  const done = await officer.post(`/api/personal/${r.json.receipt}/carry`, { value: '13900001111' })
  assert.equal(done.status, 200, done.text)
  assert.deepEqual([done.json.state, done.json.result.changed], ['carried', 2])
  assert.equal((await ask('find', 'value', PHONE)).json.found.length, 0)
  assert.equal((await ask('find', 'value', '139-0000-1111')).json.found.length, 2)
  const mine = (await citizen.get(`/api/exchanges/${receipt}`)).json
  assert.match(mine.question, /13900001111/)
  assert.equal((await officer.post(`/api/personal/${r.json.receipt}/carry`, { value: '13900002222' })).status, 409, 'once')
})

test('erased with a second person, everywhere; others’ rows and the chain are as they were', async () => {
  assert.equal((await run(['access', 'set', 'dual', 'on'], { data: server.data })).code, 0)
  const r = await ask('erase', 'value', '13900001111')
  assert.equal(r.json.found.length, 2)
  const target = `/api/personal/${r.json.receipt}/carry`
  assert.equal((await officer.post(target)).status, 403)
  const { id } = (await officer.post('/api/approvals', { kind: 'personal.carry', object: r.json.receipt, detail: 'erase', reason: '本人书面申请' })).json
  assert.equal((await auditor.post(`/api/approvals/${id}/confirm`)).status, 200)
  const done = await officer.post(target)
  assert.equal(done.status, 200, done.text)
  assert.equal(done.json.result.changed, 2)
  assert.equal((await run(['access', 'set', 'dual', 'off'], { data: server.data })).code, 0)
  assert.equal((await ask('find', 'value', '13900001111')).json.found.length, 0)
  assert.deepEqual(rows(`SELECT question, personal FROM exchange WHERE receipt = '${receipt}'`), [['〔已应本人请求删除〕', null]])
  assert.deepEqual(rows(`SELECT question, contact, device FROM handoff WHERE receipt = '${handed.receipt}'`), [['〔已应本人请求删除〕', null, '']])
  assert.deepEqual(rows(`SELECT subject FROM personal_request WHERE receipt = '${r.json.receipt}'`), [[null]], 'nor does the request keep whose it was')
  assert.equal((await citizen.get(`/api/exchanges/${receipt}`)).status, 404, 'it is nobody’s now')
  assert.equal((await ask('find', 'value', OTHER)).json.found.length, 1, 'another person’s is still there')
  assert.equal((await auditor.post('/api/audit/verify')).json.ok, true)
  const trail = (await auditor.get('/api/audit?verb=personal&size=100')).json.items
  assert.ok(trail.some((x) => x.verb === 'personal.carry' && x.object === r.json.receipt && x.detail === 'kind=erase changed=2'))
  assert.ok(!JSON.stringify(trail).includes('1390000'))
})

test('what identifies people stands in the clear in no file', async () => {
  await server.stop()
  for (const f of fs.readdirSync(server.data).filter((n) => n.startsWith('tongban.db')))
    for (const word of [PHONE, '13900001111', OTHER]) assert.ok(!fs.readFileSync(path.join(server.data, f)).includes(word), `${f} ${word}`)
  await server.start()
})
