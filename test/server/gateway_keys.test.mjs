// Keys, limits, the trail and what is kept, through the whole gateway: beside books.test.mjs, what
// happens when a hundred come at once, when keys look alike, and when a call never gets anywhere.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import { App, addKey, callOf, callsOf, everythingOf, rows, startGateway, trailHolds, figuresOf } from './gateway.mjs'
import { eventually, plain, raw, run } from './lib.mjs'

const forbidden = `version: 1
forbidden:
  - kind: A.1 a
    way: both
    words: [黑曜石行动]
    fine: []
`

let city, server, engine
const apps = {}
before(async () => {
  city = await startGateway({ forbidden, engines: [{ models: '[m, n]', first_word: 1 }], keys: {
    应用: {}, 并发: { concurrent: 5 }, 令牌: { 'tokens-minute': 6000 }, 全天: { 'tokens-day': 6000 },
    只聊天: { scopes: 'chat', models: 'n*' }, 别处: { addresses: '10.0.0.0/8' }, 脱敏: { keeping: 'masked' }, 全文: { keeping: 'full' }, 摘要: { keeping: 'digest' },
  } })
  server = city.server
  engine = city.engine
  for (const [name, secret] of Object.entries(city.keys)) apps[name] = new App(server, secret)
})
after(async () => {
  for (const a of Object.values(apps)) a.close()
  await city?.close()
})
beforeEach(() => engine.reset())

const hundred = (one) => Promise.all(Array.from({ length: 100 }, (_, i) => one(i)))
const refusedTruly = (r) => {
  assert.equal(r.status, 429, r.text)
  assert.equal(r.json.error.type, 'rate_limit_error')
  assert.equal(r.json.error.code, 'rate_limit_exceeded')
  assert.ok(Number(r.headers['retry-after']) >= 1, r.headers['retry-after'])
}
const bookedFor = async (name) => (await rows(server, { calls: `SELECT figures, status FROM model_call c JOIN api_key k ON k.id = c.key_id WHERE k.name = '${name}'` })).calls.map((c) => ({ status: c.status, ...figuresOf(c.figures) }))

test('a hundred at once: never more than five side by side', async () => {
  let most = 0
  engine.script = () => {
    most = Math.max(most, engine.open + 1)
    return { kind: 'plain', text: '每月一百元', delay_ms: 20 }
  }
  const all = await hundred((i) => apps.并发.chat('高龄津贴多少', { stream: i % 2 === 0 }))
  const good = all.filter((r) => r.status === 200)
  assert.ok(good.length >= 5 && most <= 5, `${good.length} answered, ${most} at once`)
  all.filter((r) => r.status !== 200).forEach(refusedTruly)
  assert.equal((await apps.并发.chat('还在吗')).status, 200, 'all places are given back')
  // those who leave, and those whose engine breaks off, give theirs back too
  engine.always({ kind: 'hang' })
  await hundred(() => new Promise((resolve) => {
    const own = new App(server, city.keys.并发)
    own.chat('高龄津贴多少').then(resolve, resolve)
    setTimeout(() => own.close(), 100)
  }))
  engine.always({ kind: 'plain', text: '好' })
  await eventually(async () => (await apps.并发.chat('还在吗')).status === 200)
  const five = await Promise.all(Array.from({ length: 5 }, () => apps.并发.chat('还在吗')))
  assert.deepEqual(five.map((r) => r.status), [200, 200, 200, 200, 200])
})

for (const name of ['令牌', '全天'])
  test(`a hundred at once: never more than 6,000 tokens a ${name === '令牌' ? 'minute' : 'day'}`, async () => {
    engine.always({ kind: 'plain', text: '一'.repeat(900), piece: 300, delay_ms: 5 })
    const all = await hundred((i) => apps[name].chat('高龄津贴多少', { max_tokens: 900, stream: i % 2 === 0 }))
    const good = all.filter((r) => r.status === 200)
    all.filter((r) => r.status !== 200).forEach(refusedTruly)
    assert.ok(good.length >= 1)
    const calls = await eventually(async () => {
      const got = await bookedFor(name)
      return got.length === 100 && got
    }, { every: 50 })
    const used = calls.reduce((n, c) => n + c.prompt_tokens + c.answer_tokens, 0)
    assert.ok(used <= 6000 && used >= 900, `${used} tokens`)
    assert.equal(calls.filter((c) => c.status === 200).length, good.length)
    for (const r of good) assert.ok(Number(r.headers['x-ratelimit-remaining-tokens']) >= 0)
    const never = await apps[name].chat('高龄津贴多少', { max_tokens: 7000 })
    assert.equal(never.status, 413, 'coming back would not help')
  })

test('two keys that begin alike are two keys', async () => {
  engine.always({ kind: 'plain', text: '好' })
  const secret = await addKey(server, '双胞胎', { scopes: 'embedding' })
  const twin = city.keys.应用.slice(0, -3) + (city.keys.应用.endsWith('AAA') ? 'BBB' : 'AAA')
  const sm3 = (s) => createHash('sm3').update(s).digest('hex')
  // no maker of keys makes such a pair: it is put into the database
  execFileSync('/usr/bin/python3', ['-c', `import sqlite3, sys
d = sqlite3.connect(sys.argv[1], timeout=20)
assert d.execute('UPDATE api_key SET key_hash = ? WHERE key_hash = ?', (sys.argv[2], sys.argv[3])).rowcount == 1
d.execute("UPDATE counter SET value = value + 1 WHERE name = 'api_key'")
d.commit()`, `${server.data}/tongban.db`, sm3(twin), sm3(secret)])
  const other = new App(server, twin)
  await eventually(async () => (await other.chat('x')).status === 403, { every: 50 })
  for (let i = 0; i < 20; i++) {
    const [a, b] = await Promise.all([apps.应用.chat('x'), other.chat('x')])
    assert.deepEqual([a.status, b.status], [200, 403])
  }
  assert.equal((await new App(server, city.keys.应用.slice(0, -3)).chat('x')).status, 401)
  other.close()
})

test('a key that is revoked ends its silent stream, its waiting call and its next one', async () => {
  const secret = await addKey(server, '将停用')
  const own = new App(server, secret)
  engine.always({ kind: 'plain', text: '好' })
  await eventually(async () => (await own.chat('在吗')).status === 200, { every: 50 })
  engine.always({ kind: 'plain', text: '一二三四五六七八九十'.repeat(500), piece: 1, delay_ms: 100 })
  const ended = []
  const asks = [own.stream('讲讲'), own.stream('讲讲', { n: 2 })].map((p) => p.then((r) => (ended.push(performance.now()), r)))
  await eventually(() => engine.open === 2)
  const done = await run(['key', 'revoke', '将停用', '--json'], { data: server.data, binary: plain })
  const at = performance.now()
  assert.equal(done.code, 0, done.stderr)
  for (const r of await Promise.all(asks)) {
    assert.equal(r.error.code, 'invalid_api_key')
    assert.ok(!r.done)
  }
  assert.ok(Math.max(...ended) - at < 1000, `${Math.max(...ended) - at} ms`)
  await eventually(() => engine.open === 0, { ms: 200 })
  assert.equal((await own.chat('在吗')).status, 401)
  own.close()
})

test('each call stands in the trail once, also one that got nowhere', async () => {
  const ids = {}
  const note = async (what, outcome, r) => {
    ids[r.headers['x-request-id']] = { what, outcome, status: r.status }
    assert.ok(r.headers['x-request-id'], what)
  }
  const a = apps.应用
  engine.always({ kind: 'plain', text: '好' })
  await note('whole', 'ok', await a.chat('在吗'))
  await note('stream', 'ok', await a.stream('在吗'))
  await note('models', 'ok', await a.get('/v1/models'))
  await note('no key', 'unauthorised', await new App(server, '').chat('在吗'))
  await note('wrong key', 'unauthorised', await new App(server, 'sk-tb-nobody').chat('在吗'))
  await note('scope', 'forbidden', await apps.只聊天.post('/v1/embeddings', { model: 'm', input: 'x' }))
  await note('model', 'forbidden', await apps.只聊天.chat('在吗', { model: 'm' }))
  await note('address', 'forbidden', await apps.别处.chat('在吗'))
  await note('no such model', 'not_found', await a.chat('在吗', { model: 'zzz' }))
  await note('bad JSON', 'invalid', await a.post('/v1/chat/completions', '{'))
  await note('logprobs', 'invalid', await a.chat('在吗', { logprobs: true }))
  await note('forbidden in', 'forbidden', await a.chat('讲讲黑曜石行动'))
  engine.always({ kind: 'plain', text: '讲讲黑曜石行动' })
  await note('forbidden out', 'forbidden', await a.stream('讲讲'))
  engine.always({ kind: 'reset', after: 2, text: '一二三四五六七八' })
  await note('broken off', 'upstream', await a.stream('讲讲'))
  engine.always({ kind: 'plain', text: '一二三四五六七八', delay_ms: 50 })
  await note('left', 'cancelled', await a.stream('讲讲', {}, { onData: () => 'leave' }))
  await note('limit', 'too_large', await apps.令牌.chat('x', { max_tokens: 7000 }))
  const wanted = Object.keys(ids)
  const { calls, trail } = await eventually(async () => {
    const got = await rows(server, { calls: 'SELECT request_id, outcome, status FROM model_call', trail: "SELECT request_id, outcome, detail FROM audit WHERE verb LIKE 'model.%'" })
    return wanted.every((id) => got.calls.some((c) => c.request_id === id)) && got
  }, { every: 50 })
  for (const id of wanted) {
    const mine = calls.filter((c) => c.request_id === id), row = trail.filter((t) => t.request_id === id)
    assert.equal(mine.length, 1, ids[id].what)
    assert.equal(row.length, 1, ids[id].what)
    assert.equal(mine[0].outcome, ids[id].outcome, ids[id].what)
    if (ids[id].what === 'left') assert.equal(mine[0].status, 499)
    else assert.equal(mine[0].status, ids[id].status, ids[id].what)
  }
  await trailHolds(server)
})

test('what is kept is what the key says; personal data stand nowhere in the clear', async () => {
  const asked = '13912340001', made = '13912340002'
  engine.script = (q) => ({ kind: 'plain', text: `您是 ${/〔手机号\d〕/.exec(q.prompt)?.[0]}，可打 ${made} 办`, piece: 1 })
  for (const [name, stream] of [['全文', true], ['全文', false], ['脱敏', true], ['脱敏', false], ['摘要', true], ['摘要', false]]) {
    const r = await apps[name].chat(`我的手机 ${asked}`, { stream })
    assert.ok(r.text.includes(stream ? '1' : asked))
    const row = await callOf(server, r.headers['x-request-id'])
    const hex = (v) => Buffer.from(v ?? '', /^[0-9a-f]*$/.test(v ?? '') ? 'hex' : 'utf8').toString('utf8')
    if (name === '脱敏') {
      assert.match(hex(row.prompt), /我的手机 〔手机号1〕/)
      assert.match(hex(row.answer), /您是 〔手机号1〕，可打 〔手机号\d〕 办/)
    }
    if (name === '摘要') assert.equal((row.prompt ?? '') + (row.answer ?? ''), '')
    if (name === '全文') assert.ok(row.prompt.length > 0 && row.answer.length > 0)
    assert.match(row.digest, /^[0-9a-f]{64}$/)
  }
  await eventually(async () => (await callsOf(server)).length > 0)
  const all = everythingOf(server)
  for (const number of [asked, made]) assert.equal(all.indexOf(number), -1, `${number} lies in the clear`)
})

test('an answer given again is kept as one that an engine gave', async () => {
  engine.always({ kind: 'plain', text: '每月一百元' })
  for (const stream of [false, true]) {
    const r = await apps.脱敏.chat('高龄津贴是多少', { temperature: 0, stream })
    assert.equal(r.status, 200, r.text)
    const row = await callOf(server, r.headers['x-request-id'])
    assert.match(row.answer, /^(每月一百元|e6af8fe69c88e4b880e799bee58583)$/)
    assert.match(Buffer.from(row.prompt, /^[0-9a-f]+$/.test(row.prompt) ? 'hex' : 'utf8').toString(), /高龄津贴是多少/)
  }
  assert.equal(engine.requests.length, 1, 'the second was given again')
})

test('no secret of a key stands anywhere', async () => {
  await raw(server, `GET /v1/models HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${city.keys.应用}\r\nConnection: close\r\n\r\n`)
  const all = everythingOf(server)
  for (const secret of Object.values(city.keys)) assert.equal(all.indexOf(secret.slice(0, 20)), -1)
})
