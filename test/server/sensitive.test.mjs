// A sensitive document is known to its department and those above, who read it after they said what for; for
// everybody else it does not exist: not in lists, searches, versions, originals, jobs, answers or their evidence.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { eventually, run, startEngine, startServer, temporary } from './lib.mjs'

// A word that stands in no other document of the city.
const WORD = '瓦蓝救助名录', QUESTION = `${WORD}里的家庭每月发多少补助`, LIST = '/api/knowledge/documents'
const text = (n) => `# 明川市${WORD}管理规定${n}\n\n第一条 列入${WORD}的家庭，每月发给补助八百元。\n\n第二条 ${WORD}由民政部门保管。\n`
let server, engine, keeper, own, other, above, citizen, document, version, digest

const upload = async (who, query, n = '') => {
  const r = await who.upload(LIST + query, [{ name: `${WORD}${n}.md`, bytes: text(n) }])
  assert.equal(r.status, 200, r.text)
  return eventually(async () => {
    const j = (await who.get(`/api/jobs/${r.json.job}`)).json
    return ['done', 'failed'].includes(j.state) && j
  }, { every: 20 })
}
const say = (who) => who.post('/api/purpose', { kind: 'case', note: '核对本户待遇' })
const found = async (who) => (await who.get('/api/search?q=' + encodeURIComponent(QUESTION))).json
const has = (r) => JSON.stringify(r).includes(WORD)

before(async () => {
  engine = await startEngine({ always: { kind: 'echo', count: 3 } })
  server = await startServer({ engine })
  assert.equal((await run(['access', 'set', 'purpose', 'on'], { data: server.data })).code, 0)
  keeper = await server.staff('zhou.zhiyuan') // minzheng
  own = await server.staff('lin.wanqing') // minzheng
  other = await server.staff('he.xiaoyu') // yibao
  above = await server.staff('luo.jing') // shenpi, above minzheng in a moment
  citizen = server.person()
  const officer = await server.staff('shen.ruolan')
  assert.equal((await officer.put('/api/departments/minzheng', { parent: 'shenpi' })).status, 200)
  const job = await upload(keeper, '?classification=sensitive')
  version = job.result.versions[0].id
})
after(async () => {
  await server?.stop()
  await engine?.close()
})

test('reading needs a purpose; each read stands in the trail with its number', async () => {
  assert.equal((await keeper.get(`/api/knowledge/versions/${version}`)).status, 403)
  assert.equal((await keeper.post(`/api/knowledge/versions/${version}/confirm`, {})).status, 403)
  assert.equal((await say(keeper)).status, 200)
  const v = await keeper.get(`/api/knowledge/versions/${version}`)
  assert.equal(v.status, 200, v.text)
  assert.equal(v.json.classification, 'sensitive')
  assert.equal((await keeper.post(`/api/knowledge/versions/${version}/confirm`, {})).status, 200)
  document = v.json.document
  digest = v.json.digest
  const auditor = await server.staff('peng.yiming')
  const row = (await auditor.get('/api/audit?verb=knowledge.sensitive')).json.items.find((x) => x.object === `version:${version}` && x.outcome === 'ok')
  assert.match(row.detail, /purpose=\d+/)
})

test('for other departments, the public and the three of the law it does not exist', async () => {
  assert.equal((await say(other)).status, 200)
  for (const who of [other, citizen, await server.staff('peng.yiming'), await server.staff('ye.qiang')])
    for (const where of [`/api/documents/${document}`, `/api/documents/${document}?version=${version}`, `/api/originals/${digest}`, `/api/knowledge/versions/${version}`]) {
      const r = await who.get(where)
      assert.ok([401, 403, 404].includes(r.status), `${where}: ${r.status}`)
      assert.ok(!has(r.text), where)
    }
  assert.equal((await other.get(`/api/documents/${document}`)).status, 404)
  for (const where of [LIST, `${LIST}?state=confirmed`, `${LIST}?q=${encodeURIComponent('瓦蓝')}`, '/api/documents?q=' + encodeURIComponent('瓦蓝'), '/api/jobs'])
    assert.ok(!has((await other.get(where)).text), where)
  assert.equal((await other.get(`${LIST}?q=${encodeURIComponent('瓦蓝')}`)).json.total, 0)
  for (const who of [other, citizen]) assert.ok(!has((await found(who)).clauses))
  assert.equal((await other.post(`${LIST}/${document}/classification`, { classification: 'internal', reason: '想看' })).status, 403, 'a clerk')
  const guardian = await server.staff('meng.fanli')
  assert.equal((await guardian.post(`${LIST}/${document}/classification`, { classification: 'internal', reason: '想看' })).status, 404, 'another’s guardian')
})

test('its own department and those above find it, once they said what for', async () => {
  for (const who of [own, above]) {
    assert.equal((await who.get(`${LIST}?q=${encodeURIComponent('瓦蓝')}`)).json.total, 1)
    const before = await found(who)
    assert.ok(!has(before.clauses) && before.purpose_opens_more)
    for (const where of [`/api/documents/${document}`, `/api/originals/${digest}`]) assert.equal((await who.get(where)).status, 403, where)
    assert.equal((await say(who)).status, 200)
    assert.ok(has((await found(who)).clauses))
    for (const where of [`/api/documents/${document}`, `/api/originals/${digest}`]) assert.equal((await who.get(where)).status, 200, where)
  }
})

test('no answer rests on it, whoever asks; so no cache, export or sibling holds it', async () => {
  for (const who of [own, above, other, citizen]) {
    const a = await who.ask(QUESTION)
    const said = JSON.stringify([a.clauses, a.sentences, a.done])
    assert.ok(!said.includes('八百元') && !said.includes('管理规定'), said)
    const receipt = a.get('start')?.receipt
    for (const as of ['json', 'html', 'csv']) assert.ok(!(await who.get(`/api/exchanges/${receipt}/export?as=${as}`)).text.includes('八百元'), as)
  }
  assert.ok(engine.requests.every((r) => !JSON.stringify(r).includes('八百元')), 'nor does a model read it')
})

test('made sensitive, an internal one is gone for others at once; it is never published as it is', async () => {
  const job = await upload(keeper, '?classification=internal', '二'), id = job.result.versions[0].id
  assert.equal((await keeper.post(`/api/knowledge/versions/${id}/confirm`, {})).status, 200)
  const { document: second } = (await keeper.get(`/api/knowledge/versions/${id}`)).json
  assert.ok(has((await found(other)).clauses), 'internal: every member of staff')
  const change = (classification) => keeper.post(`${LIST}/${second}/classification`, { classification, reason: '含个案情况' })
  assert.equal((await change('sensitive')).status, 200)
  assert.ok(!has((await found(other)).clauses))
  assert.equal((await change('public')).status, 400)
  const sql = (statement) => {
    try {
      execFileSync('/usr/bin/python3', ['-c', 'import sqlite3,sys; d=sqlite3.connect(sys.argv[1],timeout=10); d.execute(sys.argv[2]); d.commit()', path.join(server.data, 'tongban.db'), statement], { stdio: 'pipe' })
      return 'done'
    } catch (e) {
      return String(e.stderr)
    }
  }
  assert.match(sql(`UPDATE document SET classification = 'public' WHERE id = ${second}`), /敏感文件不能直接公开/)
  assert.match(sql(`UPDATE document SET department_id = NULL WHERE id = ${second}`), /归属部门|不能直接公开/)
  assert.equal((await change('internal')).status, 200)
  assert.ok(has((await found(other)).clauses))
  const open = (await citizen.get('/api/documents?size=1')).json.items[0].id
  assert.ok([403, 409].includes((await keeper.post(`${LIST}/${open}/classification`, { classification: 'sensitive', reason: '试试' })).status), 'what is public is withdrawn, not hidden')
})

test('the command line asks whose it is', async () => {
  const file = path.join(temporary('sensitive'), 'a.md')
  fs.writeFileSync(file, text('三'))
  assert.match((await run(['ingest', file, '--sensitive'], { data: server.data })).stderr, /--department/)
})
