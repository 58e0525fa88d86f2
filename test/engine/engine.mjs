// An engine for tests that speaks the OpenAI API and does what it is told: good answers, and every
// way in which an engine goes wrong. No packages; Node 18.
//
//   import { startEngine } from './engine.mjs'
//   const engine = await startEngine()             // engine.url is what --engine takes
//   engine.next({ kind: 'plain', text: '每月一百元。' }, { kind: 'reset', after: 5 })
//   engine.always({ kind: 'echo' })                 // once the queue is empty (the default)
//   engine.script = (request) => ({ kind: 'plain', text: request.prompt })  // before `always`
//   engine.requests[0].prompt                       // what reached the model
//   await engine.close()
//
// As a process: `node engine.mjs [--port N] [--always JSON]` prints {"port":…,"url":…} on one line and is
// steered over HTTP: POST /control/next (a behaviour or a list), POST /control/always,
// GET /control/requests, POST /control/reset; GET /control/state.
//
// Chat, completions, embeddings, rerank, models and audio/transcriptions. A chat is streamed when it asks
// for that; otherwise the same behaviours act on one JSON reply (in `stall`, `reset` and `cut`: half of it).
//
// Behaviours (kind, and its fields):
//   plain      text; piece (characters a delta, 2); delay_ms between deltas (0); finish ('stop');
//              done (true: [DONE]); usage (true; 'asked': when include_usage is; 'last': in the chunk
//              with finish_reason, as DeepSeek does; false); texts (one for each of n choices)
//   echo       as plain, the text being the first sentences of the evidence in the prompt (count, 1)
//   think      as plain, after <think>reasoning</think> in the content
//   reasoning  as plain, after reasoning_content (or `field`) deltas
//   tools      calls: [{ name, arguments }], after text and reasoning where given
//   status     status (500); body; retry_after
//   redirect   location
//   hang       accepts and says nothing (until the other side leaves or the engine closes)
//   stall      after (deltas) of text, then nothing
//   reset      after (deltas) of text, then the connection breaks
//   drop       the connection breaks before the first byte
//   die        after (deltas), then nobody listens any more until engine.revive()
//   cut        after (deltas) of text, then an orderly close without an end
//   split      as plain, byte by byte: inside UTF-8, inside `data:`, inside \r\n (crlf: true)
//   half       a character of text is split over two events, as some engines do
//   packed     all events in one packet
//   garbage    after deltas, then what is no JSON
//   html       status 200 and a web page
//   flood      bytes (100 MB) without a newline
//   slow       first_ms until the first delta, then as plain
//   finish     text and finish_reason `finish` ('tired'), as no engine says it
//   error      after deltas, then an error event
//   empty      an end without a word
//   raw        chunks (texts as they are, a packet each) and then (end, reset or stall) with status, type
import http from 'node:http'
import { once } from 'node:events'
import { pathToFileURL } from 'node:url'
import { delta, formOf, pieces, toolDeltas, usageEvent, usageOf, wholeOf } from './shapes.mjs'

const MB = 1 << 20
const wait = (ms) => new Promise((done) => setTimeout(done, ms))

// What the evidence in the prompt says: its first lines without their marks, up to `count` sentences.
export function evidenceOf(prompt, count = 1) {
  const body = /依据：\s*([\s\S]*?)(?:\n\s*问题：|$)/.exec(prompt)?.[1] ?? prompt
  const lines = body.split('\n').filter((l) => !l.startsWith('〈')).map((l) => l.replace(/^\s*[[【(（]?\d+[\]】)）.、]?\s*(《[^》]*》：)?/, '').trim())
  const sentences = lines.flatMap((l) => l.match(/[^。；！？]+[。；！？]?/g) ?? []).map((s) => s.trim())
  const said = sentences.filter((s) => [...s].length >= 6).slice(0, count)
  return said.map((s) => s.replace(/[；！？]?$/, (end) => (/。$/.test(s) ? '' : end && '。'))).join('')
}

class Reply {
  constructor(res, engine, request) {
    this.res = res
    this.request = request
    this.engine = engine
    this.gone = false
    res.on('close', () => { this.gone = true })
    res.on('error', () => { this.gone = true })
  }
  head(status = 200, headers = { 'content-type': 'text/event-stream' }) {
    this.res.socket?.setNoDelay(true)
    this.res.writeHead(status, headers)
  }
  async send(bytes) {
    if (this.gone || this.engine.closing) return
    if (!this.res.write(bytes)) {
      await Promise.race([once(this.res, 'drain'), once(this.res, 'close')]).catch(() => {})
    }
  }
  say(fields, finish, index, more) { return this.send(delta(this.request, fields, finish, index, more)) }
  async until() { // the other side leaves, or the engine is closed
    while (!this.gone && !this.engine.closing) await wait(5)
  }
  reset() {
    this.res.socket?.resetAndDestroy ? this.res.socket.resetAndDestroy() : this.res.socket?.destroy()
  }
  end() {
    if (!this.gone) this.res.end()
  }
}

async function words(reply, b, text) {
  const n = reply.request.body.n ?? 1
  const all = Array.from({ length: n }, (_, i) => pieces(b.texts?.[i] ?? text, b.piece ?? 2))
  for (let k = 0; k < Math.max(...all.map((one) => one.length)); k++) {
    for (const [index, one] of all.entries()) if (k < one.length) await reply.say({ content: one[k] }, null, index)
    if (b.delay_ms) await wait(b.delay_ms)
    if (reply.gone) return
  }
}

async function ending(reply, b, request, text) {
  const usage = b.usage ?? true
  const last = usage === 'last' ? { usage: usageOf(request, text) } : {}
  for (let index = 0; index < (request.body.n ?? 1); index++) await reply.say({}, b.finish ?? 'stop', index, last)
  if (usage === true || (usage === 'asked' && request.body.stream_options?.include_usage)) await reply.send(usageEvent(request, text))
  if (b.done !== false) await reply.send('data: [DONE]\n\n')
  reply.end()
}

async function opening(reply) {
  reply.head()
  await reply.say({ role: 'assistant', content: null })
}

async function whole(reply, b, request, text) {
  await opening(reply)
  await words(reply, b, text)
  await ending(reply, b, request, text)
}

async function begun(reply, b, text) {
  await opening(reply)
  await words(reply, b, pieces(text, b.piece ?? 2).slice(0, b.after ?? 3).join(''))
}

function allBytes(b, request, text) {
  const stream = delta(request, { role: 'assistant' }) +
    pieces(text, b.piece ?? 2).map((p) => delta(request, { content: p })).join('') +
    delta(request, {}, b.finish ?? 'stop') + usageEvent(request, text) + 'data: [DONE]\n\n'
  return Buffer.from(b.crlf ? stream.replaceAll('\n', '\r\n') : stream)
}

async function byByte(reply, b, bytes) {
  for (const byte of bytes) {
    await reply.send(Buffer.from([byte]))
    if (b.delay_ms) await wait(b.delay_ms)
    else await new Promise(setImmediate)
  }
}

async function flood(reply, b) {
  const piece = Buffer.alloc(MB, 'x')
  reply.head()
  await reply.send('data: {"choices":[{"delta":{"content":"')
  for (let left = b.bytes ?? 100 * MB; left > 0 && !reply.gone; left -= MB) {
    await reply.send(piece)
    reply.engine.flooded += MB
  }
  reply.end()
}

async function half(reply, b, request, text) {
  await opening(reply)
  for (const part of pieces(text, b.piece ?? 2)) {
    const event = Buffer.from(delta(request, { content: part }))
    const at = event.indexOf(Buffer.from(part)) + 1 // inside the first character
    const close = Buffer.from(delta(request, { content: '' })).subarray(-1 * (event.length - at - Buffer.byteLength(part) + 1))
    const open = event.subarray(0, at - 1)
    await reply.send(Buffer.concat([event.subarray(0, at), close]))
    await reply.send(Buffer.concat([open, event.subarray(at)]))
  }
  await ending(reply, b, request, text)
}

const kinds = {
  plain: (r, b, q) => whole(r, b, q, b.text ?? '您好。'),
  echo: (r, b, q) => whole(r, b, q, b.text ?? evidenceOf(q.prompt, b.count ?? 1)),
  async think(r, b, q) {
    await whole(r, b, q, `<think>${b.reasoning ?? '先看依据。'}</think>\n\n${b.text ?? evidenceOf(q.prompt, b.count ?? 1)}`)
  },
  async reasoning(r, b, q) {
    const text = b.text ?? evidenceOf(q.prompt, b.count ?? 1)
    await opening(r)
    for (const p of pieces(b.reasoning ?? '先看依据。', b.piece ?? 2)) await r.say({ [b.field ?? 'reasoning_content']: p })
    await words(r, b, text)
    await ending(r, b, q, text)
  },
  async tools(r, b, q) {
    await opening(r)
    for (const p of pieces(b.reasoning ?? '', 2)) await r.say({ reasoning_content: p })
    await words(r, b, b.text ?? '')
    for (const fields of toolDeltas(b.calls ?? [], b.piece ?? 2)) await r.say(fields)
    await ending(r, { finish: 'tool_calls', ...b }, q, b.text ?? '')
  },
  async status(r, b) {
    const headers = { 'content-type': 'application/json' }
    if (b.retry_after) headers['retry-after'] = String(b.retry_after)
    r.head(b.status ?? 500, headers)
    await r.send(b.body ?? JSON.stringify({ error: { message: 'scripted failure', code: b.status ?? 500 } }))
    r.end()
  },
  async redirect(r, b) {
    r.head(307, { location: b.location, 'content-length': '0' })
    r.end()
  },
  hang: (r) => r.until(),
  async drop(r) { r.reset() },
  async die(r, b, q) {
    if (b.after) await begun(r, b, b.text ?? evidenceOf(q.prompt, 3))
    r.engine.die()
  },
  async stall(r, b, q) {
    await begun(r, b, b.text ?? evidenceOf(q.prompt, 3))
    await r.until()
  },
  async reset(r, b, q) {
    await begun(r, b, b.text ?? evidenceOf(q.prompt, 3))
    await wait(20) // what was sent must leave before the reset overtakes it
    r.reset()
  },
  async cut(r, b, q) {
    await begun(r, b, b.text ?? evidenceOf(q.prompt, 3))
    r.end()
  },
  async split(r, b, q) {
    r.head()
    await byByte(r, b, allBytes(b, q, b.text ?? evidenceOf(q.prompt, b.count ?? 1)))
    r.end()
  },
  half: (r, b, q) => half(r, b, q, b.text ?? evidenceOf(q.prompt, b.count ?? 1)),
  async packed(r, b, q) {
    r.head()
    await r.send(allBytes(b, q, b.text ?? evidenceOf(q.prompt, b.count ?? 1)))
    r.end()
  },
  async garbage(r, b, q) {
    await begun(r, b, b.text ?? evidenceOf(q.prompt, 3))
    await r.send(b.garbage ?? 'data: {"choices":[{"del\u0000\n\ndata: <<<>>>\n\n')
    r.end()
  },
  async html(r) {
    r.head(200, { 'content-type': 'text/html' })
    await r.send('<html><body>502 Bad Gateway</body></html>')
    r.end()
  },
  flood,
  async slow(r, b, q) {
    await wait(b.first_ms ?? 1000)
    await whole(r, b, q, b.text ?? evidenceOf(q.prompt, b.count ?? 1))
  },
  async finish(r, b, q) {
    await whole(r, { ...b, finish: b.finish ?? 'tired' }, q, b.text ?? evidenceOf(q.prompt, b.count ?? 1))
  },
  async error(r, b, q) {
    await begun(r, b, b.text ?? evidenceOf(q.prompt, 3))
    await r.send(`data: ${JSON.stringify({ error: { message: b.message ?? 'out of memory', code: 500 } })}\n\n`)
    r.end()
  },
  async empty(r, b, q) {
    await opening(r)
    await ending(r, b, q, '')
  },
  async raw(r, b) {
    r.head(b.status ?? 200, { 'content-type': b.type ?? 'text/event-stream' })
    for (const chunk of b.chunks ?? []) {
      await r.send(chunk)
      await wait(b.delay_ms ?? 1)
    }
    if (b.then === 'reset') r.reset()
    else if (b.then === 'stall') await r.until()
    else r.end()
  },
}
export const behaviours = Object.keys(kinds)

// ---- replies in one piece ----

function wholeBytes(b, request) {
  const own = b.text ?? (b.kind === 'plain' ? '您好。' : b.kind === 'empty' || b.kind === 'tools' ? '' : evidenceOf(request.prompt, b.count ?? 1))
  const text = b.kind === 'think' ? `<think>${b.reasoning ?? '先看依据。'}</think>\n\n${own}` : own
  const reply = b.kind === 'error' ? { error: { message: b.message ?? 'out of memory', code: 500 } }
    : wholeOf(request, b.kind === 'finish' ? { ...b, finish: b.finish ?? 'tired' } : b, text)
  return Buffer.from(typeof reply === 'string' ? reply : JSON.stringify(reply))
}

async function inOnePiece(reply, b, request) {
  if (['status', 'redirect', 'hang', 'drop', 'die', 'html', 'flood', 'raw'].includes(b.kind)) return kinds[b.kind](reply, { ...b, after: 0 }, request)
  const bytes = wholeBytes(b, request)
  const half = bytes.subarray(0, bytes.length / 2)
  if (b.kind === 'slow') await wait(b.first_ms ?? 1000)
  else if (b.delay_ms) await wait(b.delay_ms)
  const cutOff = ['stall', 'reset', 'cut', 'garbage'].includes(b.kind)
  reply.head(200, { 'content-type': bytes[0] === 0x7b ? 'application/json' : 'text/plain; charset=utf-8',
    ...(!cutOff && b.kind !== 'split' && { 'content-length': bytes.length }) })
  if (b.kind === 'split') await byByte(reply, {}, bytes)
  else await reply.send(cutOff ? half : b.kind === 'half' ? Buffer.from(bytes.map((c) => (c > 0xe0 ? 0xff : c))) : bytes)
  if (b.kind === 'garbage') await reply.send(b.garbage ?? '\u0000<<<>>>')
  if (b.kind === 'stall') return reply.until()
  if (b.kind === 'reset') {
    await wait(20)
    return reply.reset()
  }
  return reply.end()
}

function checked(b) {
  const list = Array.isArray(b) ? b : [b]
  for (const one of list) {
    if (!kinds[one?.kind]) throw new Error(`no such behaviour: ${JSON.stringify(one)}`)
  }
  return list
}

async function bodyOf(req) {
  const parts = []
  for await (const part of req) parts.push(part)
  return Buffer.concat(parts)
}

function json(res, status, value) {
  const text = JSON.stringify(value)
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
  res.end(text)
}

const POSTS = new Set(['/v1/chat/completions', '/v1/completions', '/v1/embeddings', '/v1/rerank', '/v1/audio/transcriptions'])

function textOf(content) { // of a message: a string, or parts of which some are images
  return Array.isArray(content) ? content.map((p) => p.text ?? '').join('') : content ?? ''
}

class Engine {
  constructor() {
    this.requests = []
    this.queue = []
    this.rest = { kind: 'echo' }
    this.script = null // (request) => behaviour, asked when the queue is empty
    this.models = ['scripted']
    this.flooded = 0 // bytes that `flood` has sent
    this.open = 0
    this.closing = false
    this.server = http.createServer((req, res) => {
      this.handle(req, res).catch((err) => {
        if (!res.headersSent) json(res, 500, { error: { message: String(err) } })
        else res.destroy()
      })
    })
  }
  next(...list) { this.queue.push(...checked(list.flat())) }
  always(b) { [this.rest] = checked(b) }
  reset() {
    this.requests = []
    this.queue = []
    this.rest = { kind: 'echo' }
    this.script = null
    this.flooded = 0
  }
  get last() { return this.requests.at(-1) }

  async control(path, req, res) {
    const body = req.method === 'POST' ? JSON.parse((await bodyOf(req)).toString('utf8') || 'null') : null
    if (path === 'next') this.next(...[body].flat())
    else if (path === 'always') this.always(body)
    else if (path === 'reset') this.reset()
    else if (path === 'requests') return json(res, 200, this.requests)
    else if (path !== 'state') return json(res, 404, {})
    return json(res, 200, { queued: this.queue.length, asked: this.requests.length, open: this.open, flooded: this.flooded })
  }

  // What was asked, kept for the test; null when it cannot be read.
  async taken(path, req) {
    const bytes = await bodyOf(req)
    const type = req.headers['content-type'] ?? ''
    let body
    try {
      body = type.startsWith('multipart/') ? formOf(bytes, type) : JSON.parse(bytes.toString('utf8'))
    } catch {
      return null
    }
    const messages = body.messages ?? []
    const said = (role) => textOf(messages.filter((m) => m.role === role).at(role === 'user' ? -1 : 0)?.content)
    const request = {
      at: Date.now(), path, body, headers: req.headers, messages, cancelled: false, ended: false, model: body.model ?? 'scripted',
      system: said('system'), prompt: messages.length ? said('user') : String(body.prompt ?? body.input ?? body.query ?? ''),
    }
    this.requests.push(request)
    return request
  }

  async answer(path, req, res) {
    const request = await this.taken(path, req)
    if (!request) return json(res, 400, { error: { message: 'not JSON' } })
    const b = this.queue.shift() ?? this.script?.(request) ?? this.rest
    request.kind = b.kind
    this.open += 1
    res.on('close', () => {
      this.open -= 1
      request.ended = res.writableFinished
      request.cancelled = !res.writableFinished // the asker left, or the script broke off
      request.closed_at = Date.now()
    })
    const reply = new Reply(res, this, request)
    await (request.body.stream === true ? kinds[b.kind](reply, b, request) : inOnePiece(reply, b, request))
  }

  async handle(req, res) {
    const { pathname } = new URL(req.url, 'http://engine')
    if (pathname.startsWith('/control/')) return this.control(pathname.slice(9), req, res)
    if (pathname === '/health') return json(res, 200, { status: 'ok' })
    if (pathname === '/v1/models')
      return json(res, 200, { object: 'list', data: this.models.map((id) => ({ id, object: 'model', created: 1790000000, owned_by: 'test' })) })
    if (POSTS.has(pathname) && req.method === 'POST') return this.answer(pathname, req, res)
    return json(res, 404, { error: { message: 'no such path' } })
  }

  async listen(port) {
    this.server.listen(port, '127.0.0.1')
    await once(this.server, 'listening')
    this.port = this.server.address().port
    this.url = `http://127.0.0.1:${this.port}/v1`
    return this
  }
  die() { // as a process that is killed: nobody listens, what was open breaks
    this.server.close()
    this.server.closeAllConnections()
  }
  async revive() {
    this.server.listen(this.port, '127.0.0.1')
    await once(this.server, 'listening')
  }
  async close() {
    this.closing = true
    this.server.closeAllConnections?.()
    if (this.server.listening) {
      this.server.close()
      await once(this.server, 'close')
    }
  }
}

export function startEngine({ port = 0, always = null } = {}) {
  const engine = new Engine()
  if (always) engine.always(always)
  return engine.listen(port)
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const option = (name) => {
    const at = process.argv.indexOf(name)
    return at < 0 ? null : process.argv[at + 1]
  }
  const engine = await startEngine({ port: Number(option('--port') ?? 0), always: JSON.parse(option('--always') ?? 'null') })
  console.log(JSON.stringify({ port: engine.port, url: engine.url }))
  for (const sign of ['SIGTERM', 'SIGINT']) process.on(sign, () => engine.close().then(() => process.exit(0)))
}
