// A scripted engine: speaks the OpenAI API and does what the test says. Each call to
// /v1/chat/completions takes the next script of the queue, or the default one.
//
//   const engine = await startEngine({ answer: '每月100元。' })
//   engine.next({ answer: '半句', die: 'cut' })
//
// A script: { answer, reasoning, status, die, delayMs, garbage, splitBytes, hold }
//   answer      the text, streamed in pieces of a few characters; a function gets the request
//   splitBytes  pieces of this many bytes, so that characters are cut in two
//   die         'cut': the socket is destroyed after the answer's pieces; 'end': ends without [DONE]
//   garbage     sent in place of events
//   hold        a promise; the words wait for it after the first piece
import http from 'node:http'
import { EventEmitter } from 'node:events'

export async function startEngine(standard = {}) {
  const engine = new Engine(standard)
  await new Promise((resolve) => engine.http.listen(0, '127.0.0.1', resolve))
  engine.url = `http://127.0.0.1:${engine.http.address().port}/v1`
  return engine
}

class Engine extends EventEmitter {
  constructor(standard) {
    super()
    this.standard = { answer: '请以所附条款为准。', ...standard }
    this.queue = []
    this.calls = [] // { body, closed: bool, sent }
    this.open = 0
    this.http = http.createServer((q, r) => this.serve(q, r))
    this.http.keepAliveTimeout = 60000
  }

  next(script) {
    this.queue.push(script)
  }

  async serve(q, r) {
    let text = ''
    for await (const piece of q) text += piece
    if (!q.url.endsWith('/chat/completions')) {
      r.setHeader('content-type', 'application/json')
      return r.end(q.url.endsWith('/models') ? '{"object":"list","data":[{"id":"scripted"}]}' : '{"status":"ok"}')
    }
    const call = { body: JSON.parse(text), closed: false, sent: '', at: performance.now() }
    this.calls.push(call)
    this.open++
    r.on('close', () => {
      this.open--
      call.closed = !r.writableEnded
      call.closedAt = performance.now()
      this.emit('closed', call)
    })
    this.emit('call', call)
    try {
      await this.play({ ...this.standard, ...this.queue.shift() }, call, r)
    } catch (e) {
      if (!r.destroyed) r.destroy(e)
    }
  }

  async play(script, call, r) {
    if (script.delayMs) await new Promise((done) => setTimeout(done, script.delayMs))
    if (script.status) {
      r.statusCode = script.status
      r.setHeader('content-type', 'application/json')
      return r.end(JSON.stringify({ error: { message: 'scripted', type: 'server_error' } }))
    }
    r.setHeader('content-type', 'text/event-stream')
    if (script.garbage !== undefined) return r.end(script.garbage)
    const answer = typeof script.answer === 'function' ? script.answer(call.body) : script.answer
    let first = true
    for (const piece of pieces(script, answer)) {
      if (r.destroyed) return
      r.write(piece)
      call.sent += piece
      if (first && script.hold) await script.hold
      first = false
      await new Promise((done) => (script.paceMs ? setTimeout(done, script.paceMs) : setImmediate(done)))
    }
    if (script.die === 'cut') return r.destroy()
    if (script.die === 'end') return r.end()
    r.write(event({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }],
      usage: { prompt_tokens: 100, completion_tokens: answer.length, total_tokens: 100 + answer.length } }))
    r.end('data: [DONE]\n\n')
  }

  close() {
    this.http.closeAllConnections?.()
    return new Promise((resolve) => this.http.close(resolve))
  }
}

const event = (more) =>
  `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', model: 'scripted', ...more })}\n\n`
const delta = (d) => event({ choices: [{ index: 0, delta: d, finish_reason: null }] })

function* pieces(script, answer) {
  yield delta({ role: 'assistant', content: '' })
  if (script.reasoning) yield delta({ reasoning_content: script.reasoning })
  const chars = [...answer]
  const events = []
  for (let i = 0; i < chars.length; i += 4) events.push(delta({ content: chars.slice(i, i + 4).join('') }))
  if (!script.splitBytes) return yield* events
  const bytes = Buffer.from(events.join(''))
  for (let i = 0; i < bytes.length; i += script.splitBytes) yield bytes.subarray(i, i + script.splitBytes)
}
