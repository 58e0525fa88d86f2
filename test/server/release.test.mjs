// A question that a clerk took and does not answer comes free again: by the clerk, or by who answers for
// the department. What the clerk then sends late overtakes nobody.
import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { startServer } from './lib.mjs'

let server, clerk, guardian, head, stranger, colleague
before(async () => {
  server = await startServer()
  clerk = await server.staff('gu.min')
  guardian = await server.staff('deng.shaohua')
  head = await server.staff('luo.jing')
  stranger = await server.staff('qin.yuzhen') // a guardian of another department
  colleague = await server.staff('he.xiaoyu')
})
after(() => server.stop())

let number = 0
async function taken() {
  const asked = await server.person().post('/api/handoffs', { question: `第${++number}盏路灯找谁修` })
  const { receipt } = asked.json
  const r = await clerk.post(`/api/handoffs/${receipt}/take`)
  assert.equal(r.json.taken_by, 'gu.min')
  return receipt
}
const release = (who, receipt) => who.post(`/api/handoffs/${receipt}/release`)
const reply = (who, receipt, text) => who.post(`/api/handoffs/${receipt}/reply`, { reply: text })

test('the holder gives it back, and a colleague can take it', async () => {
  const receipt = await taken()
  assert.equal((await clerk.get(`/api/staff/handoffs/${receipt}`)).json.may_release, true)
  const r = await release(clerk, receipt)
  assert.equal(r.status, 200, r.text)
  assert.deepEqual([r.json.state, r.json.taken_by, r.json.taken_by_name, r.json.may_release], ['waiting', '', '', false])
  const waiting = (await colleague.get('/api/handoffs?state=waiting&size=100')).json.items
  assert.ok(waiting.some((h) => h.receipt === receipt && h.taken_by === ''))
  assert.equal((await colleague.post(`/api/handoffs/${receipt}/take`)).json.taken_by, 'he.xiaoyu')
})

for (const [what, who] of [['guardian', () => guardian], ['department admin', () => head]])
  test(`a ${what} of the department puts it back; the former holder's reply is refused until taken again`, async () => {
    const receipt = await taken()
    assert.equal((await who().get(`/api/staff/handoffs/${receipt}`)).json.may_release, true)
    assert.equal((await release(who(), receipt)).json.state, 'waiting')
    const late = await reply(clerk, receipt, '已经在修了。')
    assert.equal(late.status, 409, late.text)
    assert.match(late.json.error.message, /没有发出/)
    const now = (await clerk.get(`/api/staff/handoffs/${receipt}`)).json
    assert.deepEqual([now.state, now.reply, now.put_back], ['waiting', '', true])
    assert.equal((await who().get(`/api/staff/handoffs/${receipt}`)).json.put_back, false)
    assert.equal((await clerk.post(`/api/handoffs/${receipt}/take`)).status, 200)
    assert.equal((await reply(clerk, receipt, '已经在修了。')).json.state, 'replied')
  })

test('a colleague answers what was put back without taking it first, and stands as who answered', async () => {
  const receipt = await taken()
  await release(guardian, receipt)
  const r = await reply(colleague, receipt, '请打城管热线。')
  assert.equal(r.status, 200, r.text)
  assert.deepEqual([r.json.taken_by, r.json.replied_by_name], ['he.xiaoyu', '何晓雨'])
  assert.equal((await reply(clerk, receipt, '已经在修了。')).status, 409)
})

test('nobody else puts it back, and nothing that nobody has', async () => {
  const receipt = await taken()
  for (const who of [colleague, stranger]) {
    assert.equal((await who.get(`/api/staff/handoffs/${receipt}`)).json.may_release, false)
    const r = await release(who, receipt)
    assert.equal(r.status, 403, r.text)
    assert.match(r.json.error.message, /处理人自己/)
  }
  assert.equal((await clerk.get(`/api/staff/handoffs/${receipt}`)).json.taken_by, 'gu.min')
  assert.equal((await release(clerk, receipt)).status, 200)
  assert.equal((await release(clerk, receipt)).status, 409)
  assert.equal((await release(guardian, receipt)).status, 409)
  await reply(colleague, receipt, '请打城管热线。')
  assert.equal((await release(colleague, receipt)).status, 409)
  assert.equal((await release(clerk, 'H20260101-00000')).status, 404)
})

test('the trail says who put back what, and whose it was', async () => {
  const receipt = await taken()
  await release(guardian, receipt)
  const auditor = await server.staff('peng.yiming')
  const { items } = (await auditor.get(`/api/audit?verb=handoff.release&object=${receipt}`)).json
  assert.deepEqual(items.map((r) => [r.actor, r.outcome, r.detail]), [['deng.shaohua', 'ok', 'holder=gu.min']])
})
