// Policies through the page: upload, confirm, find, read, withdraw; hostile files; who may do what.
import test from 'node:test'
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import zlib from 'node:zlib'
import { startServer, run, temporary, root } from './lib.mjs'

const server = await startServer()
const admin = await server.staff('luo.jing') // 部门管理员
const uploader = await server.staff('deng.shaohua') // 同一部门的监护人
const citizen = server.person()
test.after(() => server.stop())

// Waits for a job by asking, not by sleeping long.
async function job(person, id) {
  for (let i = 0; i < 600; i++) {
    const r = await person.get(`/api/jobs/${id}`)
    assert.equal(r.status, 200, r.text)
    if (['done', 'failed', 'cancelled'].includes(r.json.state)) return r.json
    await new Promise((done) => setTimeout(done, 50))
  }
  throw new Error('the job does not end')
}

async function upload(person, ...files) {
  const r = await person.upload('/api/knowledge/documents', files)
  assert.equal(r.status, 200, r.text)
  return job(person, r.json.job)
}

const policy = (number, from, sum, more = '') => `# 明川市测试补贴发放办法

发文字号：${number}
印发机关：明川市民政局
成文日期：2026年1月5日

第一条 为了规范测试补贴的发放，制定本办法。

第二条 养鸭子的老人每人每月发放测试补贴${sum}元。

第三条 本办法自${from}起施行。${more}
`

test('an upload is read by a job, waits for a person, and is found once confirmed', async () => {
  const done = await upload(uploader, { name: '测试办法.md', bytes: policy('明民规〔2026〕91号', '2026年2月1日', 7788) })
  assert.equal(done.state, 'done', JSON.stringify(done))
  assert.equal(done.result.added, 1)
  const [made] = done.result.versions
  assert.equal(made.state, 'proposed')

  // nobody finds it yet
  assert.equal((await citizen.get(`/api/documents/${made.document}`)).status, 404)
  const before = await citizen.get(`/api/search?q=${encodeURIComponent('养鸭子的老人测试补贴')}`)
  assert.ok(!before.json.clauses.some((c) => c.document === made.document))

  const shown = (await admin.get(`/api/knowledge/versions/${made.id}`)).json
  assert.equal(shown.title, '明川市测试补贴发放办法')
  assert.equal(shown.document_number, '明民规〔2026〕91号')
  assert.equal(shown.effective_from, '2026-02-01')
  const bytes = Buffer.from(shown.plain)
  for (const p of shown.passages) assert.ok(bytes.subarray(p.begin, p.end).toString().startsWith(p.kind === 'front' ? '明川市' : p.clause))

  const listed = (await admin.get('/api/knowledge/documents?state=proposed')).json
  assert.ok(listed.items.some((i) => i.version === made.id && i.state_title === '待确认'))

  const own = await uploader.post(`/api/knowledge/versions/${made.id}/confirm`, {})
  assert.equal(own.status, 403)
  assert.match(own.json.error.message, /另一位/)

  const confirmed = await admin.post(`/api/knowledge/versions/${made.id}/confirm`, { title: '明川市养鸭补贴发放办法', expires_on: '2031-01-31' })
  assert.equal(confirmed.status, 200, confirmed.text)
  assert.equal(confirmed.json.state, 'confirmed')
  assert.equal(confirmed.json.confirmed_by_name, '罗静')

  const found = (await citizen.get(`/api/search?q=${encodeURIComponent('养鸭子的老人测试补贴')}`)).json.clauses[0]
  assert.equal(found.document, made.document)
  assert.equal(found.clause, '第二条')
  assert.equal(found.title, '明川市养鸭补贴发放办法')
  const read = (await citizen.get(`/api/documents/${made.document}`)).json
  assert.equal(read.expires_on, '2031-01-31')
  const original = await citizen.get(`/api/originals/${read.digest}`)
  assert.equal(original.status, 200)
  assert.match(original.headers['content-disposition'], /attachment/)
  assert.equal(original.headers['x-content-type-options'], 'nosniff')
  assert.equal(original.text, policy('明民规〔2026〕91号', '2026年2月1日', 7788))
})

test('a new version takes over on its day, withdrawing it brings the old one back', async () => {
  const next = policy('明民规〔2026〕92号', '2027年1月1日', 8899, '《明川市养鸭补贴发放办法》（明民规〔2026〕91号）同时废止。')
    .replace('测试补贴发放办法', '养鸭补贴发放办法')
  const [made] = (await upload(uploader, { name: '新.md', bytes: next })).result.versions
  assert.equal((await admin.post(`/api/knowledge/versions/${made.id}/confirm`, {})).status, 200)
  const on = async (day) => (await citizen.get(`/api/documents/${made.document}?as_of=${day}`)).json
  assert.equal((await on('2026-12-31')).document_number, '明民规〔2026〕91号')
  assert.equal((await on('2027-01-01')).document_number, '明民规〔2026〕92号')
  assert.deepEqual((await on('2027-01-01')).versions.map((v) => [v.number, v.validity]), [[2, 'in_force'], [1, 'repealed']])

  assert.equal((await admin.post(`/api/knowledge/versions/${made.id}/withdraw`, {})).status, 400)
  assert.equal((await admin.post(`/api/knowledge/versions/${made.id}/withdraw`, { reason: '传错了' })).status, 200)
  assert.equal((await on('2027-01-01')).document_number, '明民规〔2026〕91号')
  assert.equal((await admin.post(`/api/knowledge/versions/${made.id}/confirm`, {})).status, 409)
})

test('hostile files cost one sentence each and the server goes on', async () => {
  const zeros = zlib.gzipSync(Buffer.alloc(1 << 20))
  const done = await upload(admin,
    { name: 'empty.md', bytes: '' },
    { name: '../../../etc/passwd', bytes: Buffer.from([0, 1, 2, 0, 0, 9]) },
    { name: 'a.pdf', bytes: '%PDF-1.7 x' },
    { name: '图.docx', bytes: Buffer.from('89504e470d0a1a0a', 'hex') },
    { name: 'broken.txt', bytes: Buffer.from('8181ffff80', 'hex') },
    { name: 'laughs.xml', bytes: '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">]><x>&a;</x>' },
    { name: 'bomb.gz', bytes: zeros },
    { name: 'gb.txt', bytes: Buffer.from('b5dad2bbccf520b2e2cad4a1a3', 'hex') })
  assert.equal(done.state, 'done', JSON.stringify(done))
  assert.equal(done.result.skipped.length, 7)
  for (const s of done.result.skipped) assert.match(s.why, /[一-龥]/)
  assert.equal(done.result.added, 1) // GB18030 is read
  assert.equal((await citizen.get('/health/live')).status, 200)
  assert.equal(fs.readdirSync(path.join(server.data, 'incoming')).length, 0)
})

test('the same bytes again change nothing', async () => {
  const bytes = fs.readFileSync(path.join(root, 'demo/policies/gaoling-2024.md'))
  const done = await upload(admin, { name: '换个名字.txt', bytes })
  assert.equal(done.result.unchanged, 1)
  assert.equal(done.result.added + done.result.updated, 0)
})

test('only those who keep the library may change it, and nobody reads what waits', async () => {
  const clerk = await server.staff('su.mingyue'), auditor = await server.staff('peng.yiming')
  const file = [{ name: 'a.md', bytes: '# 甲\n\n乙。' }]
  for (const [who, status] of [[citizen, 401], [clerk, 403], [auditor, 403]]) {
    assert.equal((await who.upload('/api/knowledge/documents', file)).status, status)
    assert.equal((await who.post('/api/knowledge/versions/1/confirm', {})).status, status)
    assert.equal((await who.post('/api/knowledge/versions/1/withdraw', { reason: 'x' })).status, status)
  }
  assert.equal((await citizen.get('/api/knowledge/documents')).status, 401)
  assert.equal((await auditor.get('/api/knowledge/versions/1')).status, 403)
  assert.equal((await clerk.get('/api/knowledge/documents')).status, 200)
})

test('nonsense in a request is a sentence', async () => {
  for (const [target, status] of [['/api/documents/0', 404], ['/api/documents/x', 404], ['/api/documents?size=1000', 400],
    ['/api/documents/1?as_of=2026-13-01', 400], ['/api/originals/..%2f..%2fetc', 400], ['/api/originals/zz', 400],
    ['/api/search', 400], [`/api/originals/${'0'.repeat(64)}`, 404]]) {
    const r = await citizen.get(target)
    assert.equal(r.status, status, `${target}: ${r.text}`)
    assert.match(r.json.error.message, /[一-龥]/)
  }
  assert.equal((await admin.post('/api/knowledge/versions/1/confirm', { effective_from: 'soon' })).status, 400)
  assert.equal((await admin.post('/api/knowledge/versions/1/confirm', { expires_on: '1999-01-01' })).status, 400)
  assert.equal((await admin.post('/api/knowledge/versions/1/confirm', { colour: 'red' })).status, 400)
})

test('lists filter by words and validity', async () => {
  const all = (await citizen.get('/api/documents?size=100')).json
  assert.ok(all.total >= 40)
  const some = (await citizen.get(`/api/documents?q=${encodeURIComponent('高龄津贴')}`)).json
  assert.equal(some.total, 1)
  assert.equal(some.items[0].versions, 3)
  for (const v of ['in_force', 'not_yet', 'expired'])
    for (const i of (await citizen.get(`/api/documents?validity=${v}&size=100`)).json.items) assert.equal(i.validity, v)
  assert.equal((await citizen.get(`/api/documents?q=${encodeURIComponent('%')}`)).json.total, 0)
})

test('tongban ingest takes folders and archives, and says what it left out and why', async () => {
  const dir = temporary('files'), data = temporary('empty')
  fs.mkdirSync(path.join(dir, '夹'))
  fs.writeFileSync(path.join(dir, '夹/甲.md'), policy('明民规〔2026〕95号', '2026年2月1日', 1))
  fs.writeFileSync(path.join(dir, '空.txt'), '')
  fs.writeFileSync(path.join(dir, '.hidden'), 'x')
  assert.equal((await run(['setup'], { data })).code, 0)
  const first = await run(['ingest', dir, '--json'], { data })
  assert.equal(first.code, 0, first.stderr)
  const out = JSON.parse(first.stdout)
  assert.equal(out.added, 1)
  assert.equal(out.versions[0].state, 'confirmed')
  assert.equal(out.skipped.length, 1)
  assert.match(out.skipped[0].why, /空/)
  const again = JSON.parse((await run(['ingest', dir, '--json'], { data })).stdout)
  assert.deepEqual([again.added, again.unchanged], [0, 1])
  const bad = await run(['ingest', path.join(dir, 'nowhere')], { data })
  assert.notEqual(bad.code, 0)
  assert.match(bad.stderr, /找不到/)
  assert.notEqual((await run(['ingest', dir, '--department', 'mars'], { data })).code, 0)
})
