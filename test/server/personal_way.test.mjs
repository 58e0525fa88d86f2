// What employees and engines do where somebody writes personal data: mask, refuse, or allow with a reason. Whatever
// the way, nothing that is kept, logged, cached or exported holds the value; at the end all of it is looked through.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { App, startGateway } from './gateway.mjs'

const PHONE = '13812345678', ID = '11010519491231002X', NAME = '黄英桂'
const VALUES = [PHONE, ID, NAME]
const QUESTION = '年满90周岁的老年人高龄津贴发放标准每人每月多少元'
const KEY = '/api/employees/minzheng-wenda'
const TEXT = '90周岁至99周岁的，每人每月300元。'

let city, server, app, near, strict, guardian, citizen
const receipts = []
before(async () => {
  city = await startGateway({
    engines: [{ personal: 'allow', personal_reason: '只在本机运行，不出机房' }, { model: 'n', personal: 'refuse' }],
    keys: { 应用: {} },
  })
  ;[near, strict] = city.engines
  near.always({ kind: 'plain', text: TEXT })
  server = city.server
  app = new App(server, city.keys.应用)
  guardian = await server.staff('zhou.zhiyuan')
  citizen = server.person()
})
after(async () => {
  app?.close()
  await city?.close()
})

const holds = (text) => VALUES.filter((v) => text.includes(v))
const sent = (engine, from = 0) => engine.requests.slice(from).map((r) => JSON.stringify(r)).join('\n')
const trail = async (receipt) => (await (await server.staff('peng.yiming')).get(`/api/audit/exchanges/${receipt}`)).text
async function ask(text) {
  const a = await citizen.ask(text)
  receipts.push(a.get('start').receipt)
  return { ...a, receipt: receipts.at(-1) }
}
const change = (form) => guardian.put(KEY, { form, reason: '按信息安全要求调整' })

test('masked where nothing is said: the engine never sees a value, the trail says which kinds there were', async () => {
  const a = await ask(`我叫${NAME}，电话${PHONE}，身份证${ID}，${QUESTION}`)
  assert.match(a.done.outcome, /answered|partial/)
  assert.ok(near.requests.length > 0)
  assert.deepEqual(holds(sent(near)), [])
  assert.match(await trail(a.receipt), /personal=mask kinds=姓名、手机号、身份证号/)
})

test('refuse: who asks is told what to leave out, and no engine is asked', async () => {
  assert.equal((await change({ personal: 'refuse' })).status, 200)
  const before = near.requests.length
  const a = await ask(`我电话${PHONE}，${QUESTION}`)
  assert.equal(a.done.outcome, 'refused')
  assert.match(a.done.message, /您的问题里有手机号。这里不收个人信息：请把它们去掉/)
  assert.equal(a.sentences.length, 0)
  assert.equal(near.requests.length, before)
  assert.match(await trail(a.receipt), /personal=refuse kinds=手机号/)
  assert.match((await citizen.ask(QUESTION)).done.outcome, /answered|partial/)
})

test('allow wants a reason, and goes to an engine that allows it too; what is kept has tokens', async () => {
  const without = await change({ personal: 'allow' })
  assert.equal(without.status, 400)
  assert.match(without.json.error.message, /写明理由/)
  const allowed = await change({ personal: 'allow', personal_reason: '要按本人情况回答' })
  assert.equal(allowed.status, 200, allowed.text)
  assert.deepEqual([allowed.json.personal_title, allowed.json.form.personal_reason], ['放行', '要按本人情况回答'])
  near.always({ kind: 'plain', text: `${NAME}您好，${TEXT}`, reasoning: `${NAME}的电话是${PHONE}` })
  const before = near.requests.length
  const a = await ask(`我叫${NAME}，电话${PHONE}，${QUESTION}`)
  assert.match(a.done.outcome, /answered|partial/)
  assert.deepEqual(holds(sent(near, before)), [PHONE, NAME])
  assert.match(await trail(a.receipt), /personal=allow kinds=姓名、手机号 reason=要按本人情况回答/)
  near.always({ kind: 'plain', text: TEXT })
  assert.equal((await change({ personal: 'mask' })).json.form.personal_reason, '')
})

test('an engine that refuses gets no call with personal data; who sent it is told what to leave out', async () => {
  const call = (model, text) => app.send('POST', '/v1/chat/completions', { model, messages: [{ role: 'user', content: text }] })
  const refused = await call('n', `${NAME}的电话是${PHONE}`)
  assert.equal(refused.status, 403, refused.text)
  assert.match(refused.json.error.message, /不收：请去掉姓名/)
  assert.equal(strict.requests.length, 0)
  assert.equal((await call('n', QUESTION)).status, 200)
  const before = near.requests.length
  assert.equal((await call('m', `我叫${NAME}，电话是${PHONE}`)).status, 200)
  assert.deepEqual(holds(sent(near, before)), [])
})

test('both pages say what is done', async () => {
  const admin = await server.staff('ye.qiang')
  const x = (await guardian.get(KEY)).json
  assert.equal(x.personal_title, '脱敏')
  const { engines } = (await admin.get('/api/engines')).json
  assert.deepEqual(engines.map((e) => [e.personal, e.personal_reason]), [['allow', '只在本机运行，不出机房'], ['refuse', '']])
})

test('after all that no file, log line or export holds a value', async () => {
  const auditor = await server.staff('peng.yiming')
  for (const receipt of receipts) {
    for (const as of ['json', 'html', 'csv']) {
      const r = await auditor.get(`/api/audit/exchanges/${receipt}/export?as=${as}`)
      assert.deepEqual(holds(r.text), [], `${receipt} ${as} ${r.status}`)
    }
    assert.deepEqual(holds(await trail(receipt)), [])
  }
  const day = new Date(Date.now() + 8 * 3600e3).toISOString().slice(0, 10)
  assert.deepEqual(holds((await auditor.get(`/api/audit/export?from=${day}&to=${day}`)).text), [])
  assert.deepEqual(holds(server.logged), [])
  const files = fs.readdirSync(server.data, { recursive: true, withFileTypes: true }).filter((f) => f.isFile())
  assert.ok(files.length > 3)
  for (const f of files) {
    const bytes = fs.readFileSync(path.join(f.parentPath ?? f.path, f.name)).toString('latin1')
    for (const v of VALUES) assert.ok(!bytes.includes(Buffer.from(v).toString('latin1')), `${f.name} holds ${v}`)
  }
})
