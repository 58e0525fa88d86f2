// The OpenAI API for applications: what an engine says, however it says it, reaches the caller whole
// and right, or a clear error does. Connections, bodies and errors as the API has them.
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { App, addKey, argumentsOf, callOf, callsOf, framesOf, startGateway, textOf } from './gateway.mjs'
import { eventually, raw } from './lib.mjs'
import net from 'node:net'

const TEXT = '高龄津贴每月一百元。80岁起，👵 凭 ID card 办理；café 也行。'

const rows = [{ models: '[m, one]', first_word: 1 }, { models: '[m, two]', first_word: 1 }]
let city, server, one, two, app
before(async () => {
  city = await startGateway({ engines: rows, keys: { app: {} } })
  server = city.server
  ;[one, two] = city.engines
  app = new App(server, city.keys.app)
})
after(async () => {
  app?.close()
  await city?.close()
})
beforeEach(() => {
  one.reset()
  two.reset()
})

// Both engines do the same: which of them is asked is the pool's affair.
const bothDo = (b) => {
  one.always(b)
  two.always(b)
}
// Whoever is asked first does this, and the other one that.
const firstDoes = (b, then = { kind: 'plain', text: TEXT }) => {
  let asked = 0
  one.script = two.script = () => (asked++ ? then : b)
}
const asked = () => one.requests.length + two.requests.length

// An engine that failed is asked last, or rests, until it has answered: the next test wants both.
const wellAgain = async () => {
  bothDo({ kind: 'plain', text: '好' })
  for (const model of ['one', 'two']) await eventually(async () => (await app.chat('还在吗', { model })).status === 200, { every: 100 })
  one.reset()
  two.reset()
}

describe('an answer comes whole', () => {
  for (const [what, b] of [
    ['in small pieces', { kind: 'plain', text: TEXT, piece: 1 }],
    ['in one event', { kind: 'plain', text: TEXT, piece: 1000 }],
    ['byte by byte, inside characters and inside data:', { kind: 'split', text: TEXT }],
    ['byte by byte with CRLF', { kind: 'split', text: TEXT, crlf: true }],
    ['all events in one packet', { kind: 'packed', text: TEXT }],
    ['all events in one packet with CRLF', { kind: 'packed', text: TEXT, crlf: true }],
    ['a character over two events', { kind: 'half', text: '高龄津贴，每月一百元' }],
    ['without [DONE]', { kind: 'plain', text: TEXT, done: false }],
    ['with usage in the last chunk', { kind: 'plain', text: TEXT, usage: 'last' }],
    ['without usage', { kind: 'plain', text: TEXT, usage: false }],
    ['that says nothing', { kind: 'empty', text: '' }],
    ['cut off by its length', { kind: 'plain', text: TEXT, finish: 'length' }],
    ['for a reason of its own', { kind: 'finish', text: TEXT }],
    ['after thinking in the content', { kind: 'think', text: TEXT, reasoning: '先看依据' }],
  ])
    test(`${what}, streamed and not`, async () => {
      bothDo(b)
      const right = b.kind === 'think' ? `<think>先看依据</think>\n\n${TEXT}` : b.text
      const finish = b.finish ?? (b.kind === 'finish' ? 'tired' : 'stop')
      const s = await app.stream('高龄津贴多少')
      assert.equal(s.status, 200, s.text)
      assert.match(s.headers['content-type'], /^text\/event-stream/)
      assert.equal(textOf(s.events), right)
      assert.ok(s.whole && s.done && !s.error && s.after === 0)
      assert.deepEqual(s.events.flatMap((e) => e.choices.map((c) => c.finish_reason)).filter(Boolean), [finish])
      assert.ok(!s.text.includes('"usage":{'), 'nobody asked for usage')
      const u = await app.stream('高龄津贴多少', { stream_options: { include_usage: true } })
      assert.equal(textOf(u.events), right)
      if (b.usage !== false) {
        const counted = u.events.filter((e) => e.usage)
        assert.equal(counted.length, 1)
        assert.equal(counted[0].usage.completion_tokens, [...right].length)
      }
      const w = await app.chat('高龄津贴多少')
      assert.equal(w.status, b.kind === 'half' ? 502 : 200, w.text)
      if (b.kind === 'half') return wellAgain()
      assert.equal(w.json.choices[0].message.content, right)
      assert.equal(w.json.choices[0].finish_reason, finish)
    })

  test('reasoning, tools with streamed arguments, several choices', async () => {
    for (const field of ['reasoning_content', 'reasoning']) {
      bothDo({ kind: 'reasoning', field, text: TEXT, reasoning: '先看第三条，再看第五条', piece: 1 })
      const s = await app.stream('高龄津贴多少')
      assert.equal(textOf(s.events, field), '先看第三条，再看第五条')
      assert.equal(textOf(s.events), TEXT)
      assert.equal((await app.chat('高龄津贴多少')).json.choices[0].message[field], '先看第三条，再看第五条')
    }
    const calls = [{ name: 'look_up', arguments: { 事项: '高龄津贴', 年: 2026 } }, { name: 'office', arguments: '{"区":"东湖\\n\\"新区\\""}' }]
    for (const piece of [1, 2, 3, 1000]) {
      bothDo({ kind: 'tools', calls, piece, reasoning: '先查', text: '查一下' })
      const s = await app.stream('高龄津贴多少', { tools: [{ type: 'function', function: { name: 'look_up', parameters: {} } }] })
      assert.equal(argumentsOf(s.events, 0), JSON.stringify(calls[0].arguments))
      assert.equal(argumentsOf(s.events, 1), calls[1].arguments)
      assert.equal(textOf(s.events), '查一下')
      assert.ok(s.done && s.events.some((e) => e.choices[0]?.finish_reason === 'tool_calls'))
      assert.deepEqual(s.events.flatMap((e) => e.choices[0]?.delta?.tool_calls ?? []).filter((t) => t.id).map((t) => [t.index, t.id, t.function.name]),
        [[0, 'call_1', 'look_up'], [1, 'call_2', 'office']])
    }
    const w = (await app.chat('高龄津贴多少')).json.choices[0]
    assert.deepEqual(w.message.tool_calls.map((t) => t.function.arguments), [JSON.stringify(calls[0].arguments), calls[1].arguments])
    bothDo({ kind: 'plain', texts: ['甲说一百元', '乙说两百元整', '丙'], piece: 1 })
    const n = await app.stream('高龄津贴多少', { n: 3 })
    assert.deepEqual([0, 1, 2].map((i) => textOf(n.events, 'content', i)), ['甲说一百元', '乙说两百元整', '丙'])
    assert.deepEqual((await app.chat('高龄津贴多少', { n: 3 })).json.choices.map((c) => c.message.content), ['甲说一百元', '乙说两百元整', '丙'])
  })

  test('many tool calls in many choices', async () => {
    const calls = Array.from({ length: 40 }, (_, i) => ({ name: `f${i}`, arguments: { i } }))
    const choice = (index) => ({ index, finish_reason: 'tool_calls', message: { role: 'assistant', content: '查', reasoning_content: '想', tool_calls: calls.map((c, i) => ({ id: `c${i}`, type: 'function', function: { name: c.name, arguments: JSON.stringify(c.arguments) } })) } })
    bothDo({ kind: 'raw', type: 'application/json', chunks: [JSON.stringify({ choices: [choice(0), choice(1), choice(2)] })] })
    const w = await app.chat('高龄津贴多少', { n: 3 })
    assert.deepEqual(w.json.choices, [choice(0), choice(1), choice(2)], w.text)
    bothDo({ kind: 'tools', calls: [...calls, ...calls], piece: 3 })
    const s = await app.stream('高龄津贴多少')
    assert.ok(s.done, s.text.slice(-300))
    for (let i = 0; i < 80; i++) assert.equal(argumentsOf(s.events, i), JSON.stringify({ i: i % 40 }))
  })

  test('an end that no [DONE] follows, because the engine breaks off or falls silent', async () => {
    for (const then of ['reset', 'stall', 'end']) {
      bothDo({ kind: 'raw', then, delay_ms: 20, chunks: [`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: TEXT }, finish_reason: 'stop' }], usage: { prompt_tokens: 5, completion_tokens: 9 } })}\n\n`] })
      const s = await app.stream('高龄津贴多少')
      assert.equal(textOf(s.events), TEXT)
      assert.ok(s.done && s.whole && !s.error, `${then}: ${s.text}`)
    }
  })

  test('the old completions API', async () => {
    bothDo({ kind: 'plain', text: TEXT, piece: 1 })
    const s = await app.post('/v1/completions', { model: 'm', prompt: '高龄津贴', stream: true })
    assert.equal(textOf(s.events), TEXT)
    assert.ok(s.done)
    assert.equal((await app.post('/v1/completions', { model: 'm', prompt: '高龄津贴' })).json.choices[0].text, TEXT)
  })

  test('what the caller sends reaches the engine but for what the gateway must change', async () => {
    bothDo({ kind: 'plain', text: '好' })
    const body = { temperature: 0.25, seed: 7, stop: ['完'], response_format: { type: 'json_object' }, user: 'u1', metadata: { a: 1 }, max_tokens: 12345678901234, 自有: { 深: [1.5e300, 'x', null] } }
    const r = await app.chat([{ type: 'text', text: '这是什么' }, { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } }], { ...body, max_tokens: 77 })
    assert.equal(r.status, 200, r.text)
    const got = [...one.requests, ...two.requests].at(-1)
    for (const k of Object.keys(body)) assert.deepEqual(got.body[k], k === 'max_tokens' ? 77 : body[k], k)
    assert.equal(got.messages[0].content[1].image_url.url, 'data:image/png;base64,AA==')
    assert.ok(!JSON.stringify(got.headers).includes(city.keys.app.slice(6)), 'the key stays here')
    assert.match(got.headers.traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    assert.equal(got.headers['x-request-id'], r.headers['x-request-id'])
  })
})

describe('an engine that fails before the first word is replaced by another', () => {
  for (const b of [{ kind: 'drop' }, { kind: 'status', status: 500 }, { kind: 'status', status: 429, retry_after: 1 }, { kind: 'status', status: 503, retry_after: 1 },
    { kind: 'html' }, { kind: 'reset', after: 0 }, { kind: 'cut', after: 0 }, { kind: 'stall', after: 0 }, { kind: 'garbage', after: 0 },
    { kind: 'error', after: 0 }, { kind: 'flood', bytes: 8 << 20 }, { kind: 'redirect', location: 'http://127.0.0.1:1/' },
    { kind: 'raw', chunks: ['data: \ud800{"choices":1}\n\n'] }, { kind: 'raw', chunks: ['data: []\n\n', 'data: [DONE]\n\n'] }])
    test(`${JSON.stringify(b).slice(0, 60)}, streamed and not`, async () => {
      for (const stream of [true, false]) {
        firstDoes(b)
        const before = asked()
        const s = await app.chat('高龄津贴多少', { stream })
        assert.equal(s.status, 200, s.text)
        assert.equal(stream ? textOf(s.events) : s.json.choices[0].message.content, TEXT)
        if (stream) assert.ok(s.done && !s.error)
        assert.equal(asked() - before, 2)
        const row = await callOf(server, s.headers['x-request-id'])
        assert.equal(row.outcome, 'ok')
        if (b.kind !== 'drop') assert.equal(row.figures.tries, 2) // a kept connection that has gone is made anew
        await wellAgain()
      }
    })

  test('when all fail, a clear error in the shape of the API', async () => {
    for (const [b, status, type] of [[{ kind: 'status', status: 500 }, 502, 'server_error'], [{ kind: 'status', status: 503, retry_after: 7 }, 503, 'server_error'],
      [{ kind: 'status', status: 400 }, 400, 'invalid_request_error']]) {
      bothDo(b)
      const r = await app.stream('高龄津贴多少')
      assert.equal(r.status, status, r.text)
      assert.equal(r.json.error.type, type)
      assert.match(r.json.error.message, /[\u4e00-\u9fff]/)
      assert.equal(typeof r.json.error.code, 'string')
      assert.equal(r.json.error.param, null)
      if (status === 503) assert.ok(Number(r.headers['retry-after']) >= 1 && Number(r.headers['retry-after']) <= 8, r.headers['retry-after'])
      await wellAgain()
    }
  })

  test('a request that the engine refuses is not asked again', async () => {
    bothDo({ kind: 'status', status: 422 })
    assert.equal((await app.chat('高龄津贴多少')).status, 400)
    assert.equal(asked(), 1)
  })
})

describe('an engine that fails in mid-answer is never replaced', () => {
  for (const b of [{ kind: 'reset', after: 3 }, { kind: 'cut', after: 3 }, { kind: 'stall', after: 3 }, { kind: 'garbage', after: 3 }, { kind: 'error', after: 3 }])
    test(`${b.kind}: what came, an error frame, no stop`, async () => {
      firstDoes({ ...b, text: TEXT })
      const s = await app.stream('高龄津贴多少')
      assert.equal(s.status, 200)
      assert.equal(textOf(s.events), [...TEXT].slice(0, 6).join(''))
      assert.ok(!s.done && !s.whole, 'no [DONE], no last chunk')
      assert.ok(s.events.every((e) => !(e.choices ?? []).some((c) => c.finish_reason)), 'no stop')
      assert.equal(s.error.type, 'server_error')
      assert.equal(s.events.at(-1).error, s.error)
      assert.equal(asked(), 1)
      assert.equal((await callOf(server, s.headers['x-request-id'])).outcome, b.kind === 'stall' ? 'timeout' : 'upstream')
      await wellAgain()
    })

  test('an end inside a character is no end', async () => {
    const half = Buffer.concat([Buffer.from('data: {"choices":[{"index":0,"delta":{"content":"高龄津贴'), Buffer.from('贴').subarray(0, 2), Buffer.from('"},"finish_reason":"stop"}]}\n\n')])
    bothDo({ kind: 'raw', chunks: [`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: '每月' }, finish_reason: null }] })}\n\n`, half] })
    const s = await app.stream('高龄津贴多少')
    assert.ok(s.error && !s.done && s.events.every((e) => !(e.choices ?? []).some((c) => c.finish_reason)), s.text)
    await wellAgain()
  })

  test('one of two choices ends, then the engine breaks off: no whole answer', async () => {
    const delta = (index, content, finish_reason = null) => `data: ${JSON.stringify({ object: 'chat.completion.chunk', choices: [{ index, delta: content ? { content } : {}, finish_reason }] })}\n\n`
    for (const then of ['end', 'reset']) {
      firstDoes({ kind: 'raw', then, delay_ms: 5, chunks: [delta(0, '甲说'), delta(1, '乙说'), delta(0, '', 'stop'), delta(1, '两百')] })
      const s = await app.stream('高龄津贴多少', { n: 2 })
      assert.ok(!s.done && s.error, `${then}: ${s.text}`)
      await wellAgain()
    }
  })
})

test('a line of 100 MB without an end takes no 100 MB', async () => {
  bothDo({ kind: 'flood' })
  const before = server.residentKb()
  for (const stream of [true, false]) {
    const r = await app.chat('高龄津贴多少', { stream })
    assert.equal(r.status, 502, r.text)
  }
  assert.ok(one.flooded + two.flooded < 200 << 20)
  assert.ok(server.residentKb() - before < 160 * 1024, `${server.residentKb() - before} kB more`)
  await wellAgain()
})

test('a caller who leaves cancels the engine within 100 ms', async () => {
  for (const [b, stream] of [[{ kind: 'plain', text: TEXT.repeat(20), delay_ms: 20 }, true], [{ kind: 'stall', after: 2, text: TEXT }, true], [{ kind: 'hang' }, true], [{ kind: 'hang' }, false]]) {
    bothDo(b)
    const before = asked()
    const request = app.chat('高龄津贴多少', { stream }, { onData: () => 'leave' }).catch(() => {})
    let leftAt
    if (b.kind === 'hang') {
      await eventually(() => asked() > before)
      const own = new App(server, city.keys.app) // its connection is broken without a word read
      await eventually(() => one.open + two.open === 1)
      own.close()
      leftAt = Date.now()
      app.agent.destroy()
    } else {
      await request
      leftAt = Date.now()
    }
    await eventually(() => one.open + two.open === 0)
    const q = [...one.requests, ...two.requests].sort((x, y) => x.at - y.at).at(-1)
    assert.ok(q.cancelled && q.closed_at - leftAt <= 100, `${b.kind}: ${q.closed_at - leftAt} ms`)
    await request
    one.requests.length = two.requests.length = 0
  }
  const row = (await eventually(async () => (await callsOf(server)).filter((c) => c.status === 499).length >= 4 && callsOf(server), { every: 50 })).at(-1)
  assert.equal(row.outcome, 'cancelled')
})

// Sends a chat on a socket of its own and reads nothing of the answer.
async function silent(body) {
  const s = net.connect(server.port, '127.0.0.1')
  s.on('error', () => {})
  s.pause()
  s.write(`POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${city.keys.app}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  return s
}

test('a caller who does not read is given up before it fills the memory', async () => {
  bothDo({ kind: 'plain', text: '字'.repeat(200000), piece: 1 })
  const s = await silent(JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'x' }] }))
  await eventually(() => asked() === 1)
  const q = [...one.requests, ...two.requests][0]
  await eventually(() => q.closed_at, { ms: 30000 })
  assert.ok(q.cancelled, 'the whole answer went into memory')
  s.destroy()
})

describe('connections', () => {
  const auth = () => `Authorization: Bearer ${city.keys.app}\r\nHost: localhost\r\nContent-Type: application/json\r\n`
  const body = (more = {}) => JSON.stringify({ model: 'm', messages: [{ role: 'user', content: '高龄津贴多少' }], ...more })
  const post = (text, { version = '1.1', more = '' } = {}) =>
    `POST /v1/chat/completions HTTP/${version}\r\n${auth()}${more}Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${Buffer.from(text).toString('latin1')}`
  const utf8 = (latin) => Buffer.from(latin, 'latin1').toString('utf8')

  test('HTTP/1.0 gets no chunks and a close', async () => {
    bothDo({ kind: 'plain', text: TEXT })
    const s = utf8(await raw(server, post(body({ stream: true }), { version: '1.0' })))
    const [head, rest] = [s.slice(0, s.indexOf('\r\n\r\n')), s.slice(s.indexOf('\r\n\r\n') + 4)]
    assert.ok(!/transfer-encoding/i.test(head), head)
    const f = framesOf(rest)
    assert.equal(textOf(f.events), TEXT)
    assert.ok(f.done)
    const w = utf8(await raw(server, post(body(), { version: '1.0' })))
    assert.equal(JSON.parse(w.slice(w.indexOf('\r\n\r\n') + 4)).choices[0].message.content, TEXT)
    firstDoes({ kind: 'reset', after: 3, text: TEXT })
    const broken = utf8(await raw(server, post(body({ stream: true }), { version: '1.0' })))
    const g = framesOf(broken.slice(broken.indexOf('\r\n\r\n') + 4))
    assert.ok(g.error && !g.done)
    await wellAgain()
  })

  test('a body in chunks, however they are cut', async () => {
    bothDo({ kind: 'plain', text: TEXT })
    for (const size of [1, 7, 1000]) {
      const bytes = Buffer.from(body())
      const parts = []
      for (let at = 0; at < bytes.length; at += size) {
        const part = bytes.subarray(at, at + size)
        parts.push(`${part.length.toString(16)};x=y\r\n${part.toString('latin1')}\r\n`)
      }
      const r = utf8(await raw(server, `POST /v1/chat/completions HTTP/1.1\r\n${auth()}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n${parts.join('')}0\r\n\r\n`))
      assert.match(r, /^HTTP\/1\.1 200 /)
      assert.ok(r.includes(TEXT))
    }
    const bad = await raw(server, `POST /v1/chat/completions HTTP/1.1\r\n${auth()}Transfer-Encoding: chunked\r\n\r\nzz\r\n`)
    assert.match(bad, /^HTTP\/1\.1 400 /)
  })

  test('requests one after the other without waiting, pages and models mixed', async () => {
    let n = 0
    one.script = two.script = () => ({ kind: 'plain', text: `${'一二三'[n++]}说一百元` })
    const page = `GET /api/city HTTP/1.1\r\nHost: localhost\r\n\r\n`
    const models = `GET /v1/models HTTP/1.1\r\n${auth()}\r\n`
    const last = `GET /api/city HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`
    const got = utf8(await raw(server, page + post(body()) + page + post(body({ stream: true })) + models + post(body()) + post('not json') + page + last))
    const heads = [...got.matchAll(/HTTP\/1\.1 (\d+) /g)].map((m) => m[1])
    assert.deepEqual(heads, ['200', '200', '200', '200', '200', '200', '400', '200', '200'])
    const order = ['一说', '二说', '"object":"list"', '三说'].map((s) => got.indexOf(s))
    assert.ok(order.every((at, i) => at > 0 && (i === 0 || at > order[i - 1])), String(order))
  })

  test('one connection is handed over and given back many times', async () => {
    bothDo({ kind: 'plain', text: '好' })
    const own = new App(server, city.keys.app, new (await import('node:http')).Agent({ keepAlive: true, maxSockets: 1 }))
    const ports = new Set()
    own.agent.on('free', (socket) => ports.add(socket.localPort))
    for (let i = 0; i < 30; i++) {
      assert.equal((await own.get('/api/city')).status, 200)
      assert.equal((await own.chat('在吗', { stream: i % 2 === 0 })).status, 200)
      assert.equal((await own.get('/v1/models')).status, 200)
    }
    own.close()
    assert.equal(ports.size, 1, 'always the same connection')
  })
})

describe('what makes no sense is refused', () => {
  const refused = async (status, r) => {
    assert.equal(r.status, status, r.text)
    const { error } = r.json
    assert.match(error.message, /[\u4e00-\u9fff]/)
    assert.equal(typeof error.type, 'string')
    assert.equal(typeof error.code, 'string')
    return error
  }

  test('path, method, size, JSON', async () => {
    for (const [r, status] of [[await app.get('/v1/chat/completions'), 405], [await app.post('/v1/nothing', {}), 404]]) {
      assert.equal(r.status, status)
      assert.match(r.json.error.message, /[\u4e00-\u9fff]/)
    }
    await refused(404, await app.chat('x', { model: 'no-such' }))
    for (const bad of ['{', '[]', '"m"', '', '{"model":"m"}', '{"model":"m","messages":[]}', '{"model":"m","messages":"x"}', '{"model":7,"messages":[{}]}', '\ud800'])
      await refused(400, await app.post('/v1/chat/completions', bad))
    const big = await raw(server, `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${city.keys.app}\r\nContent-Length: 99999999999\r\n\r\n`)
    assert.match(big, /^HTTP\/1\.1 413 /)
    const { message, ...shape } = JSON.parse(big.slice(big.indexOf('\r\n\r\n'))).error // what the SDKs read
    assert.deepEqual(shape, { type: 'invalid_request_error', param: null, code: 'too_large' }, message)
    const figures = (await server.person().get('/metrics')).text
    for (const counted of [/^tongban_gateway_refused_total\{why="405"\} [1-9]/m, /^tongban_gateway_refused_total\{why="413"\} [1-9]/m, /^tongban_http_requests_total\{route="none",code="404"\} [1-9]/m])
      assert.match(figures, counted, 'nobody is known yet: it is counted')
    assert.equal(asked(), 0)
  })

  test('a field said twice, also in disguise', async () => {
    for (const twice of ['"model":"m","model":"other"', '"model":"m","mod\\u0065l":"other"', '"model":"m","stream":false,"stream":true', '"model":"m","max_tokens":1,"max_tokens":9999'])
      await refused(400, await app.post('/v1/chat/completions', `{${twice},"messages":[{"role":"user","content":"x"}]}`))
    await refused(400, await app.post('/v1/chat/completions', '{"model":"m","messages":[{"role":"user","content":"x"}],"messages":[{"role":"user","content":"y"}]}'))
    assert.equal(asked(), 0)
  })

  test('logprobs, echo, token numbers, foolish numbers', async () => {
    for (const more of [{ logprobs: true }, { top_logprobs: 3 }, { n: 0 }, { n: 17 }, { n: -1 }, { n: '2' }, { n: 2.5 }, { best_of: 99 },
      { max_tokens: -5 }, { max_tokens: '9' }, { max_completion_tokens: 1.5 }, { stream: 'true' }, { stream: 1 }])
      await refused(400, await app.chat('x', more))
    await refused(400, await app.post('/v1/completions', { model: 'm', prompt: [1, 2, 3] }))
    await refused(400, await app.post('/v1/completions', { model: 'm', prompt: [[1, 2, 3]] }))
    await refused(400, await app.post('/v1/completions', { model: 'm', prompt: 'x', echo: true }))
    await refused(400, await app.post('/v1/completions', { model: 'm', prompt: 'x', logprobs: 1 }))
    assert.equal(asked(), 0)
  })

  test('numbers beyond all measure do not get the better of the limits', async () => {
    bothDo({ kind: 'plain', text: '好' })
    const limited = new App(server, await addKey(server, '有限额', { 'tokens-minute': 100000 }))
    await eventually(async () => (await limited.get('/v1/models')).status === 200, { every: 100 })
    for (const max_tokens of [9223372036854775807n, 1152921504606846976n, 18446744073709551615n, 1e19, 576460752303423488n]) {
      for (const n of [1, 16]) {
        const text = `{"model":"m","n":${n},"max_tokens":${max_tokens},"messages":[{"role":"user","content":"x"}]}`
        const r = await limited.post('/v1/chat/completions', text)
        assert.ok([400, 413].includes(r.status), `${max_tokens}: ${r.status} ${r.text}`)
      }
    }
    limited.close()
    assert.equal((await app.chat('还在吗')).status, 200)
  })

  test('keys', async () => {
    const none = new App(server, '')
    const e = await refused(401, await none.chat('x'))
    assert.equal(e.code, 'invalid_api_key')
    for (const secret of ['sk-tb-nobody', city.keys.app.slice(0, -1), `${city.keys.app}x`, city.keys.app.toUpperCase(), `' OR 1=1 --`])
      await refused(401, await new App(server, secret).chat('x'))
    assert.equal(asked(), 0)
  })
})

// A small generator, so that a run can be had again.
const seed = Number(process.env.TONGBAN_SEED ?? Date.now() % 1e6)
let state = seed
const random = (n) => {
  state = (state * 1103515245 + 12345) % 2147483648
  return Math.floor((state / 2147483648) * n)
}

test(`three thousand spoiled requests (TONGBAN_SEED=${seed}) break nothing and leave nothing behind`, async () => {
  bothDo({ kind: 'plain', text: TEXT, piece: 3 })
  const body = JSON.stringify({ model: 'm', stream: true, n: 2, max_tokens: 20, stop: ['完'], tools: [{ type: 'function', function: { name: 'f', parameters: {} } }],
    messages: [{ role: 'system', content: '你是助手' }, { role: 'user', content: [{ type: 'text', text: '我的手机 13800138000' }] }] })
  const good = Buffer.from(`POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${city.keys.app}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  const chunked = Buffer.from(`POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${city.keys.app}\r\nTransfer-Encoding: chunked\r\n\r\n2a\r\n{"model":"m","prompt":"x","stream":true,"n\r\n5\r\n":1}\n\r\n0\r\n\r\n`)
  const spoil = (from) => {
    let bytes = Buffer.from(from)
    for (let k = random(4); k > 0; k--) {
      const at = random(bytes.length)
      if (random(3) === 0) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + random(30)))])
      else if (random(2)) bytes[at] = random(256)
      else bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(random(bytes.length)), bytes.subarray(at)])
    }
    return bytes
  }
  const once = () => new Promise((resolve) => {
    const s = net.connect(server.port, '127.0.0.1')
    s.on('error', () => {})
    s.on('close', resolve)
    s.on('data', () => random(3) === 0 && s.destroy())
    for (let k = 1 + random(3); k > 0; k--) s.write(spoil(random(3) ? good : chunked))
    setTimeout(() => (random(2) ? s.end() : s.destroy()), random(40))
    setTimeout(() => s.destroy(), 120)
  })
  for (let i = 0; i < 3000; i += 50) await Promise.all(Array.from({ length: 50 }, once))
  await eventually(() => one.open + two.open === 0)
  await wellAgain()
  const r = await app.stream('还在吗')
  assert.ok(r.status === 200, r.text)
})
