// An application's calls from the key to the books: every answered call stands there once, whatever
// happens to the server or the store; limits hold side by side; a revoked key ends its streams.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { after, before, test } from 'node:test'
import { eventually, once, run, startEngine, startServer } from './lib.mjs'

let server, engine, officer, auditor
before(async () => {
  engine = await startEngine()
  server = await startServer({ engine })
  await signIn()
})
after(async () => {
  await server?.stop()
  await engine?.close()
})
async function signIn() {
  officer = await server.staff('shen.ruolan')
  auditor = await server.staff('peng.yiming')
}

let number = 0
const key = async (more = {}) => {
  const r = await officer.post('/api/keys', { name: `应用${++number}`, department: 'minzheng', ...more })
  assert.equal(r.status, 200, r.text)
  return { ...r.json.key, secret: r.json.secret }
}
const ask = (secret, more = {}, init = {}) =>
  fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'default', max_tokens: 50, messages: [{ role: 'user', content: '高龄津贴多少钱' }], ...more }),
    ...init,
  })
const answered = async (...args) => {
  const r = await ask(...args)
  return { status: r.status, id: r.headers.get('x-request-id'), retry: r.headers.get('retry-after'), text: await r.text() }
}
// One SQL statement, read beside the server.
const sql = (text) =>
  JSON.parse(execFileSync('/usr/bin/python3', ['-c', `import json,sqlite3,sys
d=sqlite3.connect('file:'+sys.argv[1]+'?mode=ro',uri=True,timeout=20)
print(json.dumps(d.execute(sys.argv[2]).fetchall()))`, `${server.data}/tongban.db`, text], { encoding: 'utf8', maxBuffer: 1 << 26 }))
const booked = (id) => eventually(async () => {
  const r = await auditor.get(`/api/calls/${id}/content`)
  return r.status === 200 && r.json
})

test('a call stands in the trail, in the use and among the calls, with its tokens and its phases', async () => {
  engine.next({ kind: 'plain', text: '每月一百元。' })
  const k = await key({ priority: 'window' })
  const a = await answered(k.secret)
  assert.equal(a.status, 200, a.text)
  const { usage } = JSON.parse(a.text)
  const call = await booked(a.id)
  assert.deepEqual([call.key, call.department, call.status, call.outcome, call.figures.priority], [k.name, 'minzheng', 200, 'ok', 'window'])
  assert.deepEqual([call.figures.prompt_tokens, call.figures.answer_tokens], [usage.prompt_tokens, usage.completion_tokens])
  assert.ok(call.figures.total_us > 0 && call.figures.overhead_us <= call.figures.total_us)
  assert.match(call.digest, /^[0-9a-f]{64}$/)
  const rows = (await auditor.get('/api/audit?verb=model')).json.items.filter((x) => x.request_id === a.id)
  assert.equal(rows.length, 1)
  assert.deepEqual([rows[0].actor, rows[0].role, rows[0].role_title, rows[0].outcome], [`key:${k.name}`, 'application', '应用', 'ok'])
  assert.match(rows[0].detail, new RegExp(`prompt=${usage.prompt_tokens} .*answer=${usage.completion_tokens} .*keeping=masked digest=${call.digest}`))
  const use = (await auditor.get('/api/usage?by=key')).json.items.find((x) => x.name === k.name)
  assert.deepEqual([use.requests, use.tokens], [1, usage.total_tokens])
})

test('what is kept of it is what its key says, sealed where it is all of it', async () => {
  const said = (n) => ({ messages: [{ role: 'user', content: `我电话1381234567${n}，${'高龄津贴'.repeat(3)}` }] })
  const texts = {}
  for (const [n, keeping] of ['full', 'masked', 'digest'].entries()) {
    engine.next({ kind: 'plain', text: '每月一百元。' })
    const a = await answered((await key({ keeping })).secret, said(n))
    assert.equal(a.status, 200, a.text)
    texts[keeping] = await booked(a.id)
  }
  assert.match(texts.full.prompt, /13812345670/)
  assert.match(texts.full.answer, /每月一百元/)
  assert.match(texts.masked.prompt, /〔手机号1〕/)
  assert.ok(!texts.masked.prompt.includes('1381234567'))
  assert.equal(texts.digest.prompt + texts.digest.answer, '')
  assert.equal(texts.digest.kept, false)
  const files = execFileSync('/bin/sh', ['-c', 'cat "$0"/tongban.db* "$0"/calls.journal*', server.data], { maxBuffer: 1 << 28 })
  assert.equal(files.indexOf('1381234567'), -1)
})

test('a hundred calls at once get just what the key allows, the others are told when to come back', async () => {
  engine.always({ kind: 'plain', text: '好。' })
  const k = await key({ limits: { requests_minute: 37 } })
  const all = await Promise.all([...Array(100)].map(() => answered(k.secret)))
  assert.deepEqual(all.filter((a) => a.status === 200).length, 37, all.map((a) => a.status).join())
  for (const a of all.filter((x) => x.status !== 200)) {
    assert.equal(a.status, 429, a.text)
    assert.ok(Number(a.retry) >= 1 && Number(a.retry) <= 61, a.retry)
    assert.match(a.text, /每分钟最多 37 次/)
  }
})

test('a key is kept to its addresses, its purposes and its models', async () => {
  const from = await key({ addresses: ['10.9.0.0/16'] })
  const models = await key({ models: ['qwen*'] })
  const scopes = await key({ scopes: ['embedding'] })
  for (const k of [from, models, scopes]) assert.equal((await answered(k.secret)).status, 403)
  assert.equal((await answered('sk-tb-nothing')).status, 401)
})

test('a key that is revoked on the command line ends its streams within a second, and opens nothing more', async () => {
  engine.next({ kind: 'plain', text: '慢'.repeat(4000), piece: 1, delay_ms: 50 })
  const k = await key()
  const stream = await ask(k.secret, { stream: true, max_tokens: 8000 })
  assert.equal(stream.status, 200)
  const reader = stream.body.getReader()
  await reader.read()
  const r = await run(['key', 'revoke', k.name], { data: server.data })
  assert.equal(r.code, 0, r.stderr)
  const began = performance.now()
  let text = ''
  try {
    for (let got = await reader.read(); !got.done; got = await reader.read()) text += Buffer.from(got.value).toString()
  } catch (e) {
    text += `[broken off: ${e.message}]`
  }
  assert.ok(performance.now() - began < 1000, `${performance.now() - began} ms`)
  assert.ok(!text.includes('[DONE]') && !text.includes('"finish_reason":"stop"'), text.slice(-500))
  assert.equal((await answered(k.secret)).status, 401)
  const row = await eventually(async () =>
    (await auditor.get('/api/audit?verb=model')).json.items.find((x) => x.actor === `key:${k.name}`))
  assert.notEqual(row.outcome, 'ok')
})

// Another program holds the write lock until the returned function is called.
async function holdLock() {
  const child = spawn('/usr/bin/python3', ['-c', `import sqlite3,sys
d=sqlite3.connect(sys.argv[1],isolation_level=None); d.execute('PRAGMA busy_timeout=20000'); d.execute('BEGIN IMMEDIATE')
print('held',flush=True); sys.stdin.read(); d.execute('ROLLBACK')`, `${server.data}/tongban.db`])
  await once(child.stdout, 'data')
  return async () => {
    child.stdin.end()
    await once(child, 'close')
  }
}
const inBooks = (ids) => {
  const rows = new Map(sql('SELECT request_id, count(*) FROM model_call GROUP BY 1'))
  const trail = new Map(sql("SELECT request_id, count(*) FROM audit WHERE verb LIKE 'model.%' GROUP BY 1"))
  return ids.every((id) => rows.get(id) === 1 && trail.get(id) === 1)
}
const agree = () => {
  const [[calls, prompt, answer]] = sql(`SELECT count(*), sum(json_extract(figures,'$.prompt_tokens')),
    sum(json_extract(figures,'$.answer_tokens')) FROM model_call`)
  assert.deepEqual(sql('SELECT sum(requests), sum(prompt), sum(answer) FROM model_use')[0], [calls, prompt, answer])
}

test('while the store is locked new calls get 503, never 401; then all goes on and the books agree', async () => {
  engine.always({ kind: 'plain', text: '好。' })
  const k = await key()
  const good = [], seen = new Set()
  const call = async () => {
    const a = await answered(k.secret)
    seen.add(a.status)
    if (a.status === 200) good.push(a.id)
    return a
  }
  assert.equal((await call()).status, 200)
  const release = await holdLock()
  const refused = await eventually(async () => {
    const a = await call()
    return a.status !== 200 && a
  }, { every: 50 })
  assert.equal(refused.status, 503, refused.text)
  assert.ok(Number(refused.retry) >= 1)
  await release()
  await eventually(async () => (await call()).status === 200, { every: 50 })
  assert.deepEqual([...seen].sort(), [200, 503])
  await eventually(() => inBooks(good))
  agree()
})

test('a server that is killed loses no call that was answered, and counts none twice', async () => {
  engine.always({ kind: 'plain', text: '好。' })
  const k = await key({ keeping: 'full' })
  const ids = []
  let going = true
  const caller = async () => {
    while (going) {
      try {
        const a = await answered(k.secret)
        if (a.status === 200 && a.text.endsWith('}')) ids.push(a.id)
      } catch {
        return // the connection broke with the server
      }
    }
  }
  const callers = [...Array(8)].map(caller)
  await eventually(() => ids.length > 200)
  await server.kill()
  going = false
  await Promise.all(callers)
  await server.restart()
  await signIn()
  assert.ok(inBooks(ids))
  agree()
  assert.ok((await auditor.post('/api/audit/verify')).json.ok)
  assert.equal((await answered(k.secret)).status, 200)
})
