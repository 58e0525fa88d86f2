// A day of questions through the gateway, before three engines that keep what they have read as vLLM does: how much of
// the prompts they find there. The same calls dealt out in turn, on the side, show what the choice of engine is worth.
//   TONGBAN_DAY=10000 TONGBAN_SEED=7 TONGBAN_BLOCKS=4096 node --test test/server/gateway_day.test.mjs
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { PrefixCache } from '../engine/prefix.mjs'
import { App, startGateway, useOf } from './gateway.mjs'
import { eventually, root } from './lib.mjs'

const CALLS = Number(process.env.TONGBAN_DAY ?? 1500)
const ENGINES = 3, AT_ONCE = 24
const BLOCKS = Number(process.env.TONGBAN_BLOCKS ?? 1024) // of 16 tokens, a tenth of what the day reads again: the city's own documents are few
const LEAST = 0.56 // DeepSeek's published share of prompt tokens found on disk
let state = Number(process.env.TONGBAN_SEED ?? 20261121)
const roll = (n) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return Math.floor((state / 2 ** 32) * n)
}
const popular = (n) => Math.floor(n ** (roll(1e6) / 1e6)) - (n > 1 ? 1 : 0) // Zipf: the first as often as the next two, four …

const read = (...p) => fs.readFileSync(path.join(root, ...p), 'utf8')
const policies = fs.readdirSync(path.join(root, 'demo/policies')).sort().map((f) => read('demo/policies', f))
const passages = policies.map((text) => text.slice(0, 2000))
const asks = [...read('demo/questions.yaml').matchAll(/^ {2}ask: (.+)$/gm)].map((m) => m[1])
const rules = read('prompts', fs.readdirSync(path.join(root, 'prompts')).find((f) => f.startsWith('answer')))

// Who asks at which hour (0 to 23), how often, and how a prompt of theirs is made.
const office = (h) => (h >= 8 && h < 18 ? (h === 12 ? 2 : 6) : 0)
const APPS = {
  热线辅助: { priority: 'hotline', weight: (h) => (h >= 7 && h < 22 ? 8 : 1), rag: '你是12345热线的助手，把话说给老人听。' },
  窗口助手: { priority: 'window', weight: office, rag: '你是政务服务中心窗口的助手，答复要能照着念。' },
  公文助手: { priority: 'staff', weight: (h) => office(h) / 2, talk: '你是机关里的文字助手，公文用语，不加评论。' },
  夜间评测: { priority: 'batch', weight: (h) => (h < 6 ? 6 : 0), rag: '你是评测员，只回答依据里有的。' },
}
const talks = []

// Passages before the question, as policy answers and most applications have it; a talk grows turn by turn.
function messagesOf(app, n) {
  const question = `${asks[roll(asks.length)]}（${n}）`
  if (app.rag) {
    const at = popular(passages.length)
    return [{ role: 'system', content: app.rag + rules }, { role: 'user', content: `依据：\n${passages[at]}\n\n问题：${question}` }]
  }
  if (talks.length < 6 || roll(5) === 0) talks.push([{ role: 'system', content: app.talk + rules }])
  const talk = talks[Math.max(0, talks.length - 1 - roll(6))]
  talk.push({ role: 'user', content: `把下面这段改得简明：${policies[roll(policies.length)].slice(0, 400)}` })
  const now = [...talk]
  talk.push({ role: 'assistant', content: `好的（${n}）。` })
  return now
}

function aDay() {
  const hours = Array.from({ length: 24 }, (_, h) => Object.entries(APPS).flatMap(([name, app]) => Array(app.weight(h)).fill(name)))
  const all = hours.reduce((n, h) => n + h.length, 0)
  return hours.flatMap((names) => Array.from({ length: Math.round((CALLS * names.length) / all) }, () => names[roll(names.length)]))
}

let city
const caches = Array.from({ length: ENGINES }, () => new PrefixCache({ blocks: BLOCKS }))
const inTurn = caches.map(() => new PrefixCache({ blocks: BLOCKS }))
const said = { calls: 0, prompt: 0, cached: 0, inTurn: 0 }

before(async () => {
  city = await startGateway({
    engines: caches.map(() => ({ slots: 12 })),
    keys: Object.fromEntries(Object.entries(APPS).map(([name, { priority }]) => [name, { priority, keeping: 'digest' }])),
  })
  for (const [i, engine] of city.engines.entries())
    engine.script = (q) => {
      const { tokens, cached } = caches[i].read(q.prompt)
      said.inTurn += inTurn[said.calls % ENGINES].read(q.prompt).cached
      said.calls += 1
      said.prompt += tokens
      said.cached += cached
      return Object.assign(q, { tokens, cached }) && { kind: 'plain', text: '好的。', piece: 8 }
    }
})
after(() => city?.close())

test(`of a day's prompts at least ${Math.round(LEAST * 100)} % are found in the engines' memory, and every page tells the same figure`, async (t) => {
  const apps = Object.fromEntries(Object.keys(APPS).map((name) => [name, new App(city.server, city.keys[name])]))
  const day = aDay()
  let next = 0
  const one = async () => {
    for (let n; (n = next++) < day.length;) {
      const r = await apps[day[n]].post('/v1/chat/completions', { model: 'm', messages: messagesOf(APPS[day[n]], n) })
      assert.equal(r.status, 200, r.text)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one))
  for (const a of Object.values(apps)) a.close()
  const share = said.cached / said.prompt
  t.diagnostic(`${said.calls} calls, ${said.prompt} tokens of prompts, ${(100 * share).toFixed(1)} % from the engines' memory; dealt out in turn ${(100 * said.inTurn / said.prompt).toFixed(1)} %`)
  assert.equal(said.calls, day.length, 'nothing was asked twice')
  assert.ok(share >= LEAST, `${share}`)
  assert.ok(said.cached > said.inTurn, 'the choice of engine is worth something')

  const admin = await city.server.staff('ye.qiang')
  const sum = (list, k) => list.reduce((n, x) => n + x[k], 0)
  const { engines } = (await admin.get('/api/engines')).json
  assert.deepEqual([sum(engines, 'prompt_tokens'), sum(engines, 'cached_tokens')], [said.prompt, said.cached], 'the page')
  const metric = (name, text) => [...text.matchAll(new RegExp(`^${name}\\{[^}]*\\} ([\\d.e+]+)$`, 'gm'))].reduce((n, m) => n + Number(m[1]), 0)
  await eventually(async () => {
    const { text } = await city.server.person().get('/metrics')
    return metric('tongban_engine_prompt_tokens', text) === said.prompt && metric('tongban_engine_cached_tokens', text) === said.cached
  }, { every: 100 })
  const use = await eventually(async () => {
    const all = await useOf(city.server)
    return sum(all, 'requests') === said.calls && all
  }, { every: 100 })
  assert.deepEqual([sum(use, 'prompt'), sum(use, 'cached')], [said.prompt, said.cached], 'the books')
})
