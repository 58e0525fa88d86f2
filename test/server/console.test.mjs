// The overview and the city as pages read them: figures move as people ask, nothing of what they
// asked is in them, and each part says in words how it is.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startServer } from './lib.mjs'

let server, clerk
before(async () => {
  server = await startServer()
  clerk = await server.staff('lin.wanqing')
})
after(() => server.stop())

const overview = async (p = clerk) => (await p.get('/api/overview')).json

test('figures move as people ask, and not otherwise', async () => {
  const zero = await overview()
  assert.deepEqual(zero.today, { asked: 0, answered: 0, standard: 0, not_found: 0, handoffs: 0, useful: 0, not_useful: 0, withheld: 0 })
  assert.equal(zero.days.length, 30)
  assert.equal(new Set(zero.days.map((d) => d.day)).size, 30)
  const person = server.person()
  const known = await person.ask('高龄津贴是多少')
  assert.equal(known.done.outcome, 'standard', JSON.stringify(known.done))
  const unknown = await person.ask('火星签证怎么办理')
  assert.notEqual(unknown.done.outcome, 'standard')
  const receipt = known.get('start').receipt
  assert.equal((await person.post(`/api/exchanges/${receipt}/feedback`, { useful: true })).status, 200)
  await person.post('/api/handoffs', { receipt })

  const now = await overview()
  assert.equal(now.today.asked, 2)
  assert.equal(now.today.standard, 1)
  assert.ok(now.today.answered >= 1)
  assert.equal(now.today.useful, 1)
  assert.ok(now.today.handoffs >= 1)
  assert.equal(now.days.at(-1).asked, 2)
  assert.equal(now.days.slice(0, -1).reduce((n, d) => n + d.asked, 0), 0)
  assert.equal(now.outcomes.reduce((n, o) => n + o.count, 0), 2)
  for (const o of now.outcomes) assert.ok(o.title.length > 1)
  assert.ok(now.latency.whole_p50 >= now.latency.first_clause_p50)
})

test('nothing of what was asked is in the figures', async () => {
  await server.person().ask('我叫李雷，身份证丢了，电话 13912345678')
  for (const login of ['lin.wanqing', 'ye.qiang', 'peng.yiming']) {
    const { text } = await (await server.staff(login)).get('/api/overview')
    for (const word of ['李雷', '13912345678', '身份证丢了', '火星签证']) assert.ok(!text.includes(word), word)
  }
})

test('the knowledge base is counted as the city has it', async () => {
  const { knowledge } = await overview()
  const { total } = (await server.person().get('/api/documents')).json
  assert.ok(knowledge.documents > 40)
  assert.ok(knowledge.in_force < knowledge.documents + 20 && knowledge.in_force > 20)
  assert.ok(knowledge.passages > 500)
  assert.ok(total > 0)
})

test('each part says how it is, in words, and what to do when it is not well', async () => {
  const { parts } = await overview()
  const names = parts.map((p) => p.name)
  for (const name of ['store', 'search', 'embeddings', 'engine', 'jobs', 'audit', 'backup', 'disk']) assert.ok(names.includes(name), name)
  for (const p of parts) {
    assert.match(p.state, /^(green|amber|red)$/)
    assert.ok(p.title && p.message, p.name)
    if (p.state !== 'green') assert.ok(p.todo.length > 3, `${p.name} says no remedy`)
  }
  assert.equal(parts.find((p) => p.name === 'engine').state, 'amber') // started without one
})

test('a tampered trail turns its part red for everybody who may see it', async () => {
  const { execFileSync } = await import('node:child_process')
  const own = await startServer()
  const auditor = await own.staff('peng.yiming')
  assert.equal((await auditor.post('/api/audit/verify')).json.ok, true)
  assert.equal((await overview(auditor)).parts.find((p) => p.name === 'audit').state, 'green')
  execFileSync('/usr/bin/python3', ['-c', `import sqlite3,sys
d=sqlite3.connect(sys.argv[1],timeout=10); d.execute("UPDATE audit SET actor='x' WHERE id=2"); d.commit()`, `${own.data}/tongban.db`])
  const v = (await auditor.post('/api/audit/verify')).json
  assert.equal(v.ok, false)
  assert.equal(v.first_bad, 2)
  assert.match(v.why, /第 2 行/)
  const part = (await overview(auditor)).parts.find((p) => p.name === 'audit')
  assert.equal(part.state, 'red')
  assert.match(part.message, /第 2 行/)
  await own.stop()
})

test('the city has its offices with windows, and examples that are answered', async () => {
  const person = server.person()
  const city = (await person.get('/api/city')).json
  assert.equal(city.name, '明川市')
  assert.equal(city.hotline, '12345')
  assert.match(city.today, /^\d{4}-\d\d-\d\d$/)
  assert.ok(city.departments.length >= 12)
  for (const d of city.departments) {
    assert.ok(d.id && d.name && d.short && d.phone)
    for (const w of d.windows) assert.ok(w.name && w.address && w.hours)
  }
  assert.ok(city.ready.engine.message && city.ready.embeddings.message)
  assert.ok(city.examples.length >= 3)
  const a = await person.ask(city.examples[0])
  assert.equal(a.done.outcome, 'standard')
})

test('lists are paged, and odd pages are refused', async () => {
  const officer = await server.staff('shen.ruolan')
  const all = (await officer.get('/api/users?size=100')).json
  const second = (await officer.get('/api/users?size=5&page=2')).json
  assert.equal(second.total, all.total)
  assert.deepEqual(second.items.map((u) => u.login), all.items.slice(5, 10).map((u) => u.login))
  for (const query of ['size=0', 'size=101', 'page=0', 'page=x', 'size=-1'])
    assert.equal((await officer.get(`/api/users?${query}`)).status, 400, query)
  const auditor = await server.staff('peng.yiming')
  for (const query of ['from=2026-13-01', 'to=yesterday'])
    assert.equal((await auditor.get(`/api/audit?${query}`)).status, 400, query)
  const none = (await auditor.get('/api/audit?from=2020-01-01&to=2020-01-02')).json
  assert.deepEqual(none, { items: [], total: 0 })
})
