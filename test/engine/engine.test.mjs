// The scripted engine itself: what it is told is what arrives.
import test from 'node:test'
import assert from 'node:assert/strict'
import { startEngine, behaviours, evidenceOf } from './engine.mjs'

const question = { messages: [{ role: 'system', content: '规则' }, { role: 'user', content: '依据：\n[1]《明川市高龄津贴办法》：第五条 满八十周岁的老年人可以申领高龄津贴。每月一百元。\n\n问题：奶奶能领吗' }], stream: true }

async function ask(engine) {
  const res = await fetch(`${engine.url}/chat/completions`, { method: 'POST', body: JSON.stringify(question) })
  const bytes = Buffer.from(await res.arrayBuffer())
  return { status: res.status, text: bytes.toString('utf8'), bytes }
}

const said = (text) => [...text.matchAll(/^data: (\{.*\})\r?$/gm)].map((m) => JSON.parse(m[1]).choices[0]?.delta?.content ?? '').join('')

test('a plain answer comes in deltas and ends', async () => {
  const engine = await startEngine()
  engine.next({ kind: 'plain', text: '每月一百元。' })
  const got = await ask(engine)
  assert.equal(said(got.text), '每月一百元。')
  assert.match(got.text, /"finish_reason":"stop"/)
  assert.match(got.text, /data: \[DONE\]\n\n$/)
  await engine.close()
})

test('an echo says what the evidence says', async () => {
  const engine = await startEngine()
  assert.equal(said((await ask(engine)).text), '第五条 满八十周岁的老年人可以申领高龄津贴。')
  assert.equal(evidenceOf('依据：\n1. 甲机关负责本事项；乙机关配合。\n\n问题：谁负责', 2), '甲机关负责本事项。乙机关配合。')
  assert.equal(engine.last.system, '规则')
  assert.match(engine.last.prompt, /奶奶能领吗/)
  await engine.close()
})

test('split, packed and half answers carry the same bytes in the end', async () => {
  const engine = await startEngine()
  for (const kind of ['split', 'packed']) {
    engine.next({ kind, text: '每月一百元。', crlf: kind === 'split' })
    assert.equal(said((await ask(engine)).text), '每月一百元。')
  }
  engine.next({ kind: 'half', text: '每月一百元。' })
  const { bytes } = await ask(engine)
  const contents = []
  for (let at = 0; (at = bytes.indexOf('"content":"', at)) >= 0;) {
    at += 11
    contents.push(bytes.subarray(at, bytes.indexOf('"', at)))
  }
  assert.equal(Buffer.concat(contents).toString('utf8'), '每月一百元。')
  assert.ok(contents.some((c) => c.toString('utf8').includes('\ufffd')))
  await engine.close()
})

test('broken answers break, and the asker who leaves is seen', async () => {
  const engine = await startEngine()
  engine.next({ kind: 'reset', text: '每月一百元。' }, { kind: 'cut', text: '每月一百元。' }, { kind: 'status', status: 429 }, { kind: 'hang' })
  await assert.rejects(ask(engine))
  const cut = await ask(engine)
  assert.doesNotMatch(cut.text, /DONE|"stop"/)
  assert.equal((await ask(engine)).status, 429)
  const leave = new AbortController()
  const hanging = fetch(`${engine.url}/chat/completions`, { method: 'POST', body: JSON.stringify(question), signal: leave.signal })
  while (engine.requests.length < 4) await new Promise(setImmediate)
  leave.abort()
  await assert.rejects(hanging)
  while (!engine.last.cancelled) await new Promise(setImmediate)
  await engine.close()
})

test('it is steered over HTTP too', async () => {
  const engine = await startEngine()
  const control = (path, body) => fetch(`http://127.0.0.1:${engine.port}/control/${path}`, body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }).then((r) => r.json())
  await control('next', [{ kind: 'empty' }, { kind: 'html' }])
  assert.equal((await control('state')).queued, 2)
  assert.equal(said((await ask(engine)).text), '')
  assert.match((await ask(engine)).text, /html/)
  assert.equal((await control('requests')).length, 2)
  await control('reset', null)
  assert.equal((await control('state')).asked, 0)
  assert.throws(() => engine.next({ kind: 'nonsense' }))
  assert.ok(behaviours.length >= 20)
  await engine.close()
})
