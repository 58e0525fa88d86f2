// What the gateway knows of models: reasoning apart from the answer, the maker's advice, and answers
// that were given before.
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import fs from 'node:fs'
import path from 'node:path'
import { App, callOf, callsOf, startGateway, textOf } from './gateway.mjs'
import { eventually, needsEmbeddings, root } from './lib.mjs'

const ANSWER = '每月一百元，从80岁起。'
const THOUGHT = '先看依据，再算年龄。'

// The profiles that are shipped.
const shipped = fs.readFileSync(path.join(root, 'models.yaml'), 'utf8')
const profiles = /^profiles:\n(?:(?: .*|#.*)?\n)*/m.exec(shipped)[0]

let city, engine, app, other
before(async () => {
  city = await startGateway({
    engines: [{ models: '[m, deepseek-r1-distill-qwen-7b]', thinks_first: true, trusted: true }],
    keys: { app: {}, other: { department: 'gongan' } },
    more: profiles,
  })
  engine = city.engine
  app = new App(city.server, city.keys.app)
  other = new App(city.server, city.keys.other)
})
after(async () => {
  app?.close()
  other?.close()
  await city?.close()
})
beforeEach(() => engine.reset())

describe('a model that thinks first', () => {
  for (const [what, text] of [
    ['with both tags', `<think>${THOUGHT}</think>\n\n${ANSWER}`],
    ['whose template opened the tag', `${THOUGHT}</think>\n\n${ANSWER}`],
  ]) {
    for (const piece of [1, 3, 1000])
      test(`${what}, streamed in pieces of ${piece}: reasoning apart, the answer alone`, async () => {
        engine.always({ kind: 'plain', text, piece })
        const r = await app.stream('高龄津贴多少钱')
        assert.equal(r.status, 200, r.text)
        assert.ok(r.done)
        assert.equal(textOf(r.events), ANSWER)
        assert.equal(textOf(r.events, 'reasoning_content').trim(), THOUGHT)
      })
    test(`${what}, in one piece`, async () => {
      engine.always({ kind: 'plain', text })
      const m = (await app.chat('高龄津贴多少钱')).json.choices[0].message
      assert.equal(m.content, ANSWER)
      assert.equal(m.reasoning_content.trim(), THOUGHT)
    })
  }

  test('that does not think this time: the answer is there, once', async () => {
    engine.always({ kind: 'plain', text: ANSWER })
    const m = (await app.chat('高龄津贴多少钱')).json.choices[0].message
    assert.equal(m.content, ANSWER)
    assert.equal(m.reasoning_content, undefined)
    assert.equal(textOf((await app.stream('高龄津贴多少钱')).events), ANSWER)
  })

  test('whose engine keeps them apart already: both as they came', async () => {
    engine.always({ kind: 'reasoning', text: ANSWER, reasoning: THOUGHT })
    const r = await app.stream('高龄津贴多少钱')
    assert.equal(textOf(r.events), ANSWER)
    assert.equal(textOf(r.events, 'reasoning_content'), THOUGHT)
  })
})

describe("the maker's advice", () => {
  const sent = () => engine.requests.at(-1).body
  test('R1 is asked at 0.6 when the caller names no temperature', async () => {
    engine.always({ kind: 'plain', text: ANSWER })
    await app.chat('一', { model: 'deepseek-r1-distill-qwen-7b' })
    assert.equal(sent().temperature, 0.6)
    await app.chat('一', { model: 'deepseek-r1-distill-qwen-7b', temperature: 0.1 })
    assert.equal(sent().temperature, 0.1)
  })
})

describe('an answer that was given before', () => {
  const asked = () => engine.requests.length
  const ask = (who, text, more, options) => who.chat(text, { temperature: 0, ...more }, options)
  const fromCache = (r) => r.headers['x-tongban-cache'] === 'hit'

  test('is given again at temperature 0, whole and as a stream, and costs nothing', async () => {
    engine.always({ kind: 'plain', text: ANSWER })
    assert.ok(!fromCache(await ask(app, '社保卡丢了怎么办')))
    const whole = await ask(app, '社保卡丢了怎么办')
    assert.ok(fromCache(whole))
    assert.equal(whole.json.choices[0].message.content, ANSWER)
    const stream = await ask(app, '社保卡丢了怎么办', { stream: true, stream_options: { include_usage: true } })
    assert.ok(fromCache(stream) && stream.done)
    assert.equal(textOf(stream.events), ANSWER)
    assert.ok(stream.events.at(-1).usage.completion_tokens > 0)
    assert.equal(asked(), 1)
    const { figures } = await callOf(city.server, whole.headers['x-request-id'])
    assert.ok(figures.from_cache)
    assert.equal(figures.prompt_tokens + figures.answer_tokens, 0)
  })

  for (const [what, first, then] of [
    ['another question', {}, { text: '医保卡丢了怎么办？' }],
    ['another temperature', {}, { more: { temperature: 0.7 } }],
    ['no temperature, which the engine chooses', { more: { temperature: undefined } }, { more: { temperature: undefined } }],
    ['other tools', {}, { more: { tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }] } }],
    ['another seed', { more: { seed: 1 } }, { more: { seed: 2 } }],
    ['another answer wanted', {}, { options: { headers: { 'x-tongban-cache': 'no' } } }],
    ['personal data in it', { text: '我的电话13812345678，社保卡丢了' }, { text: '我的电话13812345678，社保卡丢了' }],
  ])
    test(`is not given for ${what}`, async () => {
      const text = `${what}：社保卡丢了怎么办`
      engine.always({ kind: 'plain', text: ANSWER })
      await ask(app, first.text ?? text, first.more, first.options)
      const r = await ask(app, then.text ?? text, then.more, then.options)
      assert.equal(r.status, 200, r.text)
      assert.ok(!fromCache(r))
      assert.equal(asked(), 2)
    })

  test('is never given to another department', async () => {
    engine.always({ kind: 'plain', text: ANSWER })
    await ask(app, '内部怎么分工')
    const r = await ask(other, '内部怎么分工')
    assert.equal(r.status, 200, r.text)
    assert.ok(!fromCache(r))
    assert.equal(asked(), 2)
  })

  test('is not kept when it was cut off or failed', async () => {
    engine.next({ kind: 'plain', text: '每月', finish: 'length' }, { kind: 'plain', text: ANSWER })
    await ask(app, '津贴多少')
    const r = await ask(app, '津贴多少')
    assert.ok(!fromCache(r))
    assert.equal(r.json.choices[0].message.content, ANSWER)
  })
})

test('a recording is sent on whole, under the name that the engine has for the model', async () => {
  const speech = await startGateway({
    engines: [{ role: 'speech', model: 'paraformer-zh' }], more: 'aliases:\n  语音: paraformer-zh\n',
  })
  try {
    speech.engine.always({ kind: 'plain', text: '您好，我想问高龄津贴。' })
    const mark = 'xx7'
    const part = (name, value, more = '') => `--${mark}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`
    const sound = Buffer.from([0, 255, 13, 10, 45, 45, 120, 120, 13, 10, 0])
    const body = Buffer.concat([Buffer.from(part('model', '语音') + part('language', 'zh')),
      Buffer.from(`--${mark}\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n`), sound, Buffer.from(`\r\n--${mark}--\r\n`)])
    const who = new App(speech.server, speech.keys.app)
    const r = await who.post('/v1/audio/transcriptions', body, { headers: { 'content-type': `multipart/form-data; boundary=${mark}` } })
    assert.equal(r.status, 200, r.text)
    assert.equal(r.json.text, '您好，我想问高龄津贴。')
    const got = speech.engine.requests.at(-1).body
    assert.equal(got.model, 'paraformer-zh')
    assert.equal(got.language, 'zh')
    assert.equal(got.file.bytes, sound.length)
    who.close()
  } finally {
    await speech.close()
  }
})

test('a flood of calls without a key is answered, and fills no trail', async () => {
  const nobody = new App(city.server, 'sk-tb-nobody')
  const calls = await Promise.all([...Array(400)].map(() => nobody.get('/v1/models')))
  nobody.close()
  assert.ok(calls.every((r) => [401, 429].includes(r.status)))
  assert.ok(calls.some((r) => r.status === 401) && calls.some((r) => r.status === 429 && Number(r.headers['retry-after']) >= 1))
  const booked = calls.filter((r) => r.status === 401).map((r) => r.headers['x-request-id'])
  const seen = await eventually(async () => {
    const ids = new Set((await callsOf(city.server)).map((c) => c.request_id))
    return booked.every((id) => ids.has(id)) && ids
  })
  assert.ok(calls.filter((r) => r.status === 429).every((r) => !seen.has(r.headers['x-request-id'])))
})

test('what an engine says of a request that it does not accept reaches the caller, with its code', async () => {
  engine.always({ kind: 'status', status: 400, body: JSON.stringify({ error: { message: "This model's maximum context length is 32768 tokens", code: 'context_length_exceeded' } }) })
  const r = await app.chat('很长的问题')
  assert.equal(r.status, 400)
  assert.equal(r.json.error.code, 'context_length_exceeded')
  assert.match(r.json.error.message, /不接受.*maximum context length/)
})
test('a message whose content is no text is refused before any engine sees it', async () => {
  for (const messages of [[{ role: 'user', content: 5 }], [{ role: 'user', content: true }], [{ role: 'user', content: {} }], [7], ['x']])
    assert.equal((await app.chat('', { messages })).status, 400, JSON.stringify(messages))
  assert.equal(engine.requests.length, 0)
})

test('"default" is the model that comes first', async () => {
  engine.always({ kind: 'plain', text: ANSWER })
  const r = await app.chat('高龄津贴', { model: 'default' })
  assert.equal(r.status, 200, r.text)
  assert.equal(engine.requests.at(-1).model, 'm')
})

test('with --alike the same question in other words is the same, unless a number, a denial or the department differs', needsEmbeddings, async () => {
  const wide = await startGateway({ keys: { app: {}, other: { department: 'gongan' } }, args: ['--alike', '0.9'] })
  const who = new App(wide.server, wide.keys.app), elsewhere = new App(wide.server, wide.keys.other)
  try {
    wide.engine.always({ kind: 'plain', text: ANSWER })
    const ask = (text, from = who) => from.chat(text, { temperature: 0 })
    const hit = async (...a) => (await ask(...a)).headers['x-tongban-cache'] === 'hit'
    assert.equal(await hit('80岁老人高龄津贴怎么申请'), false)
    assert.equal(await hit('80岁老人高龄津贴如何申请'), true)
    assert.equal(await hit('90岁老人高龄津贴如何申请'), false)
    assert.equal(await hit('80岁老人高龄津贴不能申请吗'), false)
    assert.equal(await hit('公园几点关门'), false)
    assert.equal(await hit('80岁老人高龄津贴怎样申请', elsewhere), false)
  } finally {
    who.close()
    elsewhere.close()
    await wide.close()
  }
})
