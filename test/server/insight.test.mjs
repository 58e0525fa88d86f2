// 热点、相似工单、民情报告: what the city should know, by the API of the real program, on the sample city's three months of messages.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { messagedCity, Server } from './lib.mjs'

let server, seat, other, auditor, citizen
// Many queries by one program: rows as objects with the columns in their order.
const sqlAll = (queries) =>
  JSON.parse(execFileSync('/usr/bin/python3', ['-c', `import json,sqlite3,sys
d=sqlite3.connect('file:'+sys.argv[1]+'?mode=ro',uri=True,timeout=20)
def ask(q):
    c=d.execute(q); names=[x[0] for x in c.description]
    return [[dict(zip(names,r)),list(r)] for r in c]
print(json.dumps([ask(q) for q in json.load(sys.stdin)]))`, path.join(server.data, 'tongban.db')],
  { encoding: 'utf8', input: JSON.stringify(queries), maxBuffer: 64 << 20 }))
const sql = (query) => sqlAll([query])[0].map((r) => r[0])
const day = (back) => new Date(Date.now() + 8 * 3600e3 - back * 86400e3).toISOString().slice(0, 10)
const get = async (who, url) => {
  const r = await who.get(url)
  assert.equal(r.status, 200, r.text)
  return r.json
}

before(async () => {
  server = new Server({ data: messagedCity() })
  await server.start()
  seat = await server.staff('gu.min')
  other = await server.staff('tang.jianye')
  auditor = await server.staff('peng.yiming')
  citizen = server.person()
})
after(() => server.stop())

test('the sample city has three thousand orders, the old ones answered', () => {
  const [{ n, open, first }] = sql("SELECT COUNT(*) n, SUM(state IN ('intake','dispatched','accepted','in_work','returned')) open, MIN(created_at) first FROM work_order")
  assert.equal(n, 3000)
  assert.ok(open > 100 && open < 600, `${open} open`)
  assert.ok(first > Date.now() - 91 * 86400e3)
})

test('an order that was kept without a verdict is judged when a seat opens it, while somebody still has to decide', async () => {
  const one = (state) => sql(`SELECT receipt FROM work_order WHERE state = '${state}' AND verdict = '' ORDER BY id LIMIT 1`)[0].receipt
  const waiting = await get(seat, `/api/staff/orders/${one('intake')}`)
  assert.ok(waiting.verdict.class1.value && waiting.verdict.department, JSON.stringify(waiting.verdict))
  assert.equal((await get(seat, `/api/staff/orders/${one('closed')}`)).verdict, null)
})

test('what happened in the city is its hottest issue, with place, reason and orders', async () => {
  const hot = await get(seat, '/api/hotline/hot?days=14')
  assert.match(hot.issues[0].name, /暖/)
  assert.ok(hot.issues[0].people > 150 && hot.issues[0].spots.length >= 3)
  assert.equal(hot.issues[0].days.length, 14)
  assert.equal(hot.issues[0].days.reduce((a, b) => a + b), hot.issues[0].count)
  assert.ok(Math.abs(hot.issues[0].parts.reduce((a, p) => a + p.points, 0) - hot.issues[0].heat) < 1e-6)
  assert.ok(hot.issues[0].members.every((m) => /^W\d{8}-\d+$/.test(m.receipt)))
  const flood = await get(seat, `/api/hotline/hot?days=14&to=${day(60)}`)
  assert.match(flood.issues[0].name, /积水|淹|涝/)
  assert.deepEqual(await get(seat, '/api/hotline/hot?days=14'), hot)
})

test('a growing issue is warned of on its third day, a quiet day brings no warning', async () => {
  assert.match((await get(seat, `/api/hotline/hot?days=7&to=${day(31)}`)).warnings[0].say, /青溪第二小学.*小时内 \d+ 人反映/)
  assert.deepEqual((await get(seat, `/api/hotline/hot?days=7&to=${day(45)}`)).warnings, [])
})

test('another department learns what is hot, not whose orders they are', async () => {
  const hot = await get(other, '/api/hotline/hot?days=14')
  assert.match(hot.issues[0].name, /暖/)
  for (const x of hot.issues) assert.deepEqual(x.members, [])
  assert.equal((await auditor.get('/api/hotline/hot')).status, 403)
  assert.ok([401, 403].includes((await citizen.get('/api/hotline/report')).status))
})

test('every number of the report is the answer of its query', async () => {
  for (const [kind, to] of [['day', day(8)], ['week', day(62)], ['month', day(1)]]) {
    const r = await get(seat, `/api/hotline/report?kind=${kind}&to=${to}`)
    const with_ = (query, from, until) => query.replaceAll(':before', r.before).replaceAll(':from', from).replaceAll(':to', until)
    const answers = sqlAll([
      ...r.figures.flatMap((f) => [with_(f.query, r.from, r.to), with_(f.query, r.before, r.from)]),
      ...r.tables.map((t) => with_(t.query, r.from, r.to)),
      ...r.issues.map((x) => `SELECT COUNT(*), COUNT(DISTINCT asker_key), SUM(votes) FROM work_order WHERE id IN (${x.orders})`),
      ...r.days.map((d) => Date.parse(`${d.day}T00:00:00+08:00`)).map((from) => `SELECT COUNT(*) FROM work_order WHERE created_at >= ${from} AND created_at < ${from + 86400e3}`),
    ]).map((rows) => rows.map((x) => x[1]))
    for (const f of r.figures) {
      const [[now]] = answers.shift(), [[past]] = answers.shift()
      assert.ok(f.value === now || Math.abs(f.value - now) < 1e-6, `${kind} ${f.key}: ${f.value}, not ${now}`)
      assert.ok(Math.abs(f.before - (past ?? 0)) < 1e-6, `${kind} ${f.key} before: ${f.before}, not ${past}`)
    }
    for (const t of r.tables) assert.deepEqual(t.rows.map((x) => [x.id, x.name, x.count, x.before]), answers.shift().slice(0, 12), t.key)
    for (const x of r.issues) assert.deepEqual([x.count, x.people, x.votes], answers.shift()[0])
    for (const d of r.days) assert.equal(d.received, answers.shift()[0][0])
    assert.ok(r.figures[0].value > 10)
  }
})

test('no sentence holds a number that is no figure', async () => {
  const r = await get(seat, `/api/hotline/report?kind=week&to=${day(62)}`)
  assert.ok(r.sentences.length >= 8)
  for (const s of r.sentences) {
    const known = new Set([...r.first.split('-'), ...r.last.split('-'), '90', '85', '30'].map(Number))
    for (const key of s.figures) {
      const [table, id] = key.split(':')
      const f = r.figures.find((x) => x.key === key)
      if (f) known.add(Number(Number(f.value ?? 0).toFixed(f.digits))), known.add(Number(f.before.toFixed(f.digits)))
      else if (table === 'issue') known.add('issue')
      else for (const x of r.tables.find((t) => t.key === table).rows.filter((x) => x.id === id)) known.add(x.count), known.add(x.before)
    }
    if (known.has('issue')) continue // its numbers are checked against its orders
    for (const n of s.text.replace(/“[^”]*”/g, '').match(/\d+(\.\d+)?/g) ?? []) assert.ok(known.has(Number(n)), `${n} in: ${s.text}`)
  }
  assert.match(r.sentences.map((s) => s.text).join(''), /明显增多/)
})

test('the report goes out as a file with a watermark', async () => {
  const docx = await seat.get(`/api/hotline/report/export?kind=week&to=${day(1)}`)
  assert.equal(docx.status, 200)
  assert.match(docx.headers['content-type'], /wordprocessingml/)
  assert.match(docx.headers['content-disposition'], /minqing-week-\d{4}-\d\d-\d\d\.docx/)
  const html = await seat.get(`/api/hotline/report/export?kind=week&to=${day(1)}&as=html`)
  assert.match(html.text, /热线受理诉求 \d+ 件/)
  assert.equal((await seat.get('/api/hotline/report/export?as=exe')).status, 400)
})

test('of an order the others about its matter are shown, and how such a one was answered', async () => {
  const [{ receipt, place }] = sql("SELECT receipt, place FROM work_order WHERE title LIKE '%暖气%' AND place = '河东花园' ORDER BY id DESC LIMIT 1")
  const a = await get(seat, `/api/staff/orders/${receipt}/alike`)
  assert.ok(a.same.length >= 10)
  for (const x of a.same) assert.equal(x.place, place)
  assert.ok(a.same.filter((x) => /暖|供热|热/.test(x.title)).length >= a.same.length * 0.9)
  assert.ok(a.answered.length >= 1 && a.answered.every((x) => x.reply.length > 10))
  assert.equal((await seat.get('/api/staff/orders/W19990101-00001/alike')).status, 404)
})

test('what the desk has just taken in is among the similar at once', async () => {
  const text = '我住河东花园，家里暖气片冰凉，只有14度，河东热力站一直不处理，老人都感冒了。请热力公司上门测温。'
  const one = await citizen.post('/api/orders', { key: 'alike-1', text, place: '河东花园', phone: '13800138000' })
  assert.equal(one.status, 200, one.text)
  const two = await citizen.post('/api/orders', { key: 'alike-2', text, place: '河东花园', phone: '13800138000' })
  const a = await get(seat, `/api/staff/orders/${two.json.receipt}/alike`)
  const same = a.same.find((x) => x.receipt === one.json.receipt)
  assert.ok(same, JSON.stringify(a.same))
  assert.equal(same.is, 'copy')
  assert.equal(same.same_asker, true)
})

test('what makes no sense is refused in words', async () => {
  for (const url of ['/api/hotline/hot?days=0', '/api/hotline/hot?to=x', '/api/hotline/report?kind=year', '/api/hotline/report?to=2026-13-01']) {
    const r = await seat.get(url)
    assert.equal(r.status, 400, url)
    assert.match(r.json.error.message, /[\u4e00-\u9fff]/)
  }
  const map = await get(seat, '/api/hotline/map')
  assert.equal(map.districts.length, 4)
  assert.ok(map.streets.length >= 16 && map.water.length >= 1)
})
