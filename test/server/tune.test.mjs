// Learning the order of search from confirmed answers, beside a running server: measured, kept only when
// better, taken up within seconds, taken back, all of it in the trail.
// Learning runs in the plain build, which takes a twentieth of the time; test_search_tune.c runs it under the sanitizers.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import test, { after, before } from 'node:test'
import { eventually, plain, root, run, startEngine, startServer, temporary } from './lib.mjs'

const USEFUL = '年满90周岁的老年人高龄津贴发放标准每人每月多少元'
let engine, server, standards, reader // one connection

// [{ questions, citations: [{ document, clause }] }] of the sample city.
function readStandards() {
  const text = fs.readFileSync(path.join(root, 'demo/standard_answers.yaml'), 'utf8')
  return text.split(/^- id:/m).slice(1).map((part) => ({
    questions: /questions:\n((?: {4}- .*\n)+)/.exec(part)[1].trim().split('\n').map((l) => l.replace(/^\s*- /, '')),
    citations: [...part.matchAll(/document: ([^,}]+), clause: ([^,}]+)/g)].map((m) => ({ document: m[1], clause: m[2].trim() })),
  }))
}

before(async () => {
  engine = await startEngine()
  server = await startServer({ engine })
  standards = readStandards()
  reader = server.person()
})
after(async () => {
  await server.stop()
  await engine.close()
})

async function tune(...args) {
  const r = await run(['tune', '--json', ...args], { data: server.data, binary: plain })
  assert.equal(r.code, 0, r.stderr)
  return JSON.parse(r.stdout.trim().split('\n').pop())
}

const found = async (q) =>
  (await reader.get(`/api/search?q=${encodeURIComponent(q)}`)).json.clauses

// Share of confirmed questions whose clause comes first, over the pages' own route.
async function firstRight() {
  let right = 0, all = 0
  for (const s of standards)
    for (const q of s.questions.slice(0, 2)) {
      const [top] = await found(q)
      right += s.citations.some((c) => c.document === top?.document_number && top.clause.startsWith(c.clause))
      all++
    }
  return right / all
}

async function confidence(question) {
  const r = await run(['search', question, '--json'], { data: server.data })
  return JSON.parse(r.stdout).confidence
}

test('a trial measures and changes nothing', async () => {
  const before = await found('低保一个月多少钱')
  const x = await tune('--dry-run')
  assert.equal(x.kept, false)
  assert.ok(x.enough)
  assert.equal(x.standards, standards.reduce((n, s) => n + s.questions.length, 0))
  assert.equal(x.matters, standards.length)
  for (const s of [x.before, x.new_matters, x.new_wordings])
    for (const k of ['hit@1', 'hit@10', 'mrr@10']) assert.ok(s[k] >= 0 && s[k] <= 1, k)
  const again = await tune('--dry-run')
  assert.deepEqual(again, x, 'the same questions teach the same')
  assert.deepEqual(await found('低保一个月多少钱'), before)
  const text = await run(['tune', '--dry-run'], { data: server.data, binary: plain })
  assert.match(text.stdout, /hit@1 \d\.\d{3} {2}hit@10 \d\.\d{3} {2}mrr@10 \d\.\d{3}/)
  assert.match(text.stdout, /没有采用/)
})

test('what is better by folds is kept, taken up by the running server, and taken back', async () => {
  const questions = ['我想办个养猴子的证', '高龄津贴怎么申请', '身份证掉了去哪里补办', '公积金怎么提取']
  const sure = await Promise.all(questions.map(confidence))
  const plain = await firstRight(), order = await found('低保一个月多少钱')

  const x = await tune()
  assert.equal(x.kept, true, JSON.stringify(x))
  for (const after of [x.new_matters, x.new_wordings])
    for (const k of ['hit@1', 'hit@10', 'mrr@10']) assert.ok(after[k] >= x.before[k], k)
  await eventually(async () => (await firstRight()) > plain + 0.1, { ms: 30000, every: 500 })
  const learned = await firstRight() // the change may have come in the middle of the last look
  assert.ok(learned > 0.8, `${plain} became ${learned}`)
  assert.deepEqual(await Promise.all(questions.map(confidence)), sure, 'whether it is an answer is judged as before')

  await server.restart()
  reader = server.person()
  assert.equal(await firstRight(), learned)

  const undone = await run(['tune', '--undo'], { data: server.data })
  assert.equal(undone.code, 0)
  assert.match(undone.stdout, /已恢复默认排序/)
  await eventually(async () => (await firstRight()) === plain, { ms: 30000, every: 500 })
  assert.deepEqual(await found('低保一个月多少钱'), order)
  assert.deepEqual(await tune('--undo'), { undone: false })

  const trail = await run(['audit', 'export'], { data: server.data })
  const verbs = trail.stdout.split('\n').filter(Boolean).map((l) => JSON.parse(l)).filter((l) => l.verb?.startsWith('search.'))
  assert.deepEqual(verbs.map((l) => l.verb), ['search.tune', 'search.untune'])
  assert.match(verbs[0].actor, /^cli:/)
  assert.equal((await run(['audit', 'verify'], { data: server.data })).code, 0)
})

test('a useful answer teaches until somebody finds the same one useless', async () => {
  const give = async (useful) => {
    engine.next({ kind: 'plain', text: '90周岁至99周岁的，每人每月300元。' })
    const person = server.person()
    const a = await person.ask(USEFUL)
    assert.ok(['answered', 'partial'].includes(a.done.outcome), JSON.stringify(a.done))
    const r = await person.post(`/api/exchanges/${a.get('start').receipt}/feedback`, { useful })
    assert.equal(r.status, 200, r.text)
  }
  const before = await tune('--dry-run')
  assert.equal(before.useful, 0)
  await give(true)
  const one = await tune('--dry-run')
  assert.equal(one.useful, 1)
  assert.equal(one.answerable, before.answerable + 1)
  await give(false)
  const none = await tune('--dry-run')
  assert.equal(none.useful, 0)
  assert.equal(none.contradicted, 1)
})

test('too few confirmed answers: nothing is kept, and why is said', async () => {
  const city = temporary('small'), data = temporary('data')
  fs.cpSync(path.join(root, 'demo'), city, { recursive: true })
  const file = path.join(city, 'standard_answers.yaml')
  fs.writeFileSync(file, fs.readFileSync(file, 'utf8').split(/^(?=- id:)/m).slice(0, 6).join(''))
  assert.equal((await run(['setup', '--city', city, '--json'], { data })).code, 0)
  const r = await run(['tune'], { data, binary: plain })
  assert.equal(r.code, 0, r.stderr)
  assert.match(r.stdout, /没有采用：已确认的答案太少/)
  const x = JSON.parse((await run(['tune', '--json'], { data, binary: plain })).stdout)
  assert.equal(x.kept, false)
  assert.equal(x.enough, false)
})

test('the command explains itself and refuses what it does not know', async () => {
  const help = await run(['tune', '--help'])
  assert.equal(help.code, 0)
  assert.match(help.stdout, /例子：/)
  for (const args of [['--nonsense'], ['extra'], ['--undo', '--dry-run']]) {
    const r = await run(['tune', ...args], { data: server.data })
    assert.equal(r.code, 1, args.join(' '))
    assert.match(r.stderr, /tongban: /)
  }
})
