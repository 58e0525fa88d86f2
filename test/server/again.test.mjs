// What a model said to a policy question is given again to the same question, and only then: not to other words, not
// where something personal stands in it, not to staff what the public was told, and no longer once a policy changed.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { needsEmbeddings, startEngine, startServer } from './lib.mjs'

const QUESTION = '80岁老人高龄津贴标准'
let engine, server

before(async () => {
  engine = await startEngine({ always: { kind: 'echo', count: 3 } })
  server = await startServer({ engine, again: true })
})
after(async () => {
  await engine?.close()
  await server?.stop()
})

// Asked by a new device: { answer, asked: how often the engine was }
async function ask(question, who = server.person(), more = {}) {
  const had = engine.requests.length
  const answer = await who.ask(question, more)
  return { answer, asked: engine.requests.length - had }
}
const words = (a) => a.sentences.map((s) => [s.text, s.citations, s.quoted])
const timingsOf = async (a) => {
  const auditor = await server.staff('peng.yiming')
  return (await auditor.get(`/api/audit/exchanges/${a.get('start').receipt}`)).json.timings
}

test('the same question of somebody else gets the same checked sentences, without the engine', needsEmbeddings, async () => {
  const first = await ask(QUESTION), second = await ask(`  ${QUESTION} `)
  assert.deepEqual([first.asked, second.asked], [1, 0])
  assert.equal(first.answer.done.outcome, 'answered')
  assert.ok(first.answer.sentences.length >= 2)
  assert.deepEqual(words(second.answer), words(first.answer))
  assert.deepEqual(second.answer.clauses.map((c) => c.passage), first.answer.clauses.map((c) => c.passage))
  assert.equal(second.answer.done.label, first.answer.done.label, 'what a model wrote is called so')
  assert.notEqual(second.answer.get('start').receipt, first.answer.get('start').receipt)
  assert.equal((await timingsOf(first.answer)).again, false)
  assert.equal((await timingsOf(second.answer)).again, true, 'the auditor sees it')
  assert.match((await server.person().get('/metrics')).text, /^tongban_answers_again_total 1$/m)
})

test('other words, another day, something personal: the engine is asked', needsEmbeddings, async () => {
  assert.equal((await ask('80岁老人的高龄津贴是什么标准')).asked, 1)
  assert.equal((await ask(QUESTION, server.person(), { as_of: '2021-05-01' })).asked, 1)
  for (let i = 0; i < 2; i++) assert.equal((await ask(`${QUESTION}，我的电话13812345678`)).asked, 1, 'never kept, never given')
})

test('staff are not given what was said to the public, nor the public what was said to staff', needsEmbeddings, async () => {
  const clerk = await server.staff('lin.wanqing')
  assert.equal((await ask(QUESTION, clerk)).asked, 1)
  assert.equal((await ask(QUESTION, clerk)).asked, 0)
  assert.equal((await ask(QUESTION)).asked, 0, 'the answer to the public is still there')
})

test('an answer that broke off is not kept', needsEmbeddings, async () => {
  const question = '高龄津贴80岁以上每月发多少'
  engine.next({ kind: 'reset', after: 12 }, { kind: 'reset', after: 12 })
  const broken = await ask(question)
  assert.notEqual(broken.answer.done?.outcome, 'answered')
  engine.queue.length = 0
  assert.equal((await ask(question)).asked, 1)
  assert.equal((await ask(question)).asked, 0)
})

test('an answer that a guardian puts right is not given again', needsEmbeddings, async () => {
  const guardian = await server.staff('zhou.zhiyuan')
  const { answer } = await ask(QUESTION)
  assert.equal((await ask(QUESTION)).asked, 0)
  const r = await guardian.post('/api/corrections', { receipt: answer.get('start').receipt, kind: 'note', answer: '以窗口答复为准。' })
  assert.equal(r.status, 200, r.text)
  assert.equal((await ask(QUESTION)).asked, 1)
})

test('once the policy it cites is withdrawn, nothing said from it is given again', needsEmbeddings, async () => {
  const guardian = await server.staff('zhou.zhiyuan')
  const [clause] = (await ask(QUESTION)).answer.clauses
  assert.equal((await ask(QUESTION)).asked, 0)
  const { versions } = (await server.person().get(`/api/documents/${clause.document}`)).json
  const cited = versions.find((v) => v.document_number === clause.document_number)
  const r = await guardian.post(`/api/knowledge/versions/${cited.id}/withdraw`, { reason: '测试' })
  assert.equal(r.status, 200, r.text)
  const later = await ask(QUESTION)
  assert.ok(later.answer.clauses.every((c) => c.document_number !== clause.document_number), 'it is no evidence any more')
  assert.equal(later.asked, later.answer.done.outcome === 'not_found' ? 0 : 1, 'nobody repeats it')
  const other = '公租房租赁补贴申请需要什么条件' // about what was not touched: all is asked for anew, once
  await ask(other)
  assert.equal((await ask(other)).asked, 0)
})
