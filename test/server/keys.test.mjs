// Keys of applications, what they used, one call: the pages' routes and the command line.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { keepCalls } from './calls.mjs'
import { eventually, run, startServer } from './lib.mjs'

let server, officer, auditor, admin, operator, clerk
before(async () => {
  server = await startServer()
  officer = await server.staff('shen.ruolan')
  auditor = await server.staff('peng.yiming')
  admin = await server.staff('luo.jing')
  operator = await server.staff('ye.qiang')
  clerk = await server.staff('lin.wanqing')
})
after(() => server.stop())

const make = async (name, more = {}) => {
  const r = await officer.post('/api/keys', { name, department: 'minzheng', ...more })
  assert.equal(r.status, 200, r.text)
  return r.json
}
const mine = async () => (await admin.get('/api/session')).json.staff.department

test('a secret is shown once and kept by nobody', async () => {
  const { secret, key } = await make('窗口系统', { priority: 'window', note: '一号' })
  assert.match(secret, /^sk-tb-[A-Za-z0-9_-]{43}$/)
  assert.equal(key.hint, secret.slice(0, 10))
  assert.equal(key.priority_title, '窗口')
  assert.equal(key.keeping, 'masked')
  assert.equal(key.state, 'active')
  for (const page of [`/api/keys/${key.id}`, '/api/keys', '/api/audit?verb=key'])
    for (const who of [officer, auditor]) {
      const r = await who.get(page)
      assert.ok(!r.text.includes(secret.slice(0, 20)), page)
    }
  const row = (await auditor.get('/api/audit?verb=key.add')).json.items.find((x) => x.object === '窗口系统')
  assert.equal(row.actor, 'shen.ruolan')
  assert.match(row.detail, /department=minzheng priority=window keeping=masked/)
})

test('what makes no sense is refused with a sentence, and nothing is made', async () => {
  const before = (await officer.get('/api/keys')).json.total
  for (const [bad, status, say] of [
    [{ name: 'x', department: 'minzheng' }, 400, /2 到 40/],
    [{ name: '有 空格', department: 'minzheng' }, 400, /空格/],
    [{ name: '好名字', department: 'nowhere' }, 400, /部门/],
    [{ name: '窗口系统', department: 'minzheng' }, 409, /同名/],
    [{ name: '好名字', department: 'minzheng', priority: 'first' }, 400, /优先级/],
    [{ name: '好名字', department: 'minzheng', keeping: 'all' }, 400, /留存/],
    [{ name: '好名字', department: 'minzheng', scopes: ['chat', 'everything'] }, 400, /用途/],
    [{ name: '好名字', department: 'minzheng', scopes: 'chat' }, 400, /列表/],
    [{ name: '好名字', department: 'minzheng', addresses: ['10.1.2.3/8'] }, 400, /来源地址/],
    [{ name: '好名字', department: 'minzheng', addresses: ['300.1.2.3'] }, 400, /来源地址/],
    [{ name: '好名字', department: 'minzheng', models: [''] }, 400, /模型名/],
    [{ name: '好名字', department: 'minzheng', limits: { requests_minute: -1 } }, 400, /限额/],
    [{ name: '好名字', department: 'minzheng', limits: { request_minute: 5 } }, 400, /四种/],
    [{ name: '好名字', department: 'minzheng', limits: { tokens_day: 'many' } }, 400, /限额/],
    [{ name: '好名字', department: 'minzheng', expires_on: '明年' }, 400, /日期/],
  ]) {
    const r = await officer.post('/api/keys', bad)
    assert.equal(r.status, status, r.text)
    assert.match(r.json.error.message, say)
  }
  assert.equal((await officer.get('/api/keys')).json.total, before)
})

test('a change changes what it names and nothing else', async () => {
  const { key } = await make('改一改', { scopes: ['chat'], limits: { requests_minute: 10, concurrent: 3 }, expires_on: '2099-12-31', note: '甲' })
  assert.equal(key.expires_on, '2099-12-31')
  const r = await officer.put(`/api/keys/${key.id}`, { limits: { requests_minute: 20 }, priority: 'batch' })
  assert.equal(r.status, 200, r.text)
  assert.deepEqual(r.json, { ...key, limits: { ...key.limits, requests_minute: 20 }, priority: 'batch', priority_title: '批量' })
  const open = await officer.put(`/api/keys/${key.id}`, { scopes: [], expires_on: null })
  assert.deepEqual(open.json.scopes, [])
  assert.equal(open.json.expires_on, null)
  assert.equal((await officer.put(`/api/keys/${key.id}`, { name: '别的' })).status, 400)
  assert.equal((await officer.put('/api/keys/999999', {})).status, 404)
})

test('a key that is over says so; a revoked one stays over', async () => {
  const { key } = await make('到期的', { expires_on: '2020-01-01' })
  assert.equal(key.state, 'expired')
  const gone = await officer.post(`/api/keys/${key.id}/revoke`)
  assert.equal(gone.json.state, 'revoked')
  assert.ok(gone.json.revoked_at)
  for (const r of [await officer.post(`/api/keys/${key.id}/revoke`), await officer.post(`/api/keys/${key.id}/rotate`, {}),
    await officer.put(`/api/keys/${key.id}`, { note: '又来' })]) assert.equal(r.status, 409, r.text)
})

test('a rotation gives a new secret and the old one a time of grace', async () => {
  const { key, secret } = await make('换一换')
  const r = await officer.post(`/api/keys/${key.id}/rotate`, { grace_hours: 2 })
  assert.equal(r.status, 200, r.text)
  assert.notEqual(r.json.secret, secret)
  const until = Date.parse(r.json.key.previous_until) - Date.now()
  assert.ok(until > 1.9 * 3600e3 && until <= 2 * 3600e3)
  assert.equal((await officer.post(`/api/keys/${key.id}/rotate`, { grace_hours: 721 })).status, 400)
  assert.equal((await officer.post(`/api/keys/${key.id}/rotate`, { grace_hours: 'x' })).status, 400)
})

test('a department admin sees their own department and no other', async () => {
  const own = await mine()
  const a = await make('本部门的', { department: own })
  const b = await make('别部门的', { department: own === 'minzheng' ? 'renshe' : 'minzheng' })
  const seen = (await admin.get('/api/keys?size=100')).json.items
  assert.ok(seen.some((k) => k.id === a.key.id))
  assert.ok(seen.every((k) => k.department === own))
  assert.equal((await admin.get(`/api/keys/${a.key.id}`)).status, 200)
  assert.equal((await admin.get(`/api/keys/${b.key.id}`)).status, 404)
  assert.equal((await admin.post(`/api/keys/${a.key.id}/revoke`)).status, 403)
})

test('use is summed by what one asks for, and a department admin gets their own', async () => {
  const own = await mine(), foreign = own === 'minzheng' ? 'renshe' : 'minzheng'
  const { key } = await make('=1+1', { department: own })
  keepCalls(server, [
    { request_id: 'use-1', key_id: key.id, department: own, hour: 9 },
    { request_id: 'use-2', key_id: key.id, department: own, hour: 10, model: 'deepseek-r1', prompt: 1000, cost: 20_000_000 },
    { request_id: 'use-3', key_id: 999, department: foreign, hour: 11, errors: 1 },
  ])
  const by = async (name, who = auditor) => {
    const r = await who.get(`/api/usage?by=${name}`)
    assert.equal(r.status, 200, r.text)
    return r.json
  }
  const departments = await by('department')
  assert.deepEqual(departments.items.map((x) => [x.id, x.tokens]), [[own, 1140], [foreign, 120]])
  assert.ok(departments.items[0].name)
  assert.deepEqual([departments.total.requests, departments.total.errors, departments.total.cached_tokens], [3, 1, 180])
  assert.equal(departments.total.cost_yuan, 20.003)
  assert.deepEqual((await by('key')).items.map((x) => x.name), ['=1+1', ''])
  assert.deepEqual((await by('model')).items.map((x) => x.id), ['deepseek-r1', 'qwen'])
  assert.deepEqual((await by('hour')).items.map((x) => x.id.slice(11)), ['09:00', '10:00', '11:00'])
  assert.equal((await by('day')).items.length, 1)
  assert.deepEqual((await by('department', admin)).items.map((x) => x.id), [own])
  assert.equal((await by('engine', operator)).items[0].requests, 3)
  assert.equal((await clerk.get('/api/usage')).status, 403)
  for (const bad of ['?by=moon', '?from=x', '?from=2026-02-01&to=2026-01-01', '?by=hour&from=2026-01-01&to=2026-11-01'])
    assert.equal((await auditor.get(`/api/usage${bad}`)).status, 400, bad)
})

test('the table for a spreadsheet opens as it should and runs nothing', async () => {
  const r = await auditor.get('/api/usage.csv?by=key')
  assert.equal(r.headers['content-type'], 'text/csv; charset=utf-8')
  assert.match(r.headers['content-disposition'], /^attachment; filename="usage-key-\d{4}-\d{2}-\d{2}-\d{4}-\d{2}-\d{2}\.csv"$/)
  const lines = r.text.replace(/^\ufeff/, '').split('\r\n')
  assert.match(lines[0], /^密钥,名称,请求数,/)
  assert.ok(lines.some((l) => l.includes(`,"'=1+1",`)), r.text)
  assert.ok(!/(^|,)"?[=+@]/m.test(r.text), r.text)
  assert.match(lines.at(-2), /^合计,,3,1,1200,180,60,0,1260,0,20\.003000$/)
  assert.equal(lines.at(-1), '')
  const own = await admin.get('/api/usage.csv')
  assert.match(own.text, /合计,,2,0/)
})

test('a call is shown without what was said, and what was said to the auditor alone', async () => {
  const own = await mine(), foreign = own === 'minzheng' ? 'renshe' : 'minzheng'
  keepCalls(server, [{ request_id: 'call-1', department: foreign, hour: 1 }])
  const shown = await operator.get('/api/calls/call-1')
  assert.equal(shown.status, 200, shown.text)
  assert.equal(shown.json.figures.total_us, 3456)
  assert.equal(shown.json.trace_id, '0af7651916cd43dd8448eb211c80319c')
  assert.ok(!shown.text.includes('手机号'))
  assert.equal((await admin.get('/api/calls/call-1')).status, 404)
  assert.equal((await operator.get('/api/calls/call-1/content')).status, 403)
  assert.equal((await officer.get('/api/calls/call-1/content')).status, 403)
  const said = await auditor.get('/api/calls/call-1/content')
  assert.equal(said.json.prompt, '电话〔手机号1〕')
  assert.equal(said.json.answer, '好的')
  assert.equal((await auditor.get('/api/calls/nothing')).status, 404)
  const row = (await auditor.get('/api/audit?verb=call.content')).json.items.find((x) => x.outcome === 'ok')
  assert.equal(row.object, 'call-1')
  assert.equal(row.actor, 'peng.yiming')
})

test('the command line does the same beside the running server, which notices within a second', async () => {
  const cli = async (...args) => {
    const r = await run([...args, '--json'], { data: server.data })
    assert.equal(r.code, 0, r.stderr)
    return JSON.parse(r.stdout)
  }
  const changing = ['key.add', 'key.change', 'key.revoke', 'key.rotate']
  const changes = (await auditor.get('/api/audit?verb=key&size=100')).json.items
    .filter((x) => x.outcome === 'ok' && changing.includes(x.verb)).length
  const made = await cli('key', 'add', '命令行', '--department', 'minzheng', '--priority', 'batch', '--scopes', 'chat,embedding',
    '--addresses', '10.0.0.0/8', '--tokens-day', '5000', '--expires', '2099-01-31')
  assert.match(made.secret, /^sk-tb-/)
  const began = performance.now()
  await eventually(() => server.lines('quota').some((l) => l.msg.endsWith(`change=${changes + 1}`)))
  assert.ok(performance.now() - began < 1000)
  const listed = (await cli('key', 'list')).find((k) => k.name === '命令行')
  assert.deepEqual([listed.priority, listed.scopes, listed.addresses, listed.tokens_day, listed.expires_on],
    ['batch', ['chat', 'embedding'], ['10.0.0.0/8'], 5000, '2099-01-31'])
  assert.match(listed.created_by, /^cli:/)
  assert.notEqual((await cli('key', 'rotate', '命令行', '--grace-hours', '0')).secret, made.secret)
  await cli('key', 'set', '命令行', '--expires', 'never', '--concurrent', '2')
  const now = (await officer.get(`/api/keys?q=${encodeURIComponent('命令行')}`)).json.items[0]
  assert.deepEqual([now.expires_on, now.limits.concurrent, now.limits.tokens_day], [null, 2, 5000])
  await cli('key', 'revoke', '命令行')
  assert.equal((await officer.get(`/api/keys?q=${encodeURIComponent('命令行')}`)).json.items[0].state, 'revoked')
  assert.deepEqual(await cli('key', 'keep'), { keep_days: 180 })
  assert.deepEqual(await cli('key', 'keep', '365'), { keep_days: 365 })
  for (const [args, say] of [
    [['key', 'keep', '4000'], /0 到 3650/], [['key', 'keep', '-1'], /不小于 0/], [['key', 'revoke', '命令行'], /已经停用/], [['key', 'revoke', '没有'], /没有这个密钥/], [['key'], /要做什么/],
    [['key', 'add', '新的'], /部门/], [['key', 'add', '新的', '--department', 'minzheng', '--tokens-day', 'x'], /--tokens-day/],
    [['key', 'add', '新的', '--department', 'minzheng', '--expires', 'soon'], /--expires/], [['use', '--by', 'moon'], /--by/],
  ]) {
    const r = await run(args, { data: server.data })
    assert.equal(r.code, 1, args.join(' '))
    assert.match(r.stderr, say)
  }
  const verbs = (await auditor.get('/api/audit?verb=key&size=100')).json.items.filter((x) => x.object === '命令行').map((x) => x.verb)
  assert.deepEqual(verbs.sort(), changing)
})

test('use on the command line: for people, for programs, for spreadsheets', async () => {
  const json = await run(['use', '--by', 'model', '--json'], { data: server.data })
  assert.equal(JSON.parse(json.stdout).items[0].id, 'deepseek-r1')
  const csv = await run(['use', '--by', 'key', '--csv'], { data: server.data })
  assert.ok(csv.stdout.startsWith('\ufeff密钥,名称'))
  assert.ok(csv.stdout.includes(`"'=1+1"`))
  const text = await run(['use'], { data: server.data })
  assert.match(text.stdout, /合计/)
  for (const command of ['key', 'use']) assert.match((await run([command, '--help'])).stdout, /例：/)
})
