// Ten thousand calls through three engines that fail at random, by a script that can be had again:
// each caller gets a right answer or a clear error, and the books agree with what the engines say
// they did. Then the store, the file of engines and the server itself go wrong under load.
//   TONGBAN_CHAOS=500 TONGBAN_SEED=7 node --test test/server/gateway_chaos.test.mjs
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { usageOf } from '../engine/shapes.mjs'
import { App, argumentsOf, callsOf, holdDatabase, modelsYaml, rows, textOf, trailHolds, useOf, withGateway } from './gateway.mjs'
import { eventually, plain, program, run } from './lib.mjs'

const CALLS = Number(process.env.TONGBAN_CHAOS ?? 10000)
const SIDE_BY_SIDE = 64
const seed = Number(process.env.TONGBAN_SEED ?? Date.now() % 1e6)

// The same for the same seed and numbers, whatever comes first.
function drawn(...of) {
  let h = seed >>> 0
  for (const n of of) h = Math.imul(h ^ (n + 0x9e3779b9), 0x85ebca6b) ^ (h >>> 13)
  h = Math.imul(h ^ (h >>> 16), 0xc2b2ae35)
  return ((h ^ (h >>> 15)) >>> 0) / 2 ** 32
}

// ---- what call number n asks, and what its right answer is ----

const PHONE = (n) => `139${String(10000000 + n)}`
const styleOf = (n) => ({
  stream: drawn(n, 1) < 0.7, counted: drawn(n, 2) < 0.4, personal: drawn(n, 3) < 0.2, leaves: drawn(n, 4) < 0.02,
  mode: drawn(n, 5) < 0.1 ? 'reasoning' : drawn(n, 5) < 0.2 ? 'tools' : drawn(n, 5) < 0.25 ? 'two' : drawn(n, 5) < 0.3 ? 'completions' : 'plain',
})
const promptOf = (n) => `第${n}号：${styleOf(n).personal ? `我的手机是${PHONE(n)}，` : ''}高龄津贴多少`
const answerTo = (n, prompt) => `答${n}：${prompt}。${'每月一百元，👵 80岁起 café。'.repeat(1 + Math.floor(drawn(n, 6) * 4))}完${n}`

// ---- what an engine does with it at the given try ----

const GOOD = [['plain', 40], ['split', 4], ['packed', 6], ['crlf', 4], ['slow', 4], ['last', 6], ['no [DONE]', 4]]
const BAD = [['drop', 1], ['status 500', 1], ['status 429', 0.3], ['status 503', 0.3], ['html', 0.5], ['reset at once', 1], ['reset', 1.2], ['cut at once', 0.6], ['cut', 1.2],
  ['stall at once', 0.2], ['stall', 0.2], ['garbage', 0.8], ['error', 0.8], ['flood', 0.05], ['hang', 0.1], ['die', 0.05]]
const draw = (list, x) => {
  let left = x * list.reduce((n, [, weight]) => n + weight, 0)
  return list.find(([, weight]) => (left -= weight) < 0)?.[0] ?? list[0][0]
}
function behaviour(n, attempt, prompt) {
  const { mode } = styleOf(n)
  const text = answerTo(n, prompt)
  const piece = 1 + Math.floor(drawn(n, attempt, 7) * 9)
  const what = draw([...GOOD, ...BAD], drawn(n, attempt, 8))
  const speak = mode === 'reasoning' ? { kind: 'reasoning', reasoning: text, text } : mode === 'tools' ? { kind: 'tools', text, calls: [{ name: 'f', arguments: { text } }] }
    : mode === 'two' ? { kind: 'plain', text, texts: [text, `另${text}`] } : { kind: 'plain', text }
  const after = 1 + Math.floor(drawn(n, attempt, 9) * 10)
  const [kind, when] = what.split(' ')
  if (['reset', 'cut', 'stall'].includes(kind)) return { what, kind, text, piece, after: when ? 0 : after }
  if (['garbage', 'error'].includes(kind)) return { what, kind, text, piece, after }
  if (kind === 'status') return { what, kind, status: Number(when), retry_after: when === '500' ? undefined : 1 }
  if (kind === 'die') return { what, kind, text, after: 2 }
  if (kind === 'flood') return { what, kind, bytes: 8 << 20 }
  if (['drop', 'html', 'hang'].includes(kind)) return { what, kind }
  if (mode !== 'plain' && mode !== 'completions') return { what: 'plain', ...speak, piece }
  return { what, text, piece, ...({ crlf: { kind: 'split', crlf: true }, last: { kind: 'plain', usage: 'last' }, no: { kind: 'plain', done: false },
    slow: { kind: 'slow', first_ms: 30 } }[kind] ?? { kind }) }
}

// Every engine writes down what it was asked and what it said of it.
function scripted(engines, ledger) {
  const attempts = new Map()
  for (const [i, engine] of engines.entries())
    engine.script = (q) => {
      const n = Number(/第(\d+)号/.exec(q.prompt)[1])
      const attempt = (attempts.get(n) ?? 0) + 1
      attempts.set(n, attempt)
      const b = behaviour(n, attempt, q.prompt)
      const id = q.headers['x-request-id']
      ledger.set(id, [...(ledger.get(id) ?? []), { engine: `e${i + 1}`, what: b.what, usage: usageOf(q, b.text ?? ''), personal: q.prompt.includes(PHONE(n)) }])
      if (b.kind === 'die') setTimeout(() => engine.revive().catch(() => {}), 300)
      return b
    }
}

// ---- what each caller saw ----

async function ask(app, n) {
  const style = styleOf(n)
  const completions = style.mode === 'completions'
  const body = { model: 'm', ...(style.stream && { stream: true }), ...(style.stream && style.counted && { stream_options: { include_usage: true } }), ...(style.mode === 'two' && { n: 2 }),
    ...(completions ? { prompt: promptOf(n) } : { messages: [{ role: 'user', content: promptOf(n) }] }) }
  const r = await app.post(completions ? '/v1/completions' : '/v1/chat/completions', body, style.leaves && style.stream ? { onData: () => 'leave' } : {})
  return { n, style, r, right: answerTo(n, promptOf(n)) }
}

const inOrder = (said, right) => assert.ok(right.startsWith(said), `${JSON.stringify(said)} is no beginning of ${JSON.stringify(right)}`)

// 'ok', 'left' or 'error'; fails when it is neither right nor clear.
function judged({ n, style, r, right }) {
  const whole = style.mode === 'two' ? [right, `另${right}`] : [right]
  if (r.status !== 200) {
    assert.ok([429, 502, 503, 504].includes(r.status), `${n}: ${r.status} ${r.text}`)
    assert.match(r.json.error.message, /[\u4e00-\u9fff]/)
    if (r.status === 503 || r.status === 429) assert.ok(Number(r.headers['retry-after']) >= 1)
    return 'error'
  }
  if (!style.stream) {
    const said = r.json.choices
    assert.deepEqual(said.map((c) => (c.message ? c.message.content : c.text)), whole, `${n}`)
    if (style.mode === 'reasoning') assert.equal(said[0].message.reasoning_content, right)
    if (style.mode === 'tools') assert.equal(JSON.parse(said[0].message.tool_calls[0].function.arguments).text, right)
    return 'ok'
  }
  if (style.leaves) return 'left'
  const said = whole.map((_, i) => textOf(r.events, 'content', i))
  const thought = style.mode === 'reasoning' ? textOf(r.events, 'reasoning_content') : right
  const given = style.mode === 'tools' ? argumentsOf(r.events) : ''
  assert.equal(r.after, 0, 'nothing after [DONE]')
  if (r.done) {
    assert.ok(r.whole && !r.error, r.text)
    assert.deepEqual(said, whole, `${n}`)
    assert.equal(thought, right)
    if (style.mode === 'tools') assert.equal(JSON.parse(given).text, right)
    assert.equal(r.events.filter((e) => e.usage).length, style.counted ? 1 : 0)
    assert.equal(r.events.flatMap((e) => e.choices).filter((c) => c.finish_reason).length, whole.length)
    return 'ok'
  }
  assert.match(r.error.message, /[\u4e00-\u9fff]/, r.text)
  assert.ok(!r.whole && r.events.at(-1).error, 'the error comes last')
  for (const s of said) inOrder(s, right) // an engine that breaks off says the same in each choice
  if (style.mode === 'reasoning') inOrder(thought, right)
  if (style.mode === 'tools') inOrder(given, JSON.stringify({ text: right }))
  return 'error'
}

async function onslaught(app, count) {
  const seen = []
  let next = 0
  const one = async () => {
    while (next < count) seen.push(await ask(app, next++))
  }
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, one))
  return seen
}

async function booksAgree(server, seen, outcomes, ledger) {
  const calls = new Map((await eventually(async () => {
    const all = await callsOf(server)
    return all.length >= seen.length && all
  }, { every: 200 })).map((c) => [c.request_id, c]))
  const { doubled, trail } = await rows(server, { doubled: 'SELECT request_id FROM model_call GROUP BY 1 HAVING count(*) > 1', trail: "SELECT count(*) AS n, count(DISTINCT request_id) AS ids FROM audit WHERE verb LIKE 'model.%'" })
  assert.deepEqual(doubled, [])
  assert.deepEqual(trail[0], { n: seen.length, ids: seen.length })
  const sum = { requests: 0, prompt: 0, answer: 0, errors: 0 }
  for (const [i, one] of seen.entries()) {
    const id = one.r.headers['x-request-id']
    const row = calls.get(id), said = ledger.get(id) ?? []
    assert.ok(row, `${one.n} is in the books`)
    if (said.length) assert.ok(row.figures.tries > 0, `${one.n}`)
    else if (row.figures.tries > 0) assert.equal(outcomes[i], 'error', `${one.n}: tried only on an engine that was dead, and heard nothing`)
    if (outcomes[i] === 'ok') {
      const { usage } = said.filter((l) => l.engine === row.engine).at(-1) // a try given up may have reached its engine after it
      assert.equal(row.outcome, 'ok', `${one.n} ${JSON.stringify(said.map((l) => l.what))} ${row.figures.tries} ${one.r.text.slice(-300)}`)
      assert.deepEqual([row.figures.prompt_tokens, row.figures.answer_tokens], [usage.prompt_tokens, usage.completion_tokens], `${one.n} ${said.at(-1).what}`)
    }
    if (outcomes[i] === 'error') assert.notEqual(row.outcome, 'ok')
    sum.requests += 1
    sum.prompt += row.figures.prompt_tokens ?? 0
    sum.answer += row.figures.answer_tokens ?? 0
  }
  const use = await useOf(server)
  const total = (k) => use.reduce((n, u) => n + u[k], 0)
  assert.deepEqual([total('requests'), total('prompt'), total('answer')], [sum.requests, sum.prompt, sum.answer])
  const told = JSON.parse((await run(['use', '--by', 'key', '--json'], { data: server.data, binary: plain })).stdout).total
  assert.deepEqual([told.requests, told.prompt_tokens, told.answer_tokens], [sum.requests, sum.prompt, sum.answer])
}

const builds = [[plain, CALLS], ...(program !== plain ? [[program, Math.ceil(CALLS / 10)]] : [])]
describe(`engines that fail at random (TONGBAN_SEED=${seed})`, () => {
  for (const [binary, count] of builds)
    test(`${count} calls, ${binary === plain ? 'the plain build' : 'under the sanitizers'}`, (t) =>
      withGateway({ binary, engines: [{}, {}, {}].map(() => ({ first_word: 2, total: 30 })) }, async ({ server, engines, app }) => {
        const ledger = new Map()
        scripted(engines, ledger)
        const began = performance.now()
        const seen = await onslaught(app, count)
        const seconds = (performance.now() - began) / 1000
        const outcomes = seen.map(judged)
        const n = (what) => outcomes.filter((o) => o === what).length
        t.diagnostic(`${n('ok')} right, ${n('error')} clear errors, ${n('left')} left; ${seconds.toFixed(1)} s`)
        assert.ok(n('ok') > count / 2, `${n('ok')} of ${count} were answered`) // engines that rest turn callers away: a clear error too
        assert.ok([...ledger.values()].flat().every((l) => !l.personal), 'no engine saw a number')
        await booksAgree(server, seen, outcomes, ledger)
        await trailHolds(server)
        await eventually(() => engines.every((e) => e.open === 0))
      }))
})

// ---- what else goes wrong under load ----

const TEXT = '高龄津贴每月一百元。'
const two = [{ models: '[m, one]', first_word: 30 }, { models: '[m, two]', first_word: 30 }]
const rewrite = (share, text) => fs.writeFileSync(path.join(share, 'models.yaml'), text)

// Asks without end until told to stop; what was answered whole, and every status.
function load(app, side, ask) {
  const over = { now: false }
  const got = { good: [], statuses: new Set() }
  const one = async () => {
    while (!over.now) {
      const r = await ask(app).catch(() => null)
      if (!r) return // its connection went with the server
      got.statuses.add(r.status)
      if (r.status === 200 && (r.done || r.json)) got.good.push(r.headers['x-request-id'])
    }
  }
  const all = Promise.all(Array.from({ length: side }, one))
  return { ...got, stop: () => ((over.now = true), all) }
}
const inBooksOnce = async (server, ids) => {
  const { calls, trail } = await rows(server, { calls: 'SELECT request_id AS id, count(*) AS n FROM model_call GROUP BY 1', trail: "SELECT request_id AS id, count(*) AS n FROM audit WHERE verb LIKE 'model.%' GROUP BY 1" })
  const n = (list) => new Map(list.map((r) => [r.id, r.n]))
  const [a, b] = [n(calls), n(trail)]
  return ids.every((id) => a.get(id) === 1 && b.get(id) === 1)
}

test('models.yaml with a mistake is refused with file and line, the old one stays; a good one takes over and drops no stream', () =>
  withGateway({ engines: two }, async ({ server, engines, app, share }) => {
    const [one, other] = engines
    one.always({ kind: 'plain', text: TEXT.repeat(30), piece: 1, delay_ms: 10 })
    other.always({ kind: 'plain', text: '另一个' })
    const stream = app.stream('讲讲', { model: 'one' })
    await eventually(() => one.open === 1)
    const good = fs.readFileSync(path.join(share, 'models.yaml'), 'utf8')
    for (const [bad, line] of [[good.replace('first_word: 30', 'frist_word: 30'), 5], [good.replace('url: http', 'url: ftp'), 3], ['engines:\n  - name: [', 2]]) {
      const had = server.lines('engines_reload').length
      rewrite(share, bad)
      const said = await eventually(() => server.lines('engines_reload').slice(had).find((l) => /code=invalid/.test(l.msg)))
      assert.match(said.msg, /models\.yaml/, said.msg)
      assert.match(said.msg, new RegExp(`\\b${line}\\b`), said.msg)
      assert.equal((await app.chat('在吗', { model: 'two' })).status, 200, 'the old one stays')
    }
    const had = server.lines('engines_reload').length
    rewrite(share, modelsYaml([{ engine: other, name: 'e2', models: '[m, two, three]' }]))
    await eventually(() => server.lines('engines_reload').slice(had).some((l) => /code=ok/.test(l.msg)))
    assert.equal((await app.chat('在吗', { model: 'three' })).status, 200)
    assert.equal((await app.chat('在吗', { model: 'one' })).status, 404)
    const s = await stream
    assert.equal(textOf(s.events), TEXT.repeat(30))
    assert.ok(s.done)
  }))

test('while the database is locked: running streams end well, new calls get 503, never 401; then all goes on by itself', () =>
  withGateway({ engines: two, keys: { 应用: { keeping: 'full' } } }, async ({ server, engines, app }) => {
    for (const e of engines) e.always({ kind: 'plain', text: TEXT, piece: 1, delay_ms: 5 })
    const running = load(app, 16, (a) => a.stream('讲讲'))
    await eventually(() => running.good.length > 50)
    const release = await holdDatabase(server)
    const refused = await eventually(async () => {
      const r = await app.chat('在吗')
      return r.status !== 200 && r
    }, { every: 20 })
    assert.equal(refused.status, 503)
    assert.ok(Number(refused.headers['retry-after']) >= 1)
    assert.match(refused.json.error.message, /数据库/)
    assert.equal((await new App(server, 'sk-tb-nobody').chat('在吗')).status, 503, 'who is not known yet is not turned away for good')
    await release()
    await eventually(async () => (await app.chat('在吗')).status === 200, { every: 50 })
    const had = running.good.length
    await eventually(() => running.good.length > had + 20)
    await running.stop()
    assert.deepEqual([...running.statuses].sort(), [200, 503])
    await eventually(() => inBooksOnce(server, running.good), { every: 200 })
    await trailHolds(server)
  }))

test('killed in the middle of the load, three times: who was answered stands in the books, once', () =>
  withGateway({ engines: two, binary: plain, keys: { 应用: { keeping: 'full' } } }, async ({ server, engines, keys }) => {
    for (const e of engines) e.always({ kind: 'plain', text: TEXT, piece: 3 })
    const good = []
    for (let round = 0; round < 3; round++) {
      const app = new App(server, keys.应用)
      const running = load(app, 32, (a) => a.chat(`讲讲第${round}次`, { stream: Math.random() < 0.5 }))
      await eventually(() => running.good.length > 300)
      await server.kill()
      await running.stop()
      app.close()
      good.push(...running.good)
      await server.restart()
      assert.ok(await inBooksOnce(server, good), `after ${round + 1} kills`)
    }
    const [calls, use] = [await callsOf(server), await useOf(server)]
    for (const [of, figure] of [['prompt', 'prompt_tokens'], ['answer', 'answer_tokens']])
      assert.equal(use.reduce((n, u) => n + u[of], 0), calls.reduce((n, c) => n + (c.figures[figure] ?? 0), 0))
    await trailHolds(server)
  }))
