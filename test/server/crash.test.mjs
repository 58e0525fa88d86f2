// kill -9 at random points of asking and of taking files in, 200 times: what was acknowledged is
// there, the trail verifies, the next start repairs itself.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { PASSWORD, eventually, plain, run, startEngine, startServer } from './lib.mjs'

const KILLS = Number(process.env.TONGBAN_KILLS ?? 200)
const seed = Number(process.env.TONGBAN_SEED ?? Date.now() % 1e6)

let state = seed
const random = (n) => { // a small generator, so that a run can be had again
  state = (state * 1103515245 + 12345) % 2147483648
  return Math.floor((state / 2147483648) * n)
}

let server, engine, guardian, citizen
const kept = { exchanges: new Map(), handoffs: new Map(), uploads: new Map(), standards: new Map() }

before(async () => {
  engine = await startEngine()
  server = await startServer({ engine, binary: plain })
  citizen = server.person()
  await citizen.ask('办狗证多少钱') // the device's cookie first: two first requests at once would be two devices
  guardian = await server.staff('zhou.zhiyuan')
  await server.staff('peng.yiming') // gives the auditor a password of their own
})
after(async () => {
  await engine?.close()
  await server?.kill()
})

const questions = ['办狗证多少钱', '狗证要不要年检', '高龄津贴每个月多少钱', '公租房租赁补贴申请需要什么条件', '火星上怎么办身份证', '我身份证号是11010519491231002X，能领高龄津贴吗']

// Each goes on until the server is gone; only what was answered whole is noted.
const work = [
  async () => {
    const a = await citizen.ask(questions[random(questions.length)])
    if (a.whole && a.done) kept.exchanges.set(a.get('start').receipt, a)
  },
  async () => {
    const receipts = [...kept.exchanges.keys()]
    if (!receipts.length) return
    const receipt = receipts[random(receipts.length)]
    const r = await citizen.post(`/api/exchanges/${receipt}/feedback`, { useful: false, reason: `第${random(1e6)}个原因` })
    assert.equal(r.status, 200, r.text)
  },
  async () => {
    const question = `流动摊位第${random(1e9)}号怎么申请`
    const r = await citizen.post('/api/handoffs', { question, contact: '13800138000' })
    if (r.status === 200) kept.handoffs.set(r.json.receipt, question)
  },
  async () => {
    const n = random(1e9)
    const r = await guardian.upload('/api/knowledge/documents', [{ name: `办法${n}.md`, bytes: policy(n) }])
    if (r.status === 200) kept.uploads.set(r.json.job, n)
  },
  async () => {
    const text = `窗口第${random(1e9)}号周末开门吗`
    const r = await guardian.post('/api/standard-answers', { questions: [text], answer: '周末不开门。', citations: [] })
    if (r.status === 200) kept.standards.set(r.json.id, text)
  },
]

const policy = (n) => `# 明川市第${n}号测试办法\n\n发文字号：明测规〔2026〕${n}号\n印发机关：明川市民政局\n成文日期：2026年9月1日\n施行日期：2026年10月1日\n\n` +
  [...Array(30)].map((_, i) => `第${'一二三四五六七八九十'[i % 10]}条 第${n}号第${i}款：每人每月${i}元。\n`).join('\n')

async function loop(one, over) {
  while (!over.now) {
    await new Promise((r) => setImmediate(r))
    try {
      await one()
    } catch (e) {
      if (over.now || /ECONN|socket hang up|EPIPE|broken/.test(`${e.code} ${e.message}`)) return
      throw e
    }
  }
}

async function oneLife() {
  const over = { now: false }
  const loops = work.map((w) => loop(w, over))
  await new Promise((r) => setTimeout(r, random(250)))
  over.now = true
  await server.kill()
  await Promise.allSettled(loops).then((all) => all.forEach((x) => x.status === 'rejected' && assert.fail(x.reason)))
}

// A few of what is noted, the newest first: all of them are looked at after the last kill.
async function look(exchanges, handoffs) {
  for (const [receipt, a] of exchanges) {
    const r = await citizen.get(`/api/exchanges/${receipt}`)
    assert.equal(r.status, 200, `${receipt} is lost: ${r.text}`)
    assert.deepEqual(r.json.done, a.done, receipt)
    assert.deepEqual(r.json.sentences.map((s) => s.text), a.sentences.map((s) => s.text), receipt)
    assert.deepEqual(r.json.clauses.map((c) => c.passage), a.clauses.map((c) => c.passage), receipt)
  }
  for (const [receipt, question] of handoffs) {
    const r = await citizen.get(`/api/handoffs/${receipt}`)
    assert.equal(r.status, 200, `${receipt} is lost: ${r.text}`)
    assert.equal(r.json.question, question)
  }
}

test(`${KILLS} times kill -9 (TONGBAN_SEED=${seed})`, async () => {
  for (let i = 0; i < KILLS; i++) {
    await oneLife()
    await server.start()
    assert.equal((await citizen.get('/health/ready')).status, 200, `after kill ${i + 1}`)
    await look([...kept.exchanges].slice(-3), [...kept.handoffs].slice(-3))
    if (i % 20 === 19) {
      const r = await run(['audit', 'verify', '--json'], { data: server.data, binary: plain })
      assert.equal(r.code, 0, r.stdout + r.stderr)
    }
  }
})

test('nothing acknowledged is lost', async () => {
  console.log(`# ${kept.exchanges.size} answers, ${kept.handoffs.size} hand-offs, ${kept.uploads.size} uploads, ${kept.standards.size} standard answers`)
  assert.ok(kept.exchanges.size > 0 && kept.handoffs.size > 0 && kept.uploads.size > 0 && kept.standards.size > 0)
  await look(kept.exchanges, kept.handoffs)
  const standards = []
  for (let page = 1; ; page++) {
    const items = (await guardian.get(`/api/standard-answers?size=100&page=${page}`)).json.items
    standards.push(...items)
    if (items.length < 100) break
  }
  for (const [id, text] of kept.standards) assert.deepEqual(standards.find((s) => s.id === id)?.questions, [text], `standard answer ${id}`)
})

test('every file that was taken in is read, once, and found', async () => {
  for (const [job, n] of kept.uploads) {
    const state = await eventually(async () => {
      const r = await guardian.get(`/api/jobs/${job}`)
      assert.equal(r.status, 200, `job ${job} is lost`)
      return ['done', 'failed', 'cancelled'].includes(r.json.state) && r.json
    }, { ms: 120000, every: 20 })
    assert.equal(state.state, 'done', JSON.stringify(state))
    const found = (await guardian.get(`/api/knowledge/documents?q=${encodeURIComponent(`第${n}号测试办法`)}`)).json
    assert.equal(found.total, 1, `upload ${n}: ${JSON.stringify(found)}`)
  }
})

test('the trail verifies and has no gap', async () => {
  const auditor = server.person()
  await auditor.signIn('peng.yiming', PASSWORD)
  const verdict = (await auditor.post('/api/audit/verify')).json
  assert.ok(verdict.ok, JSON.stringify(verdict))
  assert.equal(verdict.first_bad, null)
})

test('no exchange that broke off is marked whole, and nothing is left behind in tmp', async () => {
  const receipts = [...kept.exchanges.keys()]
  const conversation = kept.exchanges.get(receipts.at(-1)).get('start').conversation
  assert.equal((await citizen.get(`/api/conversations/${conversation}`)).status, 200)
  await server.kill()
  await server.start()
  assert.deepEqual(fs.readdirSync(path.join(server.data, 'tmp')).filter((n) => n.startsWith('upload-')), [])
})
