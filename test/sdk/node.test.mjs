// The official Node SDK against the gateway, unchanged: what it asks for arrives at the engine, what the
// engine says arrives at the caller, and what goes wrong is the SDK's own error.
import test, { after, before, beforeEach } from 'node:test'
import assert from 'node:assert/strict'
import http from 'node:http'
import OpenAI, { toFile } from 'openai'
import { startGateway, straight } from './lib.mjs'

let gateway, engine, client
const model = 'scripted'
const messages = [{ role: 'system', content: '你是政务助手。' }, { role: 'user', content: '高龄津贴怎么领？' }]
const ours = { skip: straight && 'only the gateway does this' }

before(async () => {
  gateway = await startGateway()
  engine = gateway.engine
  client = new OpenAI({ baseURL: gateway.base, apiKey: gateway.key, maxRetries: 0 })
})
after(() => gateway?.close())
beforeEach(() => {
  engine.reset()
  engine.always({ kind: 'plain', text: '您好。' })
})

const chat = (more = {}, options) => client.chat.completions.create({ model, messages, ...more }, options)

async function collect(stream) {
  const got = { text: '', reasoning: '', finish: [], usage: [], chunks: 0, byChoice: {} }
  for await (const chunk of stream) {
    got.chunks += 1
    if (chunk.usage) got.usage.push(chunk)
    for (const c of chunk.choices) {
      got.byChoice[c.index] = (got.byChoice[c.index] ?? '') + (c.delta.content ?? '')
      if (c.index === 0) got.text += c.delta.content ?? ''
      got.reasoning += c.delta.reasoning_content ?? ''
      if (c.finish_reason) got.finish.push(c.finish_reason)
    }
  }
  return got
}

test('models are listed', async () => {
  const ids = []
  for await (const m of client.models.list()) {
    assert.equal(m.object, 'model')
    ids.push(m.id)
  }
  assert.ok(ids.includes(model), ids.join())
})

test('a chat in one piece, with the usage that the engine counted', async () => {
  engine.next({ kind: 'plain', text: '到社区窗口办理。' })
  const reply = await chat()
  assert.equal(reply.object, 'chat.completion')
  assert.equal(reply.choices[0].message.role, 'assistant')
  assert.equal(reply.choices[0].message.content, '到社区窗口办理。')
  assert.equal(reply.choices[0].finish_reason, 'stop')
  assert.equal(reply.usage.completion_tokens, 8)
  assert.equal(reply.usage.total_tokens, reply.usage.prompt_tokens + 8)
  assert.deepEqual(engine.last.messages, messages)
})

test('a stream, without usage unless it is asked for', async () => {
  engine.always({ kind: 'plain', text: '到社区窗口办理，带上身份证。', usage: 'asked' })
  const plain = await collect(await chat({ stream: true }))
  assert.equal(plain.text, '到社区窗口办理，带上身份证。')
  assert.deepEqual(plain.finish, ['stop'])
  assert.equal(plain.usage.length, 0)
  const counted = await collect(await chat({ stream: true, stream_options: { include_usage: true } }))
  assert.equal(counted.text, '到社区窗口办理，带上身份证。')
  assert.equal(counted.usage.length, 1)
  assert.deepEqual(counted.usage[0].choices, [])
  assert.equal(counted.usage[0].usage.completion_tokens, 14)
})

test('usage in the chunk with the end, as DeepSeek sends it, is usage too', async () => {
  engine.next({ kind: 'plain', text: '好的。', usage: 'last' })
  const got = await collect(await chat({ stream: true, stream_options: { include_usage: true } }))
  assert.equal(got.text, '好的。')
  assert.deepEqual(got.finish, ['stop'])
  assert.ok(got.usage.some((c) => c.usage.completion_tokens === 3))
})

test('what the gateway does not know reaches the engine as it was sent', async () => {
  const more = { temperature: 0.6, top_p: 0.95, max_tokens: 64, seed: 7, stop: ['\n\n'], user: 'u-1', chat_template_kwargs: { enable_thinking: false }, top_k: 20, response_format: { type: 'json_object' } }
  await chat(more)
  for (const [key, value] of Object.entries(more)) assert.deepEqual(engine.last.body[key], value, key)
})

const tools = [{ type: 'function', function: { name: '查政策', description: '按事项查政策', parameters: { type: 'object', properties: { 事项: { type: 'string' } }, required: ['事项'] } } }]
const calls = [{ name: '查政策', arguments: { 事项: '高龄津贴' } }, { name: '查政策', arguments: { 事项: '养犬登记' } }]

test('tools, in one piece and streamed, and their results', async () => {
  engine.next({ kind: 'tools', calls }, { kind: 'tools', calls })
  const { choices: [{ message, finish_reason }] } = await chat({ tools, tool_choice: 'auto' })
  assert.equal(finish_reason, 'tool_calls')
  assert.deepEqual(message.tool_calls.map((c) => JSON.parse(c.function.arguments)), calls.map((c) => c.arguments))
  assert.deepEqual(engine.last.body.tools, tools)
  const streamed = await client.chat.completions.stream({ model, messages, tools }).finalMessage()
  assert.deepEqual(streamed.tool_calls.map((c) => [c.function.name, JSON.parse(c.function.arguments)]), calls.map((c) => [c.name, c.arguments]))
  const turn = [...messages, { role: 'assistant', content: null, tool_calls: message.tool_calls }, { role: 'tool', tool_call_id: message.tool_calls[0].id, content: '每月一百元' }]
  await chat({ messages: turn, tools })
  assert.deepEqual(engine.last.messages, turn)
})

test('the SDK runs the tools itself', async () => {
  engine.next({ kind: 'tools', calls: calls.slice(0, 1) }, { kind: 'plain', text: '每月一百元。' })
  const asked = []
  const runner = client.chat.completions.runTools({ model, messages, stream: true, tools: [{ type: 'function', function: { ...tools[0].function, parse: JSON.parse, function: (a) => { asked.push(a); return '每月一百元' } } }] })
  assert.equal(await runner.finalContent(), '每月一百元。')
  assert.deepEqual(asked, [{ 事项: '高龄津贴' }])
})

test('an answer by a schema is parsed by the SDK', async () => {
  const response_format = { type: 'json_schema', json_schema: { name: '结果', strict: true, schema: { type: 'object', properties: { 金额: { type: 'number' } }, required: ['金额'], additionalProperties: false } } }
  engine.next({ kind: 'plain', text: '{"金额":100}' })
  const reply = await client.chat.completions.parse({ model, messages, response_format: { ...response_format } })
  assert.deepEqual(JSON.parse(reply.choices[0].message.content), { 金额: 100 })
  assert.deepEqual(engine.last.body.response_format, response_format)
})

test('images go on as they are', async () => {
  const content = [{ type: 'text', text: '这张证件是什么？' }, { type: 'image_url', image_url: { url: `data:image/png;base64,${Buffer.alloc(60000, 7).toString('base64')}`, detail: 'low' } }]
  await chat({ messages: [{ role: 'user', content }] })
  assert.deepEqual(engine.last.messages[0].content, content)
})

test('reasoning stays apart from the answer', async () => {
  engine.next({ kind: 'reasoning', reasoning: '先看依据。', text: '每月一百元。' }, { kind: 'reasoning', reasoning: '先看依据。', text: '每月一百元。' })
  const { message } = (await chat()).choices[0]
  assert.equal(message.content, '每月一百元。')
  assert.equal(message.reasoning_content, '先看依据。')
  const got = await collect(await chat({ stream: true }))
  assert.equal(got.text, '每月一百元。')
  assert.equal(got.reasoning, '先看依据。')
})

test('several choices', async () => {
  engine.always({ kind: 'plain', texts: ['甲方案。', '乙方案，长一些。'] })
  assert.deepEqual((await chat({ n: 2 })).choices.map((c) => c.message.content), ['甲方案。', '乙方案，长一些。'])
  const got = await collect(await chat({ n: 2, stream: true }))
  assert.deepEqual(got.byChoice, { 0: '甲方案。', 1: '乙方案，长一些。' })
  assert.deepEqual(got.finish, ['stop', 'stop'])
})

test('completions, embeddings, rerank, transcriptions', async () => {
  engine.next({ kind: 'plain', text: '，有一座城。' }, { kind: 'plain', text: '，有一座城。' })
  assert.equal((await client.completions.create({ model, prompt: '从前' })).choices[0].text, '，有一座城。')
  let text = ''
  for await (const chunk of await client.completions.create({ model, prompt: '从前', stream: true })) text += chunk.choices[0]?.text ?? ''
  assert.equal(text, '，有一座城。')
  const input = ['高龄津贴', '养犬登记']
  const packed = await client.embeddings.create({ model: 'scripted-vectors', input }) // the SDK asks for base64 and unpacks it
  const floats = await client.embeddings.create({ model: 'scripted-vectors', input, encoding_format: 'float' })
  assert.equal(packed.data.length, 2)
  assert.equal(packed.data[0].embedding.length, 8)
  assert.deepEqual([...packed.data[1].embedding].map(Math.fround), floats.data[1].embedding.map(Math.fround))
  const ranked = await client.post('/rerank', { body: { model: 'scripted-ranks', query: '养犬', documents: ['医保', '养犬登记'], top_n: 1 } })
  assert.equal(ranked.results[0].index, 1)
  engine.next({ kind: 'plain', text: '请问怎么办狗证' })
  const file = await toFile(Buffer.alloc(300_000, 1), '来电.wav', { type: 'audio/wav' })
  assert.equal((await client.audio.transcriptions.create({ model: 'scripted-speech', file, language: 'zh' })).text, '请问怎么办狗证')
  assert.equal(engine.last.body.file.bytes, 300_000)
  assert.equal(engine.last.body.language, 'zh')
})

test('however the engine cuts its stream, the text is the same', async () => {
  const text = '满八十周岁的老年人，每月一百元。'
  for (const b of [{ kind: 'split' }, { kind: 'split', crlf: true }, { kind: 'packed' }]) {
    engine.next({ ...b, text })
    const got = await collect(await chat({ stream: true }))
    assert.equal(got.text, text, JSON.stringify(b))
    assert.deepEqual(got.finish, ['stop'])
  }
  engine.next({ kind: 'split', text })
  assert.equal((await chat()).choices[0].message.content, text)
})

// What the SDK throws, and that it is an answer in words.
async function thrown(work) {
  const error = await work.then(() => null, (e) => e)
  assert.ok(error, 'nothing was thrown')
  return error
}

test('a stream that breaks is an error after what had come, and never an end', ours, async () => {
  for (const b of [{ kind: 'reset', after: 4 }, { kind: 'cut', after: 4 }, { kind: 'error', after: 4 }, { kind: 'garbage', after: 4 }]) {
    engine.next({ ...b, text: '满八十周岁的老年人，每月一百元，按季发放。' })
    const got = { text: '', finish: [] }
    const error = await thrown((async () => {
      for await (const chunk of await chat({ stream: true })) {
        got.text += chunk.choices[0]?.delta.content ?? ''
        if (chunk.choices[0]?.finish_reason) got.finish.push(chunk.choices[0].finish_reason)
      }
    })())
    assert.ok(error instanceof OpenAI.APIError, `${b.kind}: ${error}`)
    assert.equal(error.status, undefined, `${b.kind}: ${error}`) // not refused: it had begun
    assert.ok('满八十周岁的老年人，每月一百元，按季发放。'.startsWith(got.text), got.text)
    assert.deepEqual(got.finish, [], b.kind)
  }
})

test('who has no key, asks for no such model or sends nonsense is told so', ours, async () => {
  const stranger = new OpenAI({ baseURL: gateway.base, apiKey: 'sk-tb-nobody', maxRetries: 0 })
  const unknown = await thrown(stranger.chat.completions.create({ model, messages }))
  assert.ok(unknown instanceof OpenAI.AuthenticationError, String(unknown))
  const missing = await thrown(chat({ model: 'gpt-5' }))
  assert.ok(missing instanceof OpenAI.NotFoundError, String(missing))
  const nonsense = await thrown(chat({ messages: 'nonsense' }))
  assert.ok(nonsense instanceof OpenAI.BadRequestError, String(nonsense))
  for (const e of [unknown, missing, nonsense]) {
    assert.equal(typeof e.error.message, 'string')
    assert.equal(typeof e.error.type, 'string')
    assert.ok('code' in e.error && 'param' in e.error)
  }
  assert.equal(engine.requests.length, 0)
})

test('who leaves ends the work of the engine at once', async () => {
  const took = []
  for (let i = 0; i < 3; i++) {
    engine.next({ kind: 'plain', text: '满'.repeat(4000), delay_ms: 10 })
    const stream = await chat({ stream: true })
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break // leaving the loop closes it
    const left = Date.now()
    while (!engine.last.cancelled) await new Promise((r) => setTimeout(r, 2))
    took.push(engine.last.closed_at - left)
  }
  assert.ok(Math.min(...took) <= 100, `${took} ms`)
})

test('headers say which request it was and what is left', ours, async () => {
  const { data, response, request_id } = await chat().withResponse()
  assert.ok(data.choices.length)
  assert.ok(request_id)
  assert.ok(Number(response.headers.get('x-tongban-overhead-ms')) >= 0)
  const own = await chat({}, { headers: { 'x-request-id': 'req-of-mine-1' } }).withResponse()
  assert.equal(own.request_id, 'req-of-mine-1')
})

test('an answer from a second try is a good one, on a connection that stays', ours, async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  const ask = (stream) => new Promise((done, failed) => {
    const request = http.request(`${gateway.base}/chat/completions`, { method: 'POST', agent, headers: { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' } })
    request.on('error', failed).on('response', async (reply) => {
      let text = ''
      for await (const part of reply) text += part
      done({ text, id: reply.headers['x-request-id'], reused: request.reusedSocket })
    })
    request.end(JSON.stringify({ model, messages, stream }))
  })
  engine.next({ kind: 'status', status: 500 })
  const second = await ask(true)
  assert.equal(engine.requests.length, 2)
  assert.match(second.text, /\[DONE\]/)
  const next = await ask(false) // where the connection was closed without a word this fails
  assert.ok(next.reused)
  agent.destroy()
  assert.deepEqual(gateway.server.lines('gateway').filter((l) => l.level !== 'info' && l.msg.includes(second.id)), [])
})

// Last: an engine that failed so often is given a rest.
test('an engine that refuses is an error of the SDK, without its inner troubles', ours, async () => {
  engine.always({ kind: 'status', status: 400, body: JSON.stringify({ error: { message: "This model's maximum context length is 8192 tokens.", type: 'invalid_request_error', code: 'context_length_exceeded' } }) })
  const long = await thrown(chat())
  assert.ok(long instanceof OpenAI.BadRequestError, String(long))
  assert.ok(long.error.message)
  for (const status of [429, 500, 503]) {
    engine.always({ kind: 'status', status, retry_after: 2 })
    const error = await thrown(chat())
    assert.ok(error instanceof OpenAI.APIError && error.status >= 429, `${status}: ${error}`)
    assert.doesNotMatch(error.message, /scripted failure/)
  }
})
