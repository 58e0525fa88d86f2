// Digital employees: no guardian, no answer, whatever happens in between; inside first, outside later.
import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { startEngine, startServer } from './lib.mjs'

// Answered by 明民规〔2024〕3号 第五条, of the civil affairs bureau: minzheng-wenda, guarded by zhou.zhiyuan.
const QUESTION = '年满90周岁的老年人高龄津贴发放标准每人每月多少元'
const TEXT = '90周岁至99周岁的，每人每月300元。'

let engine, server, officer
before(async () => {
  engine = await startEngine()
  engine.always({ kind: 'plain', text: TEXT })
  server = await startServer({ engine })
  officer = await server.staff('shen.ruolan')
})
after(async () => {
  await server.stop()
  await engine.close()
})

const ask = (person = server.person(), more = {}) => person.ask(QUESTION, more)
const spoke = (a) => assert.match(a.done.outcome, /answered|partial/)
const duty = async (receipt) => {
  const auditor = await server.staff('peng.yiming')
  const rows = await auditor.get(`/api/audit/exchanges/${receipt}`)
  return /duty=(\w+)/.exec(rows.text)?.[1]
}

test('a guarded employee answers, and the trail names it', async () => {
  const a = await ask()
  spoke(a)
  const auditor = await server.staff('peng.yiming')
  const trail = await auditor.get(`/api/audit/exchanges/${a.get('start').receipt}`)
  assert.match(trail.text, /employee=minzheng-wenda duty=ready/)
})

test('a guardian who is removed while it writes ends the answer; a person takes over', async () => {
  engine.next({ kind: 'plain', text: TEXT, delay_ms: 30 })
  let locked
  const a = await server.person().ask(QUESTION, {
    onEvent: (e) => {
      if (e.event === 'progress') locked ??= officer.post('/api/users/zhou.zhiyuan/lock')
    },
  })
  assert.equal((await locked).status, 200)
  assert.equal(a.done.outcome, 'referred')
  assert.ok(a.done.handoff.receipt)
  assert.match(a.done.message, /没有工作人员把关/)
  assert.ok(a.clauses.length > 0)
  assert.equal(await duty(a.get('start').receipt), 'no_guardian')
})

test('without a guardian nothing is generated: clauses, a sentence, a way to a person', async () => {
  const asked = engine.requests.length
  const a = await ask()
  assert.equal(a.done.outcome, 'referred')
  assert.equal(a.sentences.length, 0)
  assert.ok(a.clauses.some((c) => c.clause.startsWith('第五条')))
  assert.ok(a.done.handoff.receipt)
  assert.equal(engine.requests.length, asked)
})

test('approved answers still go out, and other departments are not touched', async () => {
  const standard = await server.person().ask('高龄津贴是多少')
  assert.equal(standard.done.outcome, 'standard')
  spoke(await server.person().ask('失业保险金领取期限最长不超过几个月'))
})

test('with the guardian back it answers again', async () => {
  assert.equal((await officer.post('/api/users/zhou.zhiyuan/unlock')).status, 200)
  spoke(await ask())
})

test('only staff may choose an employee, and only one that it is shown to them', async () => {
  const stranger = await server.person().ask(QUESTION, { employee: 'minzheng-wenda' })
  assert.ok(stranger.error)
  const clerk = await server.staff('lin.wanqing')
  const a = await ask(clerk, { employee: 'zhengce-wenda' })
  spoke(a)
  const none = await clerk.ask(QUESTION, { employee: 'nobody' })
  assert.ok(none.error)
})
