// What a gateway's tests need of the scripted engine beyond chat streams: replies in one piece, the
// other endpoints, several choices, tools, and an engine that dies.
import test from 'node:test'
import assert from 'node:assert/strict'
import { startEngine } from './engine.mjs'

const chat = { model: 'm-7b', messages: [{ role: 'user', content: [{ type: 'text', text: '这是什么证' }, { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } }] }] }

async function withEngine(work) {
  const engine = await startEngine()
  try {
    await work(engine, (path, body) => fetch(`${engine.url}/${path}`, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }))
  } finally {
    await engine.close()
  }
}

const events = (text) => [...text.matchAll(/^data: (\{.*\})$/gm)].map((m) => JSON.parse(m[1]))

test('a chat that asks for no stream is answered in one piece', () => withEngine(async (engine, post) => {
  engine.next({ kind: 'plain', text: '是营业执照。' })
  const reply = await (await post('chat/completions', chat)).json()
  assert.equal(reply.object, 'chat.completion')
  assert.equal(reply.model, 'm-7b')
  assert.equal(reply.choices[0].message.content, '是营业执照。')
  assert.equal(reply.usage.completion_tokens, 6)
  assert.equal(engine.last.prompt, '这是什么证')
  assert.equal(engine.last.body.messages[0].content[1].type, 'image_url')
}))

test('tools, reasoning and several choices, streamed and not', () => withEngine(async (engine, post) => {
  const calls = [{ name: '查政策', arguments: { 事项: '高龄津贴' } }, { name: '查网点', arguments: '{"区":"东湖"}' }]
  engine.next({ kind: 'tools', calls, reasoning: '先查。' }, { kind: 'tools', calls }, { kind: 'plain', texts: ['甲', '乙乙乙'] }, { kind: 'reasoning', text: '好', reasoning: '想' })
  const streamed = events(await (await post('chat/completions', { ...chat, stream: true })).text())
  const parts = streamed.flatMap((e) => e.choices[0]?.delta.tool_calls ?? [])
  for (const [i, c] of calls.entries()) {
    const mine = parts.filter((p) => p.index === i)
    assert.equal(mine[0].function.name, c.name)
    assert.equal(mine.map((p) => p.function.arguments).join(''), typeof c.arguments === 'string' ? c.arguments : JSON.stringify(c.arguments))
  }
  assert.equal(streamed.map((e) => e.choices[0]?.delta.reasoning_content ?? '').join(''), '先查。')
  assert.ok(streamed.some((e) => e.choices[0]?.finish_reason === 'tool_calls'))
  const [choice] = (await (await post('chat/completions', chat)).json()).choices
  assert.equal(choice.finish_reason, 'tool_calls')
  assert.deepEqual(JSON.parse(choice.message.tool_calls[0].function.arguments), { 事项: '高龄津贴' })
  const two = events(await (await post('chat/completions', { ...chat, n: 2, stream: true })).text())
  const said = (k) => two.flatMap((e) => e.choices).filter((c) => c.index === k).map((c) => c.delta.content ?? '').join('')
  assert.deepEqual([said(0), said(1)], ['甲', '乙乙乙'])
  assert.equal((await (await post('chat/completions', chat)).json()).choices[0].message.reasoning_content, '想')
}))

test('usage comes when it is asked for, or in the last chunk', () => withEngine(async (engine, post) => {
  engine.always({ kind: 'plain', text: '好', usage: 'asked' })
  const counted = async (body) => events(await (await post('chat/completions', { ...chat, stream: true, ...body })).text()).filter((e) => e.usage)
  assert.equal((await counted({})).length, 0)
  const [own] = await counted({ stream_options: { include_usage: true } })
  assert.deepEqual(own.choices, [])
  engine.always({ kind: 'plain', text: '好', usage: 'last' })
  const [last] = await counted({})
  assert.equal(last.choices[0].finish_reason, 'stop')
}))

test('completions, embeddings, rerank, models and transcriptions', () => withEngine(async (engine, post) => {
  engine.models = ['m-7b', 'm-671b']
  assert.deepEqual((await (await fetch(`${engine.url}/models`)).json()).data.map((m) => m.id), ['m-7b', 'm-671b'])
  engine.next({ kind: 'plain', text: '续写' }, { kind: 'plain', text: '续写' })
  assert.equal((await (await post('completions', { model: 'm', prompt: '从前' })).json()).choices[0].text, '续写')
  assert.equal(events(await (await post('completions', { model: 'm', prompt: '从前', stream: true })).text()).map((e) => e.choices[0]?.text ?? '').join(''), '续写')
  const floats = (await (await post('embeddings', { model: 'e', input: ['甲', '乙'] })).json()).data
  const [packed] = (await (await post('embeddings', { model: 'e', input: '甲', encoding_format: 'base64' })).json()).data
  assert.equal(floats.length, 2)
  assert.deepEqual([...new Float32Array(new Uint8Array(Buffer.from(packed.embedding, 'base64')).buffer)], floats[0].embedding)
  const { results } = await (await post('rerank', { model: 'r', query: '养犬', documents: ['医保', '养犬登记', { text: '养老' }], top_n: 2 })).json()
  assert.deepEqual(results.map((r) => r.index), [1, 2])
  const form = new FormData()
  form.set('model', 'w')
  form.set('file', new Blob([new Uint8Array([1, 13, 10, 255])]), '录音.wav')
  engine.next({ kind: 'plain', text: '您好' })
  assert.equal((await (await fetch(`${engine.url}/audio/transcriptions`, { method: 'POST', body: form })).json()).text, '您好')
  assert.equal(engine.last.body.model, 'w')
  assert.equal(engine.last.body.file.bytes, 4)
}))

test('what goes wrong with a stream goes wrong with one piece', () => withEngine(async (engine, post) => {
  const ask = async () => (await post('chat/completions', chat)).text()
  engine.next({ kind: 'split', text: '每月一百元。' }, { kind: 'cut', text: '每月一百元。' }, { kind: 'garbage' }, { kind: 'status', status: 503, retry_after: 7 })
  assert.equal(JSON.parse(await ask()).choices[0].message.content, '每月一百元。')
  const cut = await ask()
  assert.throws(() => JSON.parse(cut), SyntaxError)
  const garbage = await ask()
  assert.throws(() => JSON.parse(garbage), SyntaxError)
  assert.equal((await post('chat/completions', chat)).headers.get('retry-after'), '7')
  for (const kind of ['reset', 'drop']) {
    engine.next({ kind })
    await assert.rejects(ask())
  }
}))

test('an engine that dies is gone until it is revived', () => withEngine(async (engine, post) => {
  engine.next({ kind: 'die' })
  await assert.rejects(post('chat/completions', chat))
  await assert.rejects(post('chat/completions', chat))
  await engine.revive()
  assert.equal((await post('chat/completions', chat)).status, 200)
}))
