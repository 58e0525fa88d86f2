// What a person gets who asks, whatever the engine does: the clause first, only sentences a clause carries,
// a clear word when the engine fails, and the same text when the page is loaded again.
import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { startEngine, startServer } from './lib.mjs'

// Answered by 明民规〔2024〕3号 第五条; the words are the document's own, so that search needs no embeddings.
const QUESTION = '年满90周岁的老年人高龄津贴发放标准每人每月多少元'
const NUMBER = '明民规〔2024〕3号'

let engine, server
before(async () => {
  engine = await startEngine()
  server = await startServer({ engine })
})
after(async () => {
  await server.stop()
  await engine.close()
})

const names = (a) => a.events.map((e) => e.event)
const shown = (a) => a.sentences.map((s) => s.text).join('')

test('the clause is there before any word of the model', async () => {
  engine.next({ kind: 'plain', text: '90周岁至99周岁的，每人每月300元。' })
  const a = await server.person().ask(QUESTION)
  assert.equal(a.status, 200)
  assert.deepEqual(names(a).slice(0, 2), ['start', 'evidence'])
  assert.ok(a.clauses.some((c) => c.document_number === NUMBER && c.clause.startsWith('第五条')), JSON.stringify(a.clauses.map((c) => c.clause)))
  assert.ok(a.clauses.every((c) => c.validity === 'in_force'))
  assert.equal(names(a).at(-1), 'done')
  assert.match(a.get('start').receipt, /^Q\d{8}-\d{5}$/)
})

test('a sentence with a number that no clause holds is withheld and counted', async () => {
  engine.next({ kind: 'plain', text: '90周岁至99周岁的，每人每月500元。90周岁至99周岁的，每人每月300元。' })
  const a = await server.person().ask(QUESTION)
  assert.ok(!shown(a).includes('500'))
  assert.ok(shown(a).includes('300元'))
  assert.equal(a.done.withheld, 1)
  for (const s of a.sentences) assert.ok(s.citations.length >= 1 && s.citations.every((n) => n >= 1 && n <= a.clauses.length))
})

test('invention, another document and the opposite never reach the screen', async () => {
  engine.next({ kind: 'plain', text: '老年人还可以免费乘坐公交车。根据《明川市养老服务条例》，90周岁至99周岁的每人每月300元。高龄津贴计入低保家庭收入。' })
  const a = await server.person().ask(QUESTION)
  assert.ok(!/公交车|养老服务条例/.test(shown(a)))
  assert.ok(!shown(a).includes('津贴计入'))
  assert.ok(a.done.withheld >= 2)
})

test('personal data reach no model and no store, and come back to the person', async () => {
  engine.next({ kind: 'plain', text: '90周岁至99周岁的，每人每月300元。' })
  const person = server.person()
  const before = engine.requests.length
  const a = await person.ask(`我叫王秀英，电话13812345678，${QUESTION}`)
  assert.deepEqual([...a.get('start').masked].sort(), ['姓名', '手机号'].sort())
  for (const q of engine.requests.slice(before)) assert.ok(!/13812345678|王秀英/.test(q.prompt))
  const again = await person.get(`/api/exchanges/${a.get('start').receipt}`)
  assert.ok(again.json.question.includes('13812345678'))
  const auditor = await server.staff('peng.yiming')
  const trail = await auditor.get(`/api/audit/exchanges/${a.get('start').receipt}`)
  assert.equal(trail.status, 200)
  assert.ok(!trail.text.includes('13812345678') && !trail.text.includes('王秀英'))
})

test('loaded again, the answer is the same to the byte; nobody else can load it', async () => {
  engine.next({ kind: 'plain', text: '90周岁至99周岁的，每人每月300元。' })
  const person = server.person()
  const a = await person.ask(QUESTION)
  const receipt = a.get('start').receipt
  const again = (await person.get(`/api/exchanges/${receipt}`)).json
  assert.deepEqual(again.sentences, a.sentences)
  assert.deepEqual(again.clauses, a.clauses)
  assert.deepEqual(again.done, a.done)
  assert.equal((await server.person().get(`/api/exchanges/${receipt}`)).status, 404)
  const talk = (await person.get(`/api/conversations/${a.get('start').conversation}`)).json
  assert.equal(talk.exchanges.length, 1)
})

test('the law of another day answers for that day', async () => {
  const old = await server.person().ask(QUESTION, { as_of: '2024-06-30' })
  assert.ok(old.clauses.some((c) => c.document_number === '明民规〔2019〕2号'), JSON.stringify(old.clauses.map((c) => c.document_number)))
  assert.ok(!old.clauses.some((c) => c.document_number === NUMBER))
  const first = await server.person().ask(QUESTION, { as_of: '2024-07-01' }) // the first day in force
  assert.ok(first.clauses.some((c) => c.document_number === NUMBER))
  assert.ok(!first.clauses.some((c) => c.document_number === '明民规〔2019〕2号'))
})

for (const [what, behaviour] of Object.entries({
  'answers 500': { kind: 'status', status: 500 },
  'answers 429': { kind: 'status', status: 429 },
  'sends garbage': { kind: 'garbage', text: '90周岁至99周岁的，每人', after: 2 },
  'sends a web page': { kind: 'html' },
  'breaks off in mid-sentence': { kind: 'reset', text: '90周岁至99周岁的，每人每月300元。还有一句没有说完', after: 8 },
  'closes without an end': { kind: 'cut', text: '90周岁至99周岁的，每人每月300元。还有一句没有说完', after: 12 },
  'ends in an error event': { kind: 'error', text: '90周岁至99周岁的，每人每月300元。', after: 4 },
})) {
  test(`the engine ${what}: clauses and a clear sentence, never a half answer marked whole`, async () => {
    engine.next(behaviour, behaviour, behaviour)
    const a = await server.person().ask(QUESTION)
    assert.equal(a.status, 200)
    assert.ok(a.clauses.length > 0)
    assert.equal(names(a).at(-1), 'done')
    assert.equal(a.done.outcome, 'failed')
    assert.ok(a.done.message.length > 5)
    assert.ok(!shown(a).includes('没有说完'))
    assert.match(a.done.handoff.receipt, /^H\d{8}-\d{5}$/)
    engine.reset?.()
  })
}

test('only generated text is called generated', async () => {
  engine.next({ kind: 'plain', text: '90周岁至99周岁的老年人，高龄津贴发放标准为每人每月300元，80周岁至89周岁的每人每月100元。' })
  assert.equal((await server.person().ask(QUESTION)).done.label, 'AI 生成，依据已核对')
  engine.next({ kind: 'plain', text: '老年人还可以免费乘坐公交车。' })
  assert.equal((await server.person().ask(QUESTION)).done.label, '规定原文，未经改写')
  assert.equal((await server.person().ask('火星上的重力是多少')).done.label, '')
})

test('bytes split anywhere give the same answer', async () => {
  engine.next({ kind: 'split', text: '90周岁至99周岁的，每人每月300元。' })
  const a = await server.person().ask(QUESTION)
  assert.ok(shown(a).includes('90周岁至99周岁的'))
  assert.ok(!shown(a).includes('\ufffd'))
  assert.notEqual(a.done.outcome, 'failed')
})

test('no clause answers: an honest not found, the nearest clauses, a person to turn to', async () => {
  const person = server.person()
  const before = engine.requests.length
  const a = await person.ask('量子计算机的超导芯片如何焊接')
  assert.equal(a.done.outcome, 'not_found')
  assert.equal(a.sentences.length, 0)
  assert.equal(engine.requests.length, before, 'no model is asked')
  assert.ok(a.done.handoff.receipt && a.done.handoff.query_code)
  const mine = (await person.get('/api/handoffs/mine')).json
  assert.ok(mine.items.some((h) => h.receipt === a.done.handoff.receipt))
})

test('a guardian replies, a second person signs, and the next asker gets it at once', async () => {
  const person = server.person()
  const question = '明川市区哪里可以停放共享滑板车'
  const asked = await person.post('/api/handoffs', { question, contact: '13900001111' })
  assert.equal(asked.status, 200, asked.text)
  const { receipt, query_code } = asked.json
  assert.equal((await server.person().get(`/api/handoffs/${receipt}`)).status, 404)
  assert.equal((await server.person().get(`/api/handoffs/${receipt}?query_code=${query_code}`)).json.state, 'waiting')

  const guardian = await server.staff('deng.shaohua')
  const open = await guardian.get(`/api/staff/handoffs/${receipt}`)
  assert.equal(open.json.contact, '13900001111')
  assert.equal((await guardian.post(`/api/handoffs/${receipt}/take`)).json.state, 'taken')
  const reply = '共享滑板车目前不得在市区道路停放，请咨询城市管理部门。'
  const done = await guardian.post(`/api/handoffs/${receipt}/reply`, { reply, standard: { questions: [question], citations: [] } })
  assert.equal(done.status, 200, done.text)
  assert.equal(done.json.standard.state, 'proposed')
  const approve = (who) => who.post(`/api/standard-answers/${done.json.standard.id}/approve`)
  const own = await approve(guardian)
  assert.equal(own.status, 403)
  assert.match(own.json.error.message, /自己写的.*另一位/)
  assert.equal((await approve(await server.staff('luo.jing'))).json.state, 'approved')

  assert.equal((await person.get(`/api/handoffs/${receipt}`)).json.reply, reply)
  const next = await server.person().ask(question)
  assert.equal(next.done.outcome, 'standard')
  assert.equal(shown(next), reply)
})

test('a clerk only proposes; a guardian approves', async () => {
  const asked = await server.person().post('/api/handoffs', { question: '夜间可以在河堤放孔明灯吗' })
  const clerk = await server.staff('gu.min')
  await clerk.post(`/api/handoffs/${asked.json.receipt}/take`)
  const done = await clerk.post(`/api/handoffs/${asked.json.receipt}/reply`, {
    reply: '不可以，孔明灯属于禁止燃放的物品。', standard: { questions: ['夜间可以在河堤放孔明灯吗'], citations: [] },
  })
  assert.equal(done.json.standard.state, 'proposed')
  assert.notEqual((await server.person().ask('夜间可以在河堤放孔明灯吗')).done.outcome, 'standard')
  assert.equal((await clerk.post(`/api/standard-answers/${done.json.standard.id}/approve`)).status, 403)
  const guardian = await server.staff('deng.shaohua')
  assert.equal((await guardian.post(`/api/standard-answers/${done.json.standard.id}/approve`)).status, 200)
  assert.equal((await server.person().ask('夜间可以在河堤放孔明灯吗')).done.outcome, 'standard')
})

test('two clerks cannot answer the same hand-off', async () => {
  const asked = await server.person().post('/api/handoffs', { question: '请问市民广场几点亮灯呢' })
  const [a, b] = [await server.staff('gu.min'), await server.staff('he.xiaoyu')]
  assert.equal((await a.post(`/api/handoffs/${asked.json.receipt}/take`)).status, 200)
  assert.equal((await b.post(`/api/handoffs/${asked.json.receipt}/take`)).status, 409)
  assert.equal((await b.post(`/api/handoffs/${asked.json.receipt}/reply`, { reply: '晚上七点。' })).status, 409)
})

test('feedback is kept with its reason, and only from the asker', async () => {
  engine.next({ kind: 'plain', text: '90周岁至99周岁的，每人每月300元。' })
  const person = server.person()
  const a = await person.ask(QUESTION)
  const target = `/api/exchanges/${a.get('start').receipt}/feedback`
  assert.equal((await server.person().post(target, { useful: true })).status, 404)
  assert.equal((await person.post(target, { useful: false, reason: '电话打不通' })).status, 200)
  const again = (await person.get(`/api/exchanges/${a.get('start').receipt}`)).json
  assert.deepEqual(again.feedback, { useful: false, reason: '电话打不通' })
})

test('empty, too long and broken questions are refused in plain words', async () => {
  const p = server.person()
  for (const [body, status] of [[{ question: '  ' }, 400], [{ question: '问'.repeat(1001) }, 413], [{ question: '好', as_of: '明天' }, 400], [{}, 400]]) {
    const r = await p.post('/api/ask', body)
    assert.equal(r.status, status, JSON.stringify(body).slice(0, 60))
    assert.ok(r.json.error.message.length > 4)
  }
})
