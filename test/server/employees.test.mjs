// Digital employees: no guardian, no answer, whatever happens in between; inside first, outside later.
import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { employ, query } from './employ.mjs'
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

// ---- the page's way ----

const KEY = '/api/employees/minzheng-wenda'

test('ten employees, each with a guardian and its figures', async () => {
  const clerk = await server.staff('lin.wanqing')
  const { items, total } = (await clerk.get('/api/employees')).json
  assert.equal(total, 10)
  for (const x of items) assert.ok(x.guardian.name && x.record.asked >= 0, x.key)
  const one = (await clerk.get(KEY)).json
  assert.ok(one.record.asked > 0 && one.record.referred > 0)
  assert.equal(one.days.length, 30)
  assert.equal(one.days.at(-1).asked, one.record.asked)
  assert.deepEqual(Object.values(one.may), [false, false, false, false, false, false])
})

test('a change needs a reason, leaves what was before, and can be taken back', async () => {
  const guardian = await server.staff('zhou.zhiyuan')
  assert.equal((await guardian.put(KEY, { form: { deputy: '' }, reason: '' })).status, 400)
  const changed = await guardian.put(KEY, { form: { deputy: '', about: '试试' }, reason: '代理调走了' })
  assert.equal(changed.status, 200, changed.text)
  assert.equal(changed.json.deputy, null)
  const c = changed.json.changes[0]
  assert.equal(c.before.deputy, 'deng.shaohua')
  assert.equal((await guardian.put(KEY, { form: { about: '晚了' }, reason: '旧页面', revision: 1 })).status, 409)
  const undone = await guardian.post(`${KEY}/undo`, { change: c.id, reason: '改错了' })
  assert.equal(undone.json.deputy.login, 'deng.shaohua')
  assert.equal((await guardian.post(`${KEY}/undo`, { change: c.id, reason: '再撤一次' })).status, 409)
  const auditor = await server.staff('peng.yiming')
  const rows = (await auditor.get('/api/audit?verb=employee&size=20')).json.items
  for (const verb of ['employee.change', 'employee.undo']) assert.ok(rows.some((r) => r.verb === verb && r.outcome === 'ok' && r.object === 'minzheng-wenda'), verb)
})

test('who may not review is no guardian; who does not run it does not change it', async () => {
  const guardian = await server.staff('zhou.zhiyuan')
  assert.equal((await guardian.put(KEY, { form: { deputy: 'lin.wanqing' }, reason: '换代理' })).status, 400)
  assert.equal((await guardian.put(KEY, { form: { deputy: 'zhou.zhiyuan' }, reason: '换代理' })).status, 400)
  assert.equal((await guardian.put(KEY, { form: { category: 'care' }, reason: '换类别' })).status, 400)
  const other = await server.staff('meng.fanli')
  assert.equal((await other.put(KEY, { form: { about: '不归我' }, reason: '试试' })).status, 403)
})

test('a guardian on leave without a deputy is nobody; with one it goes on', async () => {
  const guardian = await server.staff('zhou.zhiyuan')
  const today = new Date(Date.now() + 8 * 3600e3).toISOString().slice(0, 10)
  const leave = await guardian.post('/api/leaves', { from: today, to: today, reason: '看病' })
  assert.equal(leave.status, 200, leave.text)
  spoke(await ask()) // deng.shaohua stands in
  await guardian.put(KEY, { form: { deputy: '' }, reason: '没有代理' })
  const a = await ask()
  assert.equal(a.done.outcome, 'referred')
  assert.match(a.done.message, /今天不在/)
  assert.equal((await guardian.delete(`/api/leaves/${leave.json.id}`)).status, 200)
  spoke(await ask())
  await guardian.put(KEY, { form: { deputy: 'deng.shaohua' }, reason: '代理回来了' })
  assert.equal((await guardian.post('/api/leaves', { login: 'meng.fanli', from: today, to: today })).status, 403)
})

test('the security officer stops it at once, and cannot start it; outside its hours it is silent', async () => {
  assert.equal((await officer.post(`${KEY}/switch`, { off: true, reason: '发现异常' })).status, 200)
  const a = await ask()
  assert.equal(a.done.outcome, 'referred')
  assert.match(a.done.message, /已暂停/)
  assert.equal((await officer.post(`${KEY}/switch`, { off: false, reason: '好了' })).status, 403)
  const guardian = await server.staff('zhou.zhiyuan')
  assert.equal((await guardian.post(`${KEY}/switch`, { off: false, reason: '查过了' })).status, 200)
  const weekday = new Date(Date.now() + 8 * 3600e3).getUTCDay() || 7
  const days = [1, 2, 3, 4, 5, 6, 7].filter((d) => d !== weekday)
  await guardian.put(KEY, { form: { hours: [{ days, from: '00:00', to: '24:00' }] }, reason: '今天不上班' })
  assert.match((await ask()).done.message, /服务时间/)
  await guardian.put(KEY, { form: { hours: [] }, reason: '全天' })
  spoke(await ask())
})

test('the guardian says of each answer whether it was right', async () => {
  const guardian = await server.staff('zhou.zhiyuan')
  const before = (await guardian.get(`${KEY}/answers?judged=no`)).json
  const receipt = before.items[0].receipt
  assert.equal((await guardian.post(`${KEY}/verdicts`, { receipt, agrees: true })).status, 200)
  assert.equal((await guardian.get(`${KEY}/answers?judged=no`)).json.total, before.total - 1)
  const other = await server.staff('meng.fanli')
  assert.equal((await other.get(`${KEY}/answers`)).status, 403)
  assert.equal((await other.post('/api/employees/yibao-wenda/verdicts', { receipt, agrees: true })).status, 404)
})

test('a step outwards needs the figures and two signatures', async () => {
  const guardian = await server.staff('deng.shaohua'), head = await server.staff('luo.jing')
  const key = '/api/employees/huiqi-pipei'
  const early = await guardian.post(`${key}/steps`, { reason: '想上线' })
  assert.equal(early.status, 409)
  assert.match(early.json.error.message, /回答过的提问不够/)
  employ(server, 'huiqi-pipei', { tried: 40, judged: 30, agreed: 28, refused: 6 })
  const form = await guardian.post(`${key}/steps`, { reason: '试用达到要求' })
  assert.equal(form.status, 200, form.text)
  assert.equal(form.json.phase, 'trial')
  const id = form.json.steps[0].id
  assert.ok(form.json.steps[0].measured.lines.every((l) => l.ok))
  assert.equal((await guardian.post(`${key}/steps/${id}`, { do: 'sign' })).status, 403, 'nobody signs twice')
  assert.equal((await (await server.staff('fang.zhou')).post(`${key}/steps/${id}`, { do: 'sign' })).status, 403)
  const signed = await head.post(`${key}/steps/${id}`, { do: 'sign' })
  assert.equal(signed.json.phase, 'internal', signed.text)
  assert.equal((await head.post(`${key}/steps/${id}`, { do: 'withdraw' })).status, 409)
})

test('on trial its own people see what it says, inside every clerk, outside nobody', async () => {
  const phase = (p) => query(server, `UPDATE employee SET phase = '${p}', been_public = 0 WHERE key = 'minzheng-wenda' RETURNING 1`)
  const own = await server.staff('lin.wanqing'), other = await server.staff('zhao.hongtu')
  const who = async (person) => /employee=([\w-]+)/.exec((await (await server.staff('peng.yiming')).get(`/api/audit/exchanges/${(await ask(person)).get('start').receipt}`)).text)[1]
  phase('trial')
  assert.equal(await who(own), 'minzheng-wenda')
  assert.equal(await who(other), 'zhengce-wenda')
  assert.equal(await who(server.person()), 'zhengce-wenda')
  phase('internal')
  assert.equal(await who(other), 'minzheng-wenda')
  assert.equal(await who(server.person()), 'zhengce-wenda')
  query(server, "UPDATE employee SET been_public = 1 WHERE key = 'minzheng-wenda' RETURNING 1")
  const a = await ask()
  assert.equal(a.done.outcome, 'referred')
  assert.match(a.done.message, /内部试用/)
  phase('public')
})

// ---- corrections ----

test('a guardian puts an answer right: the note is there at once, and what it contradicts is found', async () => {
  const guardian = await server.staff('zhou.zhiyuan')
  const one = server.person(), two = server.person()
  const wrong = (await one.ask(QUESTION)).get('start').receipt
  const alike = (await two.ask('90周岁以上老人的高龄津贴每人每月发多少元')).get('start').receipt
  const body = { receipt: wrong, kind: 'note', answer: '90周岁至99周岁的，每人每月350元。', consent: true }
  assert.equal((await (await server.staff('meng.fanli')).post('/api/corrections', body)).status, 403)
  const put = await guardian.post('/api/corrections', body)
  assert.equal(put.status, 200, put.text)
  assert.match((await one.get(`/api/exchanges/${wrong}`)).json.correction.text, /350元/)
  const sibling = put.json.siblings.find((s) => s.receipt === alike)
  assert.ok(sibling, JSON.stringify(put.json.siblings.map((s) => [s.why_title, s.question])))
  assert.ok(put.json.siblings.some((s) => s.standard), 'the standard answer on the same clause too')
  const where = `/api/corrections/${put.json.id}/siblings`
  assert.equal((await two.get(`/api/exchanges/${alike}`)).json.correction, null)
  const now = await guardian.post(where, { sibling: sibling.id, do: 'correct' })
  assert.equal(now.json.open, put.json.open - 1)
  assert.match((await two.get(`/api/exchanges/${alike}`)).json.correction.text, /350元/)
  assert.equal((await guardian.post(where, { sibling: sibling.id, do: 'keep' })).status, 409)
  const record = (await guardian.get(KEY)).json.record
  assert.equal(record.corrected, 2)
  assert.ok(record.agreement < 1, 'what was put right was not agreed with')
})

test('a correction becomes the standard answer once a second person has signed it', async () => {
  const guardian = await server.staff('zhou.zhiyuan')
  const question = '民政部门对流浪乞讨人员提供哪些救助住宿服务'
  const receipt = (await server.person().ask(question)).get('start').receipt
  const key = query(server, `SELECT coalesce(m.key, '') FROM exchange x LEFT JOIN employee m ON m.id = x.employee_id WHERE x.receipt = '${receipt}'`)
  const person = key === 'minzheng-wenda' || !key ? guardian : await server.staff((await guardian.get(`/api/employees/${key}`)).json.form.guardian)
  const put = await person.post('/api/corrections', { receipt, kind: 'standard', answer: '请到市救助管理站，24 小时开放。', questions: [question], citations: [] })
  assert.equal(put.status, 200, put.text)
  assert.ok(put.json.standard > 0)
  assert.equal((await person.post(`/api/standard-answers/${put.json.standard}/approve`)).status, 403)
  const second = await server.staff('luo.jing')
  const signed = await second.post(`/api/standard-answers/${put.json.standard}/approve`)
  assert.equal(signed.status, 200, signed.text)
  const next = await server.person().ask(question)
  assert.equal(next.done.outcome, 'standard')
  assert.match(next.sentences[0].text, /市救助管理站/)
})

test('what may be used to train is exported masked, line by line, with a row of the trail', async () => {
  const guardian = await server.staff('zhou.zhiyuan')
  const person = server.person()
  const asked = await person.ask(`我叫王秀英，电话13812345678，${QUESTION}`)
  await guardian.post('/api/corrections', { receipt: asked.get('start').receipt, kind: 'note', answer: '王秀英（13812345678）每月350元。', consent: true })
  const got = await guardian.get('/api/corrections/export')
  const lines = got.text.trim().split('\n').map((l) => JSON.parse(l))
  assert.ok(lines.length >= 2)
  assert.ok(lines.every((l) => l.question && l.right && l.employee))
  assert.doesNotMatch(got.text, /13812345678|王秀英/)
  const rows = (await (await server.staff('peng.yiming')).get('/api/audit?verb=correction&size=20')).json.items
  for (const verb of ['correction.add', 'correction.sibling', 'correction.export']) assert.ok(rows.some((r) => r.verb === verb), verb)
})
