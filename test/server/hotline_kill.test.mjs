// kill -9 in every change of an order's state: what was acknowledged is there after the restart, what was not either
// happened whole or not at all: state, step and trail agree, and the chain of the trail verifies.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { query } from './employ.mjs'
import { startServer } from './lib.mjs'

let server, citizen, seat, clerk, signer
const people = async () => {
  citizen = server.person()
  ;[seat, clerk, signer] = await Promise.all(['gu.min', 'tang.jianye', 'xu.wenbo'].map((l) => server.staff(l)))
}
before(async () => { server = await startServer(); await people() })
after(() => server?.stop())

// Each step by whom, with what.
const WAY = [
  ['dispatch', () => seat, { department: 'zhujian' }, 'dispatched'], ['accept', () => clerk, {}, 'accepted'], ['start', () => clerk, {}, 'in_work'],
  ['reply', () => clerk, { reply: '已修好。' }, 'signing'], ['sign', () => signer, {}, 'answered'], ['visit', () => seat, { satisfaction: 4 }, 'visited'], ['close', () => seat, {}, 'closed'],
]
const send = async (receipt, verb, who, more) => {
  if (verb !== 'sign') return who.post(`/api/staff/orders/${receipt}/steps`, { verb, version: (await seat.get(`/api/staff/orders/${receipt}`)).json.version, ...more })
  const draft = (await who.get('/api/drafts?kind=reply&state=waiting')).json.items[0]
  return who.post(`/api/drafts/${draft.receipt}/sign`, { revision: draft.revision })
}

test('kill -9 in every change of state loses nothing and halves nothing', async () => {
  const made = await citizen.post('/api/orders', { text: '青溪路的路灯坏了', place: '青溪路', phone: '13800138000' })
  const { receipt } = made.json
  for (const [verb, who, more, state] of WAY) {
    const going = send(receipt, verb, who(), more).then((r) => r.status, () => 0)
    await new Promise((soon) => setTimeout(soon, 2 + Math.random() * 12))
    await server.kill()
    const said = await going
    server.ended = undefined
    await server.start()
    await people()
    let now = (await seat.get(`/api/staff/orders/${receipt}`)).json
    if (said === 200) assert.equal(now.state, state, `${verb} was acknowledged`)
    const last = now.steps.at(-1)
    assert.equal(now.version, now.steps.length, 'a step for every version')
    assert.equal(Number(query(server, `SELECT COUNT(*) FROM audit WHERE object = '${receipt}' AND verb IN ('order.intake', ${WAY.map((w) => `'order.${w[0]}'`)})`)), now.steps.length, `trail of ${last.verb}`)
    if (now.state !== state) {
      const again = await send(receipt, verb, who(), more)
      assert.equal(again.status, 200, again.text)
      now = (await seat.get(`/api/staff/orders/${receipt}`)).json
    }
    assert.equal(now.state, state)
  }
  const auditor = await server.staff('peng.yiming')
  assert.equal((await auditor.post('/api/audit/verify')).json.ok, true)
})
