// Requests as no browser sends them, to the real program. The room's own C tests hold every shape;
// here the whole is held: what is refused is refused before it reaches anybody, and the server goes
// on.
import assert from 'node:assert/strict'
import http from 'node:http'
import net from 'node:net'
import { after, before, test } from 'node:test'
import { eventually, needsEmbeddings, raw, startEngine, startServer, program } from './lib.mjs'

let server, engine, person
const H = 'Host: localhost\r\n'
const status = (reply) => Number(reply.slice(9, 12))

before(async () => {
  engine = await startEngine()
  server = await startServer({ engine, args: ['--slow-workers', '600'] })
  person = server.person()
})
after(async () => {
  await server?.stop()
  await engine?.close()
})

test('what could hide a second request is refused and the rest is not read', async (t) => {
  const hidden = `GET /api/city HTTP/1.1\r\n${H}\r\n`
  for (const [name, head, code] of [
    ['a blank before the colon', `POST /api/ask HTTP/1.1\r\n${H}Content-Length : 40\r\n\r\n`, 400],
    ['a length beside chunked', `POST /api/ask HTTP/1.1\r\n${H}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n`, 400],
    ['two lengths', `POST /api/ask HTTP/1.1\r\n${H}Content-Length: 4\r\nContent-Length: 5\r\n\r\n`, 400],
    ['a length with a sign', `POST /api/ask HTTP/1.1\r\n${H}Content-Length: +4\r\n\r\n`, 400],
    ['an unknown coding', `POST /api/ask HTTP/1.1\r\n${H}Transfer-Encoding: xchunked\r\n\r\n`, 501],
    ['chunked in HTTP/1.0', `POST /api/ask HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n`, 400],
    ['bare line feeds', 'POST /api/ask HTTP/1.1\nHost: localhost\nContent-Length: 2\n\n', 400],
    ['a bare carriage return', `POST /api/ask HTTP/1.1\r\n${H}X: a\rContent-Length: 40\r\n\r\n`, 400],
    ['a folded line', `POST /api/ask HTTP/1.1\r\n${H}X: a\r\n Content-Length: 40\r\n\r\n`, 400],
    ['NUL in a field', `GET /api/city HTTP/1.1\r\n${H}X: a\0b\r\n\r\n`, 400],
    ['two hosts', `GET /api/city HTTP/1.1\r\n${H}Host: other\r\n\r\n`, 400],
    ['no host', 'GET /api/city HTTP/1.1\r\n\r\n', 400],
    ['a host that is not ours', 'GET /api/city HTTP/1.1\r\nHost: evil.example\r\n\r\n', 421],
    ['a broken chunk', `POST /api/ask HTTP/1.1\r\n${H}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}X\r\n0\r\n\r\n`, 400],
    ['a chunk size with 0x', `POST /api/ask HTTP/1.1\r\n${H}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n`, 400],
  ]) {
    await t.test(name, async () => {
      const got = await raw(server, head + hidden, { end: true })
      assert.equal(status(got), code, got.slice(0, 200))
      const replies = got.match(/^HTTP\/1\.1 /gm).length
      // evil.example had no body: the next request on the line is honest and may be answered
      if (name !== 'a host that is not ours') assert.equal(replies, 1, got)
      assert.match(got, /"error":\{"code":"/)
    })
  }
})

test('a head too long, too wide or too slow to read is refused', async () => {
  assert.equal(status(await raw(server, `GET /${'a'.repeat(20000)} HTTP/1.1\r\n${H}\r\n`)), 414)
  assert.equal(status(await raw(server, `GET / HTTP/1.1\r\n${H}${'X: y\r\n'.repeat(100)}\r\n`)), 431)
  assert.equal(status(await raw(server, `GET / HTTP/1.1\r\n${H}X: ${'y'.repeat(40000)}\r\n\r\n`)), 431)
})

test('200 connections that say nothing or half a request keep nobody from an answer', async () => {
  const slow = []
  for (let i = 0; i < 200; i++) { // below what one address may hold
    const s = net.connect(server.port, '127.0.0.1')
    s.on('error', () => {})
    if (i % 2) s.write('GET /api/city HT')
    slow.push(s)
  }
  const began = performance.now()
  assert.equal((await person.get('/api/city')).status, 200)
  assert.ok(performance.now() - began < 2000)
  slow.forEach((s) => s.destroy())
})

test('those who dribble are cut off one by one, and keep nobody waiting meanwhile', async (t) => {
  const own = await startServer({ city: false, args: ['--head-timeout', '1'] })
  const others = own.person()
  const dribble = (i, first) => {
    const s = net.connect({ port: own.port, host: '127.0.0.1', localAddress: `127.0.0.${2 + (i % 3)}` })
    const one = { got: '', began: performance.now(), socket: s }
    s.setEncoding('latin1').on('data', (d) => (one.got += d)).on('error', () => {})
    s.on('close', () => {
      clearInterval(one.timer)
      one.lived = performance.now() - one.began
    })
    s.write(first)
    one.timer = setInterval(() => s.writable && s.write('a'), 100) // never silent for long
    return one
  }
  const head = `GET /api/city HTTP/1.1\r\n${H}X-Long: `
  const heads = [...Array(450)].map((_, i) => dribble(i, head))
  const bodies = [...Array(30)].map((_, i) => dribble(i, `POST /api/ask HTTP/1.1\r\n${H}Content-Type: application/json\r\nContent-Length: 9000\r\n\r\n{`))
  let asked = 0, longest = 0
  while ([...heads, ...bodies].some((s) => s.lived === undefined)) {
    const began = performance.now()
    assert.equal((await others.get('/api/city')).status, 200)
    longest = Math.max(longest, performance.now() - began)
    assert.ok(++asked < 20000 && began - heads[0].began < 20000, 'they are still there')
    await new Promise((r) => setTimeout(r, 20))
  }
  assert.ok(longest < 1000, `${longest} ms`)
  for (const s of [...heads, ...bodies]) assert.match(s.got, /^HTTP\/1\.1 408 /)
  const slowest = (list) => Math.max(...list.map((s) => s.lived))
  // a second for a head, three for a body; then what is still on its way is thrown away for five more
  assert.ok(slowest(heads) < 10000, `${slowest(heads)} ms`)
  assert.ok(slowest(bodies) < 12000, `${slowest(bodies)} ms`)
  assert.match((await others.get('/metrics')).text, /tongban_http_refused_total\{why="slow"\} 480\n/)
  others.close()
  await own.stop()
})

test('pipelined requests are answered in order', async () => {
  const many = [...Array(50)].map((_, i) => `GET /api/documents?page=${i + 1}&size=1 HTTP/1.1\r\n${H}X-Request-Id: number-${String(i).padStart(3, '0')}\r\n\r\n`).join('')
  const got = await raw(server, many + `GET /health/live HTTP/1.1\r\n${H}Connection: close\r\n\r\n`)
  const ids = [...got.matchAll(/X-Request-Id: number-(\d+)/g)].map((m) => Number(m[1]))
  assert.deepEqual(ids, [...Array(50).keys()])
  assert.match(got, /"status":"ok"/)
})

test('HEAD gives the head, OPTIONS what can be done, other methods nothing', async () => {
  const get = await person.get('/api/documents?size=3')
  const head = await person.request('HEAD', '/api/documents?size=3')
  assert.equal(head.status, 200)
  assert.equal(head.headers['content-length'], get.headers['content-length'])
  assert.equal(head.text, '')
  assert.equal((await person.request('OPTIONS', '/api/handoffs')).headers.allow, 'POST, GET, HEAD, OPTIONS')
  assert.equal((await person.request('DELETE', '/api/city')).status, 405)
  assert.equal((await person.request('HEAD', '/api/ask')).status, 405)
  assert.equal((await person.request('PATCH', '/api/city')).status, 501)
})

test('no path leads out of the pages', async () => {
  for (const path of ['/../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '/assets/..%2f..%2fpackage.json', '/..\\..\\x',
    '/%00', '/assets/%252e%252e/x.js', '//etc/passwd.txt', '/.git/config.txt', '/api/../health/live', '/%c0%ae%c0%ae/etc/passwd']) {
    const got = await raw(server, `GET ${path} HTTP/1.1\r\n${H}Connection: close\r\n\r\n`)
    assert.ok([400, 404].includes(status(got)), `${path}: ${got.slice(0, 80)}`)
    assert.doesNotMatch(got, /root:/)
  }
})

test('a body beyond the limit is refused before it is sent', async () => {
  const reply = await new Promise((resolve, reject) => {
    const q = http.request({ host: '127.0.0.1', port: server.port, method: 'POST', path: '/api/ask',
      headers: { 'content-type': 'application/json', 'content-length': 1 << 30, expect: '100-continue' } })
    q.on('continue', () => reject(new Error('asked for the body')))
    q.on('response', resolve)
    q.on('error', reject)
    q.flushHeaders()
  })
  assert.equal(reply.statusCode, 413)
  reply.destroy()
})

test('a question that is no question is refused in words', async () => {
  for (const [body, code] of [[{ question: '' }, 400], [{ question: '问'.repeat(1001) }, 413], [{ question: 5 }, 400],
    [{ question: '高龄津贴', as_of: '2026-13-01' }, 400], [{ question: '高龄津贴', extra: 1 }, 400], [[], 400]]) {
    const r = await person.post('/api/ask', body)
    assert.equal(r.status, code, `${JSON.stringify(body).slice(0, 60)} ${r.text}`)
    assert.match(r.json.error.message, /[\u4e00-\u9fff]/)
  }
})

test('a person who leaves is noticed at once and the engine is told to stop', needsEmbeddings, async () => {
  const before = engine.requests.length
  let request, left
  engine.next({ kind: 'stall', after: 1 })
  const stream = server.person().stream('/api/ask', { question: '高龄津贴每个月多少钱' }, { onOpen: (q) => (request = q) })
  await eventually(() => engine.requests.length > before)
  left = Date.now()
  request.destroy()
  await stream
  const call = engine.requests[before]
  await eventually(() => call.cancelled)
  assert.ok(call.closed_at - left < 100, `${call.closed_at - left} ms`)
})

// One address may hold 1024 connections, and an engine takes as many as it takes: so the streams come
// through two addresses, and what they wait for may be the engine's queue.
// The sanitizers make every thread ten times heavier; the plain build carries all five hundred.
const MANY = program.includes('/san/') ? 120 : 500

test(`${MANY} streams are open at once, others are answered, and all end when their readers leave`, needsEmbeddings, async () => {
  engine.always({ kind: 'stall', after: 1 })
  const streams = []
  const bytes = JSON.stringify({ question: '高龄津贴每个月多少钱' })
  for (let i = 0; i < MANY; i++) {
    const s = net.connect({ port: server.port, host: '127.0.0.1', localAddress: `127.0.0.${2 + (i % 4)}` })
    const one = { socket: s, got: '' }
    s.setEncoding('utf8').on('data', (d) => (one.got += d)).on('error', (e) => (one.error = e))
    s.write(`POST /api/ask HTTP/1.1\r\n${H}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(bytes)}\r\n\r\n${bytes}`)
    streams.push(one)
  }
  await eventually(() => streams.every((s) => s.got.includes('event: evidence')), { ms: 90000, every: 50 })
  const began = performance.now()
  assert.equal((await person.get('/api/documents?size=1')).status, 200)
  assert.ok(performance.now() - began < 3000, `${performance.now() - began} ms`)
  streams.forEach((s) => s.socket.destroy())
  engine.always({ kind: 'echo' })
  await eventually(async () => /tongban_http_connections [0-9]\n/.test((await person.get('/metrics')).text), { ms: 30000, every: 50 })
  await eventually(() => engine.open === 0)
  assert.equal((await server.person().ask('办狗证多少钱')).done.outcome, 'standard')
})

test('every reply carries what protects, none names the server', async () => {
  for (const target of ['/', '/api/city', '/api/nothing', '/health/live', '/api/docs']) {
    const r = await person.get(target)
    assert.equal(r.headers['x-content-type-options'], 'nosniff', target)
    assert.match(r.headers['content-security-policy'], /frame-ancestors 'none'/)
    assert.doesNotMatch(r.headers['content-security-policy'], /unsafe|\*|http:/)
    assert.match(r.headers['x-request-id'], /^[\w.-]{8,}$/)
    assert.equal(r.headers.server, undefined)
  }
})

test('the log has a line for each request and nothing that people wrote', async () => {
  const secret = '我的秘密是青铜葵花'
  await person.ask(secret)
  await person.get(`/api/search?q=${encodeURIComponent(secret)}`)
  await eventually(() => server.lines('access').some((l) => l.msg.includes('path=/api/search ')))
  assert.ok(server.lines('access').some((l) => /id=\S+ method=POST path=\/api\/ask status=200 ms=\S+ address=127.0.0.1 role=citizen/.test(l.msg)))
  assert.ok(!server.logged.includes('青铜') && !server.logged.includes(encodeURIComponent('青铜')))
})
