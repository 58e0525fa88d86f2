// Vectors, reranking and speech through the gateway: right, guarded, booked, retried like chats.
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { App, callOf, startGateway } from './gateway.mjs'

const forbidden = `version: 1
forbidden:
  - kind: A.1 a
    way: both
    words: [黑曜石行动]
    fine: []
`
const PHONE = '13800138000', WORD = '黑曜石行动'

let city, server, app, vectors, order, speech, spare
before(async () => {
  city = await startGateway({ forbidden, engines: [{ role: 'embedding', model: 'v' }, { role: 'embedding', model: 'v' }, { role: 'rerank', model: 'r' }, { role: 'speech', model: 's' }] })
  server = city.server
  ;[vectors, spare, order, speech] = city.engines
  app = new App(server, city.keys.app)
})
after(async () => {
  app?.close()
  await city?.close()
})
beforeEach(() => city.engines.forEach((e) => e.reset()))

const asked = () => [...vectors.requests, ...spare.requests]
const form = (fields, filename = 'a.wav') => {
  const mark = 'xxMARKxx'
  const parts = Object.entries(fields).flatMap(([name, v]) => [`--${mark}\r\nContent-Disposition: form-data; name="${name}"`,
    typeof v === 'string' ? '\r\n\r\n' : `; filename="${filename}"\r\nContent-Type: audio/wav\r\n\r\n`, v, '\r\n'])
  const bytes = Buffer.concat([...parts, `--${mark}--\r\n`].map((p) => Buffer.from(p)))
  return [bytes, { headers: { 'content-type': `multipart/form-data; boundary=${mark}` } }]
}

test('vectors, as numbers and as base64, of one text and of many', async () => {
  for (const [input, encoding_format] of [['高龄津贴', 'float'], [['高龄津贴', '狗证', '公租房'], 'float'], [['高龄津贴', '狗证'], 'base64']]) {
    const r = await app.post('/v1/embeddings', { model: 'v', input, encoding_format })
    assert.equal(r.status, 200, r.text)
    assert.deepEqual(r.json.data.map((d) => d.index), [input].flat().map((_, i) => i))
    assert.equal(typeof r.json.data[0].embedding === 'string', encoding_format === 'base64')
    const row = await callOf(server, r.headers['x-request-id'])
    assert.equal(row.figures.prompt_tokens, [input].flat().join('').length)
    assert.equal(row.figures.answer_tokens ?? 0, 0)
  }
})

test('an engine of vectors that fails is replaced by another', async () => {
  for (const b of [{ kind: 'drop' }, { kind: 'status', status: 500 }, { kind: 'html' }, { kind: 'cut' }, { kind: 'garbage' }, { kind: 'error' }, { kind: 'raw', type: 'application/json', chunks: ['{"data":"none"}'] }]) {
    let n = 0
    vectors.script = spare.script = () => (n++ ? { kind: 'plain' } : b)
    const r = await app.post('/v1/embeddings', { model: 'v', input: '高龄津贴' })
    assert.equal(r.status, 200, `${JSON.stringify(b)} ${r.text}`)
    assert.equal(r.json.data.length, 1)
  }
})

test('an engine that counts foolishly changes no books and ends no server', async () => {
  for (const prompt_tokens of [-5, 1e18, -9007199254740991, 'many', null, 1.5]) {
    vectors.script = spare.script = () => ({ kind: 'raw', type: 'application/json', chunks: [JSON.stringify({ data: [{ index: 0, embedding: [1] }], usage: { prompt_tokens } })] })
    const r = await app.post('/v1/embeddings', { model: 'v', input: '高龄津贴' })
    assert.equal(r.status, 200, r.text)
    const row = await callOf(server, r.headers['x-request-id'])
    assert.ok(row.figures.prompt_tokens >= 0 && row.figures.prompt_tokens <= 1e9, String(row.figures.prompt_tokens))
  }
})

test('the order of documents, with personal data put back and nothing forbidden', async () => {
  const documents = ['低保怎么办', `李先生电话 ${PHONE} 问高龄津贴`, { text: `高龄津贴请打 ${PHONE}` }]
  const r = await app.post('/v1/rerank', { model: 'r', query: `高龄津贴 ${PHONE}`, documents, return_documents: true, top_n: 3 })
  assert.equal(r.status, 200, r.text)
  assert.ok(!JSON.stringify(order.last.body).includes(PHONE))
  const texts = documents.map((d) => d.text ?? d)
  for (const one of r.json.results) assert.equal(one.document.text, texts[one.index])
  assert.equal((await callOf(server, r.headers['x-request-id'])).figures.prompt_tokens, r.json.usage.total_tokens)
  const bad = await app.post('/v1/rerank', { model: 'r', query: 'x', documents: [WORD] })
  assert.equal(bad.json.error.code, 'content_filter')
  order.always({ kind: 'raw', type: 'application/json', chunks: [JSON.stringify({ results: [{ index: 0, relevance_score: 1, document: { text: WORD } }] })] })
  assert.equal((await app.post('/v1/rerank', { model: 'r', query: 'x', documents: ['y'] })).json.error.code, 'content_filter')
})

test('personal data of texts for vectors stay here; forbidden ones are refused', async () => {
  assert.equal((await app.post('/v1/embeddings', { model: 'v', input: [`电话 ${PHONE}`] })).status, 200)
  assert.ok(asked().every((q) => !JSON.stringify(q.body).includes(PHONE)))
  assert.equal((await app.post('/v1/embeddings', { model: 'v', input: [WORD] })).json.error.code, 'content_filter')
})

test('speech as text: whole, as JSON and plain; what may not be said is not', async () => {
  const wav = Buffer.from(Array.from({ length: 20000 }, (_, i) => i % 256))
  speech.always({ kind: 'plain', text: '请问高龄津贴怎么办' })
  const r = await app.post('/v1/audio/transcriptions', ...form({ model: 's', language: 'zh', file: wav }))
  assert.equal(r.status, 200, r.text)
  assert.equal(r.json.text, '请问高龄津贴怎么办')
  assert.equal(speech.last.body.file.bytes, wav.length)
  const plain = await app.post('/v1/audio/transcriptions', ...form({ model: 's', response_format: 'text', file: wav }))
  assert.equal(plain.text.trim(), '请问高龄津贴怎么办')
  for (const response_format of ['json', 'text']) {
    speech.always({ kind: 'plain', text: `讲讲${WORD}` })
    const bad = await app.post('/v1/audio/transcriptions', ...form({ model: 's', response_format, file: wav }))
    assert.equal(bad.json.error.code, 'content_filter', bad.text)
  }
  for (const fields of [{ model: 's' }, { file: wav }, { model: 's', stream: 'true', file: wav }])
    assert.equal((await app.post('/v1/audio/transcriptions', ...form(fields))).status, 400)
  // what stands beside the recording is read by the model too
  const asked = speech.requests.length
  const prompt = await app.post('/v1/audio/transcriptions', ...form({ model: 's', prompt: `讲讲${WORD}`, file: wav }))
  assert.equal(prompt.json.error?.code, 'content_filter', prompt.text)
  assert.equal((await app.post('/v1/audio/transcriptions', ...form({ model: 's', prompt: `来电 ${PHONE}`, file: wav }))).status, 400)
  speech.always({ kind: 'plain', text: '好' })
  assert.equal((await app.post('/v1/audio/transcriptions', ...form({ model: 's', prompt: '高龄津贴', file: wav }))).status, 200)
  // and so is what the recording is called
  for (const [name, sent] of [[`张伟${PHONE}.mp3`, 'audio.mp3'], ['会议.wav', '会议.wav']]) {
    const r = await app.post('/v1/audio/transcriptions', ...form({ model: 's', file: wav }, name))
    assert.equal(r.status, 200, r.text)
    assert.equal(speech.last.body.file.name, sent)
    assert.equal(speech.last.body.file.bytes, wav.length)
  }
  assert.equal(speech.requests.length, asked + 3)
})

test('a model of one kind is no model of another', async () => {
  for (const [path, body] of [['/v1/chat/completions', { model: 'v', messages: [{ role: 'user', content: 'x' }] }], ['/v1/embeddings', { model: 'r', input: 'x' }], ['/v1/rerank', { model: 'v', query: 'x', documents: ['y'] }]])
    assert.equal((await app.post(path, body)).status, 404)
})
