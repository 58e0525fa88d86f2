// 双岗制 on the running server: what a citizen gets before and after a signature, who may sign, what a
// hand at the database may do, and that a server without its guards does not start.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { needsEmbeddings, run, startEngine, startServer } from './lib.mjs'

const SENSITIVE = '80岁老人高龄津贴能批吗'
let engine, server, guardian, deputy, head, clerk

before(async () => {
  engine = await startEngine()
  server = await startServer({ engine })
  guardian = await server.staff('zhou.zhiyuan')
  deputy = await server.staff('deng.shaohua')
  head = await server.staff('luo.jing')
  clerk = await server.staff('lin.wanqing')
})
after(async () => {
  await server.stop()
  await engine.close()
})

// A statement as somebody with a SQL prompt would run it; what the database answers.
function hand(sql) {
  try {
    execFileSync('/usr/bin/python3', ['-c', 'import sqlite3,sys\nd=sqlite3.connect(sys.argv[1],timeout=20)\nd.executescript(sys.argv[2])',
      path.join(server.data, 'tongban.db'), sql], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
    return ''
  } catch (e) {
    return e.stderr
  }
}
const waiting = async (who, title) => (await who.get('/api/drafts?state=waiting&size=100')).json.items.filter((d) => d.title === title)

test('a sensitive question gets its clauses and a receipt, and the answer only once it is signed', needsEmbeddings, async () => {
  const person = server.person()
  const asked = await person.ask(SENSITIVE)
  assert.equal(asked.done.outcome, 'waiting', JSON.stringify(asked.done))
  assert.equal(asked.sentences.length, 0)
  assert.match(asked.done.message, /工作人员签发后答复，最迟 \d+ 月 \d+ 日 \d\d:\d\d/)
  const { receipt, query_code } = asked.done.handoff
  const mine = asked.get('start').receipt
  const stored = await person.get(`/api/exchanges/${mine}`)
  assert.deepEqual(stored.json.sentences, [])
  assert.ok(!stored.text.includes('未审'), 'nothing unsigned is in the reply')
  assert.equal((await person.get(`/api/handoffs/${receipt}`)).json.state, 'review')
  assert.ok(!(await clerk.get('/api/handoffs?size=100')).json.items.some((h) => h.receipt === receipt), 'no clerk answers past the guardian')

  const [draft] = await waiting(guardian, SENSITIVE)
  assert.equal(draft.reviewer, 'zhou.zhiyuan')
  assert.equal(draft.author_kind, 'machine')
  assert.equal((await clerk.post(`/api/drafts/${draft.receipt}/sign`, { revision: 1 })).status, 403)
  const open = (await guardian.get(`/api/drafts/${draft.receipt}`)).json
  assert.ok(open.may_sign && open.sentences.length > 0 && open.clauses.length > 0)
  assert.match(hand(`UPDATE exchange SET outcome = 'answered', answer = '能批' WHERE receipt = '${mine}'`), /没有签发/)
  const signed = await guardian.post(`/api/drafts/${draft.receipt}/sign`, { revision: open.revision })
  assert.equal(signed.status, 200, signed.text)
  assert.equal(signed.json.state, 'public')
  assert.equal(signed.json.signed.name, '周志远')

  const now = (await person.get(`/api/exchanges/${mine}`)).json
  assert.equal(now.outcome, 'signed')
  assert.deepEqual(now.sentences.map((s) => s.text), open.sentences.map((s) => s.text))
  assert.match(now.done.label, /AI 生成，经工作人员审核签发/)
  const reply = (await server.person().get(`/api/handoffs/${receipt}?query_code=${query_code}`)).json
  assert.equal(reply.state, 'replied')
  assert.equal(reply.reply, open.sentences.map((s) => s.text).join('\n'))
  assert.match(hand(`UPDATE exchange SET answer = '不能批' WHERE receipt = '${mine}'`), /不能改/)
  const again = await head.post(`/api/drafts/${draft.receipt}/sign`, { revision: open.revision })
  assert.equal(again.status, 409)
  assert.match(again.json.error.message, /已由周志远签发/)
})

test('a returned answer goes to a clerk, with the reason kept', needsEmbeddings, async () => {
  const person = server.person()
  const asked = await person.ask(SENSITIVE)
  const [draft] = await waiting(guardian, SENSITIVE)
  assert.equal((await guardian.post(`/api/drafts/${draft.receipt}/return`, {})).status, 400)
  const back = await guardian.post(`/api/drafts/${draft.receipt}/return`, { reason: '要看个案' })
  assert.equal(back.json.state, 'returned')
  assert.equal(back.json.note, '要看个案')
  const receipt = asked.done.handoff.receipt
  assert.equal((await clerk.get(`/api/staff/handoffs/${receipt}`)).json.reason, 'unsigned')
  await clerk.post(`/api/handoffs/${receipt}/take`)
  assert.equal((await clerk.post(`/api/handoffs/${receipt}/reply`, { reply: '请带材料到窗口核实。' })).status, 200)
  assert.match((await person.get(`/api/handoffs/${receipt}`)).json.reply, /窗口核实/)
})

test('an edit leaves its trace; who changes a number cannot sign, another can', needsEmbeddings, async () => {
  await server.person().ask(SENSITIVE)
  const [draft] = await waiting(guardian, SENSITIVE)
  const { sentences } = (await guardian.get(`/api/drafts/${draft.receipt}`)).json
  const put = (who, revision, change) => who.put(`/api/drafts/${draft.receipt}`, {
    revision, sentences: sentences.map(({ text, citations }) => ({ text: change(text), citations })) })
  const words = await put(guardian, 1, (t) => `${t}，请知悉`)
  assert.equal(words.status, 200, words.text)
  assert.ok(words.json.may_sign && words.json.revision === 2 && words.json.edits[0].name === '周志远')
  assert.equal((await put(head, 1, (t) => t)).status, 403, 'not of the department')
  assert.equal((await put(guardian, 1, (t) => t + '还有。')).status, 409, 'an older revision')
  const number = await put(guardian, 2, (t) => t + '另发77元。')
  assert.equal(number.json.may_sign, false)
  assert.match(number.json.why_not, /作者之一.*另一人/)
  assert.equal((await guardian.post(`/api/drafts/${draft.receipt}/sign`, { revision: 3 })).status, 403)
  assert.equal((await guardian.post(`/api/drafts/${draft.receipt}/hand`, { login: 'lin.wanqing' })).status, 400, 'a clerk may not sign')
  assert.equal((await guardian.post(`/api/drafts/${draft.receipt}/hand`, { login: 'deng.shaohua' })).json.reviewer, 'deng.shaohua')
  assert.equal((await deputy.post(`/api/drafts/${draft.receipt}/sign`, { revision: 3 })).json.state, 'public')
})

test('identical ones are signed together once one was opened', needsEmbeddings, async () => {
  for (let i = 0; i < 3; i++) await server.person().ask(SENSITIVE)
  const all = await waiting(guardian, SENSITIVE)
  const items = all.map(({ receipt, revision }) => ({ receipt, revision }))
  assert.equal(items.length, 3)
  assert.equal(new Set(all.map((d) => d.digest)).size, 1)
  const blind = await guardian.post('/api/drafts/sign', { items })
  assert.equal(blind.status, 400)
  assert.match(blind.json.error.message, /先打开/)
  const taken = await guardian.post(`/api/drafts/${items[0].receipt}/take`)
  assert.equal(taken.json.twins.length, 2)
  assert.equal((await guardian.post('/api/drafts/sign', { items })).json.signed, 3)
  assert.equal((await waiting(guardian, SENSITIVE)).length, 0)
})

test('two have it open: the second is told who; staff are inside and see the answer at once', needsEmbeddings, async () => {
  await server.person().ask(SENSITIVE)
  const [draft] = await waiting(guardian, SENSITIVE)
  await guardian.post(`/api/drafts/${draft.receipt}/take`)
  assert.equal((await deputy.post(`/api/drafts/${draft.receipt}/take`)).json.open_by, '周志远')
  assert.notEqual((await clerk.ask(SENSITIVE)).done.outcome, 'waiting')
})

test('a document of the command line is inside until somebody signs it with their own password', async () => {
  const { default: fs } = await import('node:fs')
  const file = path.join(server.data, '..', `放鹤-${process.pid}.md`)
  fs.writeFileSync(file, '# 明川市放鹤管理办法\n\n发文字号：明体规〔2026〕77号\n印发机关：明川市体育局\n成文日期：2026年1月5日\n\n第一条 为了规范放鹤，制定本办法。\n\n第二条 每人每天可以放鹤九只。\n\n第三条 本办法自2026年2月1日起施行。\n')
  const first = JSON.parse((await run(['ingest', file, '--json'], { data: server.data })).stdout)
  const { document, id } = first.versions[0]
  assert.equal(first.versions[0].state, 'confirmed')
  assert.equal((await server.person().get(`/api/documents/${document}`)).status, 404, 'not public')
  assert.match(hand(`UPDATE document SET classification = 'public' WHERE id = ${document}`), /没有签发/)
  const wrong = await run(['ingest', file, '--yes', '--signed-by', 'luo.jing'], { data: server.data, input: 'nonsense\n' })
  assert.notEqual(wrong.code, 0)
  assert.match(wrong.stderr, /账号或密码不对/)
  const [draft] = await waiting(head, '明川市放鹤管理办法')
  assert.equal(draft.author_kind, 'import')
  assert.equal((await head.post(`/api/drafts/${draft.receipt}/sign`, { revision: 1 })).json.state, 'public')
  assert.equal((await server.person().get(`/api/documents/${document}`)).status, 200)
  assert.match(hand(`UPDATE version SET title = '别的' WHERE id = ${id}`), /不能改/)
  assert.match(hand(`UPDATE passage SET text = '放鹤一百只' WHERE version_id = ${id}`), /不能改/)
  fs.unlinkSync(file)
})

test('everything of it is in the trail', async () => {
  const rows = (await (await server.staff('peng.yiming')).get('/api/audit?verb=review&size=100')).json.items
  for (const verb of ['review.sign', 'review.return', 'review.edit', 'review.hand', 'review.take'])
    assert.ok(rows.some((r) => r.verb === verb && /^S\d{8}-/.test(r.object)), verb)
})

test('a server whose guards are gone does not start', async () => {
  await server.stop()
  const { default: fs } = await import('node:fs')
  const whole = /CREATE TRIGGER exchange_signed[^]*? END;/.exec(fs.readFileSync(new URL('../../sql/0020_order_reply.sql', import.meta.url), 'utf8'))[0]
  for (const sql of ['DROP TRIGGER exchange_signed', 'CREATE TRIGGER exchange_signed BEFORE UPDATE ON exchange BEGIN SELECT 1; END']) {
    assert.equal(hand(sql), '')
    const refused = await run(['serve', '--listen', '127.0.0.1:0', '--no-engine', '--no-embed'], { data: server.data })
    assert.notEqual(refused.code, 0)
    assert.match(refused.stderr, /双岗制规则被改动或删除（exchange_signed）/)
  }
  assert.equal(hand(`DROP TRIGGER exchange_signed; ${whole}`), '')
  server.ended = undefined
  await server.start()
})
