// 12345 工单: from a citizen's words to the answer and the visit back, by the API of the real program.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { after, before, test } from 'node:test'
import { startServer } from './lib.mjs'

let server, citizen, seat, referee, clerk, signer, other
const form = (more = {}) => ({
  text: '青溪路的路灯坏了三天，晚上很黑，昨天有人摔倒。希望尽快修好。我的电话是13800138000。',
  place: '青溪区青溪路与创业路口', ...more,
})
let n = 0
const ask = async (more, who = citizen) => {
  const r = await who.post('/api/orders', { key: `k${++n}`, ...form(more) })
  assert.equal(r.status, 200, r.text)
  return r.json
}
const open = async (who, receipt) => {
  const r = await who.get(`/api/staff/orders/${receipt}`)
  assert.equal(r.status, 200, r.text)
  return r.json
}
const step = async (who, receipt, verb, more = {}) => {
  const version = more.version ?? (await open(who, receipt)).version
  return who.post(`/api/staff/orders/${receipt}/steps`, { verb, version, ...more })
}
const done = async (...a) => {
  const r = await step(...a)
  assert.equal(r.status, 200, r.text)
  return r.json
}
const toWork = async (receipt) => {
  await done(seat, receipt, 'dispatch', { department: 'zhujian' })
  await done(clerk, receipt, 'accept')
  return done(clerk, receipt, 'start')
}
// What the department wrote is signed at 审签台 by another person of it.
const sign = async (receipt, act = 'sign', by = signer) => {
  const drafts = (await by.get('/api/drafts?kind=reply&state=waiting&size=100')).json.items
  for (const d of drafts) {
    const whole = (await by.get(`/api/drafts/${d.receipt}`)).json
    if (whole.body.order !== receipt) continue
    const r = await by.post(`/api/drafts/${d.receipt}/${act}`, act === 'sign' ? { revision: d.revision } : { reason: '请写明完成时间' })
    return r
  }
  throw new Error(`no draft for ${receipt} among ${drafts.length}`)
}

before(async () => {
  server = await startServer()
  citizen = server.person()
  ;[seat, referee, clerk, signer, other] = await Promise.all(
    ['gu.min', 'deng.shaohua', 'tang.jianye', 'xu.wenbo', 'lin.wanqing'].map((l) => server.staff(l)))
})
after(() => server?.stop())

test('an order goes from the form to the answer and the visit back', async () => {
  const asked = await ask()
  assert.match(asked.receipt, /^W\d{8}-\d{5}$/)
  assert.equal(asked.order.state_title, '待分拨')
  const whole = await open(seat, asked.receipt)
  assert.equal(whole.asker.phone, '13800138000')
  assert.match(whole.text, /13800138000/)
  assert.match(whole.wanted, /希望尽快修好/)
  assert.equal(whole.happened, '昨天')
  const sent = await done(seat, asked.receipt, 'dispatch', { department: 'zhujian', kind: 'complaint', urgency: 1 })
  assert.equal(sent.state, 'dispatched')
  assert.ok(sent.due_at > sent.accept_by && sent.department_name)
  await done(clerk, asked.receipt, 'accept')
  await done(clerk, asked.receipt, 'start')
  const written = await done(clerk, asked.receipt, 'reply', { reply: '您好，您反映的路灯已于今日修复。\n感谢您的监督。' })
  assert.equal(written.state, 'signing')
  assert.equal((await citizen.get('/api/orders/mine')).json.items.find((o) => o.receipt === asked.receipt).reply, '', 'nothing leaves unsigned')
  assert.equal((await sign(asked.receipt)).status, 200)
  const mine = (await citizen.get('/api/orders/mine')).json.items.find((o) => o.receipt === asked.receipt)
  assert.equal(mine.state, 'answered')
  assert.match(mine.reply, /路灯已于今日修复。\n感谢/)
  assert.deepEqual(mine.may, ['visit'])
  const rated = await citizen.post(`/api/orders/${asked.receipt}/steps`, { verb: 'visit', satisfaction: 5 })
  assert.equal(rated.json.state, 'visited', rated.text)
  const closed = await done(seat, asked.receipt, 'close')
  assert.equal(closed.state, 'closed')
  assert.deepEqual(closed.steps.map((s) => s.verb), ['intake', 'dispatch', 'accept', 'start', 'reply', 'sign', 'visit', 'close'])
})

test('who wrote the reply does not sign it; what is returned is written again', async () => {
  const { receipt } = await ask()
  await toWork(receipt)
  await done(clerk, receipt, 'reply', { reply: '会修的。' })
  assert.equal((await sign(receipt, 'return')).status, 200)
  const back = await open(clerk, receipt)
  assert.equal(back.state, 'in_work')
  assert.match(back.steps.at(-1).reason, /完成时间/)
  await done(signer, receipt, 'reply', { reply: '本月底前修好。' })
  assert.equal((await sign(receipt)).status, 403, 'its author')
  assert.equal((await open(clerk, receipt)).state, 'signing')
})

test('a reply is checked before it is signed: what was found stands above the draft, personal data are refused', async () => {
  const { receipt } = await ask()
  await toWork(receipt)
  const found = async (reply) => (await clerk.post(`/api/staff/orders/${receipt}/reply-check`, { reply })).json.items.map((i) => i.fault)
  assert.deepEqual(await found('青溪路的路灯已于今日修好，请放心。'), [])
  assert.deepEqual(await found('您的低保申请已经受理。'), ['off_topic'])
  assert.deepEqual(await found('路灯不归我们管。'), ['tone'])
  assert.equal((await step(clerk, receipt, 'reply', { reply: '路灯已修好，报修人13900139000。' })).status, 400)
  await done(clerk, receipt, 'reply', { reply: '路灯我们保证永远不坏，有事请打0920-2210401。' })
  const draft = (await signer.get('/api/drafts?kind=reply&state=waiting&size=100')).json.items.find((d) => d.why.includes('承诺没有依据'))
  assert.ok(draft.risk >= 60)
  await sign(receipt)
  assert.match((await open(seat, receipt)).reply, /0920-2210401/)
})

test('a form asks only for what is missing and keeps nothing', async () => {
  const r = await citizen.post('/api/orders/check', { text: '小区门口的井盖没了，希望赶紧补上' })
  assert.equal(r.status, 200)
  assert.deepEqual(r.json.missing.filter((m) => m.must).map((m) => m.field), ['place', 'phone'])
  assert.match(r.json.form.wanted, /希望赶紧补上/)
  const before = (await seat.get('/api/staff/orders?state=all')).json.total
  const refused = await citizen.post('/api/orders', { text: '小区门口的井盖没了' })
  assert.equal(refused.status, 400)
  assert.match(refused.json.error.message, /在哪里.*电话/)
  assert.equal((await seat.get('/api/staff/orders?state=all')).json.total, before)
})

test('an address becomes district, street, community and a spot on the map', async () => {
  const said = (await citizen.post('/api/orders/check', { text: '康宁小区的电梯坏了，我叫张伟，电话13800138000' })).json
  assert.match(said.form.place, /东屏区.*康宁小区/)
  assert.deepEqual(said.missing.filter((m) => m.must), [])
  const { receipt } = await ask({ text: '文锦花园的电梯坏了一周', place: '', phone: '13800138000' })
  const whole = await open(seat, receipt)
  assert.equal(whole.district, '东屏区')
  assert.equal(whole.street, '城东街道')
  assert.ok(whole.x > 0 && whole.y > 0)
})

test('what no order can be made of is refused in a sentence, what only looks odd is taken', async () => {
  for (const [text, status] of [['', 400], ['12345678901234567890', 400], ['😀😀😀😀😀', 400], ['路灯坏了', 200], ['路'.repeat(20000), 200],
    ['路'.repeat(20001), 413], ['電梯壞了沒有人修', 200], ['俺家那旮旯水管爆咧没人管', 200], ['路灯坏了😀请修', 200]]) {
    const r = await citizen.post('/api/orders', { ...form(), text, phone: '0920-2210001', key: `odd${++n}` })
    assert.equal(r.status, status, `${text.slice(0, 20)}: ${r.text.slice(0, 200)}`)
    if (status !== 200) assert.match(r.json.error.message, /[。？！；请]/)
  }
})

test('sent twice is one order', async () => {
  const body = { ...form(), key: 'same-key' }
  const [a, b] = await Promise.all([citizen.post('/api/orders', body), citizen.post('/api/orders', body)])
  assert.equal(a.json.receipt, b.json.receipt)
  assert.equal(a.json.again !== b.json.again, true)
  const stranger = server.person()
  const theirs = await stranger.post('/api/orders', body)
  assert.notEqual(theirs.json.receipt, a.json.receipt, 'a key is of whoever sends')
})

test('two clerks on one order: the second is told and nothing is lost', async () => {
  const { receipt } = await ask()
  const { version } = await open(seat, receipt)
  const both = await Promise.all([seat, referee].map((p, i) =>
    p.post(`/api/staff/orders/${receipt}/steps`, { verb: 'dispatch', version, department: ['zhujian', 'minzheng'][i] })))
  assert.deepEqual(both.map((r) => r.status).sort(), [200, 409])
  assert.match(both.find((r) => r.status === 409).json.error.message, /刚被同事改过.*请刷新/)
  assert.equal((await open(seat, receipt)).steps.filter((s) => s.verb === 'dispatch').length, 1)
})

test('a department sees its own orders and no other', async () => {
  const { receipt } = await ask()
  assert.equal((await clerk.get(`/api/staff/orders/${receipt}`)).status, 404)
  await done(seat, receipt, 'dispatch', { department: 'zhujian' })
  assert.equal((await clerk.get(`/api/staff/orders/${receipt}`)).status, 200)
  assert.equal((await other.get(`/api/staff/orders/${receipt}`)).status, 404)
  for (const target of ['/api/staff/orders?state=all', '/api/staff/orders?state=all&department=zhujian'])
    assert.ok((await other.get(target)).json.items.every((o) => o.department === 'minzheng'))
  await done(clerk, receipt, 'accept')
  await done(clerk, receipt, 'help', { helper: 'minzheng' })
  const helped = (await other.get('/api/staff/orders?helping=1')).json
  assert.deepEqual(helped.items.map((o) => o.receipt), [receipt])
  assert.equal((await step(other, receipt, 'note', { reason: '已派人到场' })).status, 200)
  assert.equal((await step(other, receipt, 'start')).status, 403)
})

test('a return needs a reason and a referee decides', async () => {
  const { receipt } = await ask()
  await done(seat, receipt, 'dispatch', { department: 'minzheng' })
  assert.equal((await step(other, receipt, 'return')).status, 400)
  await done(other, receipt, 'return', { reason: '路灯由住建部门管理' })
  assert.equal((await step(seat, receipt, 'uphold', { reason: 'x' })).status, 403, 'a seat is no referee')
  const again = await done(seat, receipt, 'dispatch', { department: 'zhujian' })
  assert.equal(again.department, 'zhujian')
  await done(clerk, receipt, 'return', { reason: '不是我们的' })
  const upheld = await done(referee, receipt, 'uphold', { reason: '职责清单第三条：路灯属市政设施' })
  assert.equal(upheld.state, 'accepted')
})

test('a dispatch is undone, also many at once, each told by itself', async () => {
  const receipts = [(await ask()).receipt, (await ask()).receipt, (await ask()).receipt]
  const items = []
  for (const receipt of receipts) items.push({ receipt, version: (await open(seat, receipt)).version })
  items[2].version = 99
  const sent = await seat.post('/api/staff/orders/bulk', { items, step: { verb: 'dispatch', department: 'zhujian' } })
  assert.deepEqual(sent.json.items.map((i) => i.done), [true, true, false])
  assert.match(sent.json.items[2].message, /请刷新/)
  const back = await seat.post('/api/staff/orders/bulk', { items: items.slice(0, 2).map((i) => ({ ...i, version: 2 })), step: { verb: 'recall' } })
  assert.deepEqual(back.json.items.map((i) => i.done), [true, true])
  assert.equal((await open(seat, receipts[0])).state, 'intake')
  assert.equal((await seat.post('/api/staff/orders/bulk', { items: Array(101).fill(items[0]), step: { verb: 'recall' } })).status, 400)
})

test('merged askers are kept and answered', async () => {
  const neighbour = server.person()
  const a = await ask(), b = await ask({ phone: '13900139000' }, neighbour)
  await done(seat, b.receipt, 'merge', { into: a.receipt })
  assert.deepEqual((await open(seat, a.receipt)).merged.map((o) => o.receipt), [b.receipt])
  await toWork(a.receipt)
  await done(clerk, a.receipt, 'reply', { reply: '两位反映的路灯都已修好。' })
  await sign(a.receipt)
  const theirs = (await neighbour.get('/api/orders/mine')).json.items[0]
  assert.equal(theirs.state, 'merged')
  assert.match(theirs.reply, /都已修好/)
  assert.equal((await step(seat, a.receipt, 'merge', { into: a.receipt })).status !== 200, true)
})

test('who asked secretly is not shown to the department', async () => {
  const { receipt } = await ask({ secret: true, kind: 'tip' })
  await done(seat, receipt, 'dispatch', { department: 'zhujian' })
  const theirs = await open(clerk, receipt)
  assert.equal(theirs.asker, null)
  assert.doesNotMatch(JSON.stringify(theirs), /13800138000/)
  assert.equal((await open(seat, receipt)).asker.phone, '13800138000')
})

test('an order is found by receipt and telephone only', async () => {
  const { receipt, query_code } = await ask()
  const stranger = server.person()
  assert.equal((await stranger.post('/api/orders/find', { receipt, phone: '138 0013 8000' })).json.receipt, receipt)
  assert.equal((await stranger.post('/api/orders/find', { receipt, query_code })).status, 200)
  for (const body of [{ receipt, phone: '13800138001' }, { receipt, phone: '' }, { receipt: 'W20260101-00001', phone: '13800138000' }]) {
    const r = await stranger.post('/api/orders/find', body)
    assert.equal(r.status, 404)
    assert.equal(r.json.error.message, '没有找到这张工单，请核对编号和登记的电话')
  }
  assert.equal((await stranger.post(`/api/orders/${receipt}/steps`, { verb: 'withdraw', reason: '不用了' })).status, 404)
  const gone = await citizen.post(`/api/orders/${receipt}/steps`, { verb: 'withdraw', reason: '已经好了' })
  assert.equal(gone.json.state, 'withdrawn')
  assert.equal((await citizen.post(`/api/orders/${receipt}/steps`, { verb: 'close' })).status, 400)
})

test('督办, urging, an extension and the board', async () => {
  const { receipt } = await ask()
  await done(seat, receipt, 'dispatch', { department: 'zhujian' })
  assert.equal((await step(seat, receipt, 'supervise', { reason: '领导批示' })).status, 403)
  assert.equal((await done(referee, receipt, 'supervise', { reason: '领导批示' })).supervised, true)
  assert.equal((await citizen.post(`/api/orders/${receipt}/steps`, { verb: 'urge' })).status, 200)
  await done(clerk, receipt, 'accept')
  assert.equal((await step(referee, receipt, 'extend', { reason: '材料未到', due_on: '2020-01-01' })).status, 400)
  const day = new Date(Date.now() + 20 * 86400e3).toISOString().slice(0, 10)
  assert.match((await done(referee, receipt, 'extend', { reason: '材料未到', due_on: day })).due_at, new RegExp(`^${day}T18:00`))
  const board = (await seat.get('/api/staff/orders/board')).json
  assert.ok(board.states.find((s) => s.state === 'accepted').n >= 1)
  assert.ok(board.departments.find((d) => d.department === 'zhujian').supervised >= 1)
  const theirs = (await other.get('/api/staff/orders/board')).json
  assert.ok(theirs.departments.every((d) => d.department === 'minzheng'))
})

test('a list goes on where it stopped and its total is true', async () => {
  const seen = new Set()
  let next = '', total
  do {
    const page = (await seat.get(`/api/staff/orders?state=all&size=5&after=${next}`)).json
    for (const o of page.items) {
      assert.ok(!seen.has(o.receipt))
      seen.add(o.receipt)
    }
    next = page.next
    total = page.total
  } while (next)
  assert.equal(seen.size, total)
  assert.equal((await seat.get('/api/staff/orders?state=nonsense')).status, 400)
  assert.equal((await seat.get('/api/staff/orders?after=x')).status, 400)
})

// The first sheet of a spreadsheet, as small as one can be.
function xlsx(rows) {
  const name = (i) => String.fromCharCode(65 + i)
  const sheet = rows.map((r, y) => `<row r="${y + 1}">${r.map((v, x) => `<c r="${name(x)}${y + 1}" t="inlineStr"><is><t>${v}</t></is></c>`).join('')}</row>`).join('')
  const files = { 'xl/workbook.xml': '<workbook/>', 'xl/worksheets/sheet1.xml': `<?xml version="1.0"?><worksheet><sheetData>${sheet}</sheetData></worksheet>` }
  const make = 'import sys, io, json, zipfile\nb = io.BytesIO()\nz = zipfile.ZipFile(b, "w")\n[z.writestr(n, t) for n, t in json.load(sys.stdin).items()]\nz.close()\nsys.stdout.buffer.write(b.getvalue())'
  return execFileSync('/usr/bin/python3', ['-c', make], { input: JSON.stringify(files) })
}

test('a file comes in row by row: good rows stay, broken ones are told, twice is once', async () => {
  const head = ['编号', '内容', '地点', '联系电话', '类型', '受理时间']
  const rows = [['A1', '青溪路的路灯坏了，请修', '青溪路', '13800138000', '投诉', '2026-11-01 08:30'], ['A2', '123456', '', '', '', ''],
    ['A3', '"引号里有, 逗号\n和换行"，请处理', '东屏区', '13800138001', '闹事', ''], ['A4', '公园几点关门', '', '', '咨询', '2099-01-01'], ['A5', '公园几点关门', '', '', '咨询', '']]
  const quoted = (v) => `"${v.replaceAll('"', '""')}"`
  const csv = '\ufeff' + [head, ...rows].map((r) => r.map(quoted).join(',')).join('\r\n')
  const first = await seat.upload('/api/staff/orders/import', [{ name: '诉求.csv', bytes: csv }])
  assert.equal(first.status, 200, first.text)
  assert.deepEqual(first.json.items.map((i) => i.result), ['added', 'refused', 'refused', 'refused', 'added'])
  assert.deepEqual(first.json.items.map((i) => i.row), [2, 3, 4, 6, 7])
  assert.match(first.json.items[1].message, /只有数字/)
  assert.match(first.json.items[2].message, /类型应为/)
  assert.match((await open(seat, first.json.items[0].message)).created_at, /^2026-11-01/)
  const sheet = await seat.upload('/api/staff/orders/import', [{ name: '诉求.xlsx', bytes: xlsx([head, ...rows.filter((r) => r[0] !== 'A3')]) }])
  assert.equal(sheet.status, 200, sheet.text)
  assert.deepEqual(sheet.json.items.map((i) => i.result), ['again', 'refused', 'refused', 'again'])
  assert.equal((await clerk.upload('/api/staff/orders/import', [{ name: 'a.csv', bytes: csv }])).status, 403)
  assert.equal((await seat.upload('/api/staff/orders/import', [{ name: 'a.csv', bytes: '标题,电话\n一,二\n' }])).status, 400)
  const many = '内容\n' + Array.from({ length: 2001 }, (_, i) => `第${i}盏路灯坏了`).join('\n')
  const before = (await seat.get('/api/staff/orders?state=all')).json.total
  assert.equal((await seat.upload('/api/staff/orders/import', [{ name: 'a.csv', bytes: many }])).status, 413)
  assert.equal((await seat.get('/api/staff/orders?state=all')).json.total, before, 'a file that is too long leaves nothing')
})

test('an inquiry is answered at the desk without a department', async () => {
  const { receipt } = await ask({ kind: 'inquiry', place: '' })
  await done(seat, receipt, 'answer', { reply: '热线全天二十四小时有人接听。' })
  assert.equal((await sign(receipt, 'sign', referee)).status, 200)
  assert.equal((await open(seat, receipt)).state, 'answered')
})
