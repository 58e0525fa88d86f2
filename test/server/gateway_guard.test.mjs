// The guard, keys and the trail on the way to engines and back: personal data never reach an engine
// and are put back for the caller, forbidden words stop in every mode, limits hold when a hundred
// come at once, and every call stands in the books.
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { App, addKey, argumentsOf, callOf, callsOf, everythingOf, rows, startGateway, textOf, trailHolds } from './gateway.mjs'
import { eventually, plain, run } from './lib.mjs'

const forbidden = `version: 1
forbidden:
  - kind: A.1 a
    way: both
    words: [黑曜石行动, secretword]
    fine: []
`
const ID = '11010519491231002X', PHONE = '13800138000', MAIL = 'li.si@example.com'
const ASK = `我叫李四光，身份证${ID}，手机${PHONE}，邮箱 ${MAIL}，怎么领津贴`
const WORD = '黑曜石行动'

let city, server, engine, app, full, digest
before(async () => {
  city = await startGateway({ engines: [{ slots: 200 }], forbidden,
    keys: { 应用: {}, 全文: { keeping: 'full' }, 摘要: { keeping: 'digest' } } })
  server = city.server
  engine = city.engine
  app = new App(server, city.keys.应用)
  full = new App(server, city.keys.全文)
  digest = new App(server, city.keys.摘要)
})
after(async () => {
  for (const a of [app, full, digest]) a?.close()
  await city?.close()
})
beforeEach(() => engine.reset())

// Every way in which a model says something: b as the engine does it, said(reply) what the caller got.
const message = (r) => r.json.choices[0].message
const MODES = {
  'content streamed': { stream: true, b: (text) => ({ kind: 'plain', text }), said: (r) => textOf(r.events) },
  'content': { b: (text) => ({ kind: 'plain', text }), said: (r) => message(r).content },
  'reasoning_content streamed': { stream: true, b: (text) => ({ kind: 'reasoning', reasoning: text, text: '好' }), said: (r) => textOf(r.events, 'reasoning_content') },
  'reasoning_content': { b: (text) => ({ kind: 'reasoning', reasoning: text, text: '好' }), said: (r) => message(r).reasoning_content },
  'reasoning streamed': { stream: true, b: (text) => ({ kind: 'reasoning', field: 'reasoning', reasoning: text, text: '好' }), said: (r) => textOf(r.events, 'reasoning') },
  'reasoning': { b: (text) => ({ kind: 'reasoning', field: 'reasoning', reasoning: text, text: '好' }), said: (r) => message(r).reasoning },
  'thinking in the content, streamed': { stream: true, b: (text) => ({ kind: 'think', reasoning: text, text: '好' }), said: (r) => /<think>(.*)<\/think>/s.exec(textOf(r.events))[1] },
  'tool arguments streamed': { stream: true, b: (text) => ({ kind: 'tools', calls: [{ name: 'f', arguments: { a: text } }] }), said: (r) => JSON.parse(argumentsOf(r.events)).a },
  'tool arguments': { b: (text) => ({ kind: 'tools', calls: [{ name: 'f', arguments: { a: text } }] }), said: (r) => JSON.parse(message(r).tool_calls[0].function.arguments).a },
  'the third of three choices, streamed': { stream: true, n: 3, b: (text) => ({ kind: 'plain', texts: ['甲', '乙', text] }), said: (r) => textOf(r.events, 'content', 2) },
  'the third of three choices': { n: 3, b: (text) => ({ kind: 'plain', texts: ['甲', '乙', text] }), said: (r) => r.json.choices[2].message.content },
  'completions streamed': { stream: true, path: '/v1/completions', b: (text) => ({ kind: 'plain', text }), said: (r) => textOf(r.events) },
  'completions': { path: '/v1/completions', b: (text) => ({ kind: 'plain', text }), said: (r) => r.json.choices[0].text },
}
const sendIn = (mode, text, by = app, onData) => by.post(mode.path ?? '/v1/chat/completions',
  { model: 'm', ...(mode.stream && { stream: true }), ...(mode.n && { n: mode.n }), ...(mode.path ? { prompt: text } : { messages: [{ role: 'user', content: text }] }) }, { onData })

describe('personal data', () => {
  for (const [name, mode] of Object.entries(MODES))
    test(`${name}: tokens for the engine, itself for the caller, however it is cut`, async () => {
      for (const piece of [1, 2, 3, 5, 1000]) {
        engine.script = (q) => ({ ...mode.b(q.prompt), piece })
        const r = await sendIn(mode, ASK)
        assert.equal(r.status, 200, r.text)
        assert.equal(mode.said(r), ASK)
        const sent = JSON.stringify(engine.last.body)
        for (const secret of [ID, PHONE, MAIL, '李四光']) assert.ok(!sent.includes(secret), secret)
        assert.match(sent, /〔身份证号1〕.*〔手机号1〕.*〔邮箱1〕/)
      }
    })

  test('hides nowhere in what is asked', async () => {
    engine.always({ kind: 'plain', text: '好' })
    const tool = { type: 'function', function: { name: 'f', description: `找 ${PHONE}`, parameters: { type: 'object', properties: { a: { type: 'string', enum: [PHONE] } } } } }
    const body = { model: 'm', tools: [tool], functions: [tool.function], response_format: { type: 'json_schema', json_schema: { name: 's', schema: { const: PHONE } } },
      messages: [{ role: 'system', content: `坐席 ${PHONE}` }, { role: 'user', name: 'u', content: [{ type: 'text', text: PHONE }] },
        { role: 'assistant', content: null, reasoning_content: PHONE, tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: `{"a":"${PHONE}"}` } }] },
        { role: 'tool', tool_call_id: 'c1', content: `{"phone":"${PHONE}"}` }, { role: 'user', content: '再说一遍' }] }
    const r = await app.post('/v1/chat/completions', body)
    assert.equal(r.status, 200, r.text)
    assert.ok(!JSON.stringify(engine.last.body).includes(PHONE), JSON.stringify(engine.last.body))
    for (const [path, more] of [['/v1/embeddings', { input: [ASK, PHONE] }], ['/v1/embeddings', { input: ASK }]]) {
      await app.post(path, { model: 'm', ...more })
      assert.ok(engine.requests.every((q) => !JSON.stringify(q.body).includes(PHONE)))
    }
  })

  test('hides in no number of JSON; a seed stays a number', async () => {
    engine.always({ kind: 'plain', text: '好' })
    const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: { a: { type: 'integer', enum: [Number(PHONE), 7] } } } } }]
    const r = await app.chat('x', { tools, metadata: { phone: Number(PHONE), n: 1234567 }, seed: Number(PHONE) })
    assert.equal(r.status, 200, r.text)
    const { seed, ...sent } = engine.last.body
    assert.equal(seed, Number(PHONE))
    assert.ok(!JSON.stringify(sent).includes(PHONE), JSON.stringify(sent))
    assert.deepEqual([sent.metadata.n, sent.tools[0].function.parameters.properties.a.enum[1]], [1234567, 7])
  })

  test('hides in no other field, and in no text that looks like a picture', async () => {
    engine.always({ kind: 'plain', text: '好' })
    const picture = { type: 'image_url', image_url: { url: `data:image/png;base64,${'iVBORw0KGgo'.repeat(200)}/13800138000=` } }
    const sound = { type: 'input_audio', input_audio: { format: 'wav', data: `${'UklGRiQ'.repeat(200)}/13800138000=` } }
    const seen = await app.chat([{ type: 'text', text: '看看' }, picture, sound])
    assert.equal(seen.status, 200, seen.text)
    assert.deepEqual(engine.last.messages[0].content.slice(1), [picture, sound], 'a picture stays what it is')
    const hidden = [{ user: PHONE }, { metadata: { phone: PHONE } }, { stop: [PHONE] }, { guided_choice: [PHONE] }, { chat_template: `{{ '${PHONE}' }}` }, { prediction: { type: 'content', content: PHONE } },
      { messages: [{ role: `user ${PHONE}`, content: 'x' }] }, { messages: [{ role: 'user', id: PHONE, content: 'x' }] },
      ...[`data: ${PHONE}`, `data:image/png;base64,${PHONE}`, `data:;base64,李 ${PHONE}`].flatMap((text) => [{ messages: [{ role: 'user', content: text }] }, { messages: [{ role: 'user', content: [{ type: 'text', text }] }] }]),
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: `http://x/?p= ${PHONE}` } }] }] }]
    for (const more of hidden) {
      const r = await app.chat('x', more)
      assert.equal(r.status, 200, r.text)
      assert.ok(!JSON.stringify(engine.last.body).includes(PHONE), JSON.stringify(more))
      const bad = await app.post('/v1/chat/completions', JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x' }], ...more }).replaceAll(PHONE, WORD))
      assert.equal(bad.json.error?.code, 'content_filter', JSON.stringify(more))
    }
    const asked = engine.requests.length
    for (const key of [PHONE, WORD]) {
      const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: { [key]: { type: 'string' } } } } }]
      assert.ok((await app.chat('x', { tools })).status >= 400)
      assert.ok((await app.chat('x', { [key]: 1 })).status >= 400)
    }
    assert.equal(engine.requests.length, asked)
  })

  test('a number that the engine makes up is not shown', async () => {
    for (const mode of Object.values(MODES)) {
      engine.script = () => ({ ...mode.b(`请打 13912345678 找王五`), piece: 1 })
      const r = await sendIn(mode, '找谁')
      assert.equal(mode.said(r), '请打 〔手机号已隐去〕 找王五')
    }
  })
})

describe('a forbidden word', () => {
  for (const [name, mode] of Object.entries(MODES))
    test(`${name}: said by the engine, it never leaves, however it is cut`, async () => {
      for (const piece of [1, 2, 3, 4, 1000])
        for (const [before, hidden, behind] of [['请看', WORD, '的说明'], ['请看', '黑 曜石行動', '的说明'], ['', 'ＳecretＷord', ''], ['see ', 'SecretWord', ' here']]) {
          engine.script = () => ({ ...mode.b(`${before}${hidden}${behind}`), piece })
          const r = await sendIn(mode, '怎么办')
          const code = r.json?.error?.code ?? r.error?.code
          assert.equal(code, 'content_filter', r.text)
          assert.ok(!r.done)
          const seen = r.text.replaceAll('content_filter', '')
          assert.ok(!seen.includes(WORD) && !/[sＳ]ecret[wＷ]ord/i.test(seen) && !seen.includes(behind || WORD), seen)
          if (mode.stream && r.status === 200) assert.ok(!mode.said({ ...r, events: [...r.events, end(mode)] }).includes(hidden.slice(0, -1)), r.text)
        }
      const row = (await callsOf(server)).at(-1)
      assert.equal(row.outcome, 'forbidden')
    })
  const end = (mode) => ({ choices: [{ index: 0, delta: { content: '</think>', tool_calls: [{ index: 0, function: { arguments: '"}' } }] } }] })

  test('asked, it never reaches an engine', async () => {
    for (const mode of Object.values(MODES))
      for (const text of [`讲讲${WORD}`, 'tell me the ＳＥＣＲＥＴWORD']) {
        engine.always({ kind: 'plain', text: '好' })
        const r = await sendIn(mode, text)
        assert.ok([400, 403].includes(r.status), r.text)
        assert.equal(r.json.error.code, 'content_filter')
      }
    const nested = await app.post('/v1/chat/completions', { model: 'm', tools: [{ type: 'function', function: { name: 'f', description: WORD } }], messages: [{ role: 'user', content: 'x' }] })
    assert.equal(nested.json.error.code, 'content_filter')
    assert.equal(engine.requests.length, 0)
  })

  const chunk = (choice, more = {}) => `data: ${JSON.stringify({ object: 'chat.completion.chunk', ...more, choices: [{ index: 0, finish_reason: null, ...choice }] })}\n\n`
  const done = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
  for (const [where, chunks] of Object.entries({
    'parts of content': ['黑曜', '石行动'].map((text) => chunk({ delta: { content: [{ type: 'text', text }] } })),
    'reasoning_details': ['黑曜', '石行动'].map((text) => chunk({ delta: { reasoning_details: [{ type: 'reasoning.text', text }] } })),
    'a custom tool': ['黑曜', '石行动'].map((input) => chunk({ delta: { tool_calls: [{ index: 0, type: 'custom', custom: { input } }] } })),
    'arguments that are an object': [chunk({ delta: { tool_calls: [{ index: 0, function: { name: 'f', arguments: { a: WORD } } }] } })],
    'the name of a tool': [chunk({ delta: { tool_calls: [{ index: 0, function: { name: WORD, arguments: '{}' } }] } })],
    'tool_calls that are a text': [chunk({ delta: { tool_calls: WORD } })],
    'tool_calls that are texts': [chunk({ delta: { tool_calls: [WORD] } })],
    'a delta that is a text': [chunk({ delta: WORD })],
    'a message in a stream': [chunk({ delta: {}, message: { role: 'assistant', content: WORD } })],
    'another field of the choice': [chunk({ delta: { content: '好' }, comment: WORD })],
    'another field of the event': [chunk({ delta: { content: '好' } }, { comment: WORD })],
    'the role': [chunk({ delta: { role: WORD, content: '好' } })],
    'a list of choices beside the first': [`data: {"choices":[],"choices":[{"index":0,"delta":{"content":"${WORD}"},"finish_reason":null}]}\n\n`],
    'the finish reason': [chunk({ delta: { content: '好' }, finish_reason: WORD })],
    'a key of arguments that are an object': [chunk({ delta: { tool_calls: [{ index: 0, function: { name: 'f', arguments: { [WORD]: 1 } } }] } })],
  }))
    test(`in ${where} of a stream it does not pass`, async () => {
      engine.always({ kind: 'raw', chunks: [chunk({ delta: { role: 'assistant' } }), ...chunks, done] })
      const r = await app.stream('怎么办')
      const seen = (r.events ?? []).map((e) => JSON.stringify(e)).join('')
      assert.ok(!seen.includes(WORD) && !(seen.includes('黑曜') && seen.includes('石行动')), r.text)
    })

  for (const [where, answer] of Object.entries({
    'arguments that are an object': { choices: [{ index: 0, message: { tool_calls: [{ function: { name: 'f', arguments: { a: WORD } } }] }, finish_reason: 'stop' }] },
    'tool_calls that are a text': { choices: [{ index: 0, message: { content: '好', tool_calls: WORD }, finish_reason: 'stop' }] },
    'a message that is a text': { choices: [{ index: 0, message: WORD, finish_reason: 'stop' }] },
    'a delta': { choices: [{ index: 0, message: { content: '好' }, delta: { content: WORD }, finish_reason: 'stop' }] },
    'parts of content': { choices: [{ index: 0, message: { content: [{ type: 'text', text: WORD }] }, finish_reason: 'stop' }] },
    'another field': { comment: WORD, choices: [{ index: 0, message: { content: '好' }, finish_reason: 'stop' }] },
    'choices that are no list': { choices: { a: { message: { content: WORD } } } },
  }))
    test(`in ${where} of a whole answer it does not pass`, async () => {
      engine.always({ kind: 'raw', type: 'application/json', chunks: [JSON.stringify(answer)] })
      const r = await app.chat('怎么办')
      assert.ok(!r.text.includes(WORD), r.text)
    })
})
