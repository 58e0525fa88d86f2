// A list of words brought in by page: tried on the city's own documents, what would refuse the rightful is left out
// and said, the rest is in force within a second, and has its way back.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eventually, startServer } from './lib.mjs'

let server, officer, person
before(async () => {
  server = await startServer()
  officer = await server.staff('shen.ruolan')
  person = server.person()
})
after(() => server?.stop())
const form = { name: '第一批', kind: 'A.1 f', words: '黄铁矿暗号\n高龄津贴\n\n  红铁矿暗号  \n' }
const refused = async (q) => (await person.ask(q)).done?.outcome === 'refused'

test('tried without being kept, it says which words stand in ordinary text', async () => {
  const r = await officer.post('/api/words', { ...form, dry: true })
  assert.equal(r.status, 200, r.text)
  assert.deepEqual([r.json.saved, r.json.words, r.json.left_out, r.json.ordinary_total], [false, 2, 1, 1])
  assert.equal(r.json.ordinary[0].word, '高龄津贴')
  assert.ok(r.json.ordinary[0].texts > 0 && r.json.ordinary[0].sample.includes('高龄津贴'))
  assert.equal((await officer.get('/api/words')).json.total, 0)
})

test('kept, it is in force within a second; undone and dropped like any list; nobody else may', async () => {
  assert.equal((await officer.post('/api/words', form)).json.version, 1)
  await eventually(() => refused('黄铁矿暗号是什么意思'), { every: 100 })
  assert.ok(!await refused('高龄津贴多少钱'), 'the rightful goes on')
  assert.equal((await officer.post('/api/words', { ...form, words: '红铁矿暗号' })).json.version, 2)
  await eventually(async () => !await refused('黄铁矿暗号是什么意思'), { every: 100 })
  assert.equal((await officer.post(`/api/words/${encodeURIComponent('第一批')}/undo`)).status, 200)
  await eventually(() => refused('黄铁矿暗号是什么意思'), { every: 100 })
  const auditor = await server.staff('peng.yiming')
  assert.equal((await auditor.post('/api/words', form)).status, 403)
  const row = (await auditor.get('/api/audit?verb=words.import')).json.items.filter((x) => x.outcome === 'ok')
  assert.equal(row.length, 2)
  assert.ok(!JSON.stringify(row).includes('黄铁矿'), 'the trail holds no words')
})

test('what makes no sense is said', async () => {
  for (const wrong of [{ name: '' }, { name: 'a/b' }, { kind: 'A.9 z' }, { way: 'up' }, { words: ' \n \n' }, { what: 1 }])
    assert.equal((await officer.post('/api/words', { ...form, ...wrong })).status, 400, JSON.stringify(wrong))
})
