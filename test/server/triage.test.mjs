// Triage and its learning by the real program: what the seat decides is noted and learnt, and the command line trains,
// tests, judges and takes back.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { plain, startServer } from './lib.mjs'

const run = promisify(execFile)
const tongban = plain
const folder = mkdtempSync(join(tmpdir(), 'tongban-triage-'))
const hotline = async (...args) => {
  const { stdout } = await run(tongban, ['hotline', ...args, '--data', folder], { maxBuffer: 1 << 24 })
  return JSON.parse(stdout.trim().split('\n').at(-1))
}
const lines = (name, rows) => {
  const file = join(folder, name)
  writeFileSync(file, rows.map((r) => `${JSON.stringify(r)}\n`).join(''))
  return file
}
const messages = Array.from({ length: 60 }, (_, i) => i % 2
  ? { title: `${i}号楼停水`, text: '家里没水，水压低', class1: '城乡建设', department: 'shuiwu' }
  : { title: `${i}班老师补课`, text: '学校乱收费，晚自习太晚', class1: '教育文体', department: 'jiaoyu' })

let server
before(async () => { server = await startServer() })
after(() => { server?.stop(); rmSync(folder, { recursive: true, force: true }) })

test('an order is judged with its words and the duty clause; the seat\'s decision is noted as a lesson, masked', async () => {
  const citizen = server.person(), seat = await server.staff('gu.min')
  const asked = await citizen.post('/api/orders', { key: 'one', text: '青溪路的路灯坏了三天，晚上很黑。我的电话是13800138000。', place: '青溪区青溪路与创业路口' })
  assert.equal(asked.status, 200, asked.text)
  const order = (await seat.get(`/api/staff/orders/${asked.json.receipt}`)).json
  assert.equal(order.verdict.department.value, 'chengguan')
  assert.ok(order.verdict.department.words.length && order.verdict.duty && /^duties\.yaml:\d+$/.test(order.verdict.duty_at))
  const sent = await seat.post(`/api/staff/orders/${asked.json.receipt}/steps`, { verb: 'dispatch', version: order.version, department: 'zhujian' })
  assert.equal(sent.status, 200, sent.text)
  const notes = readFileSync(join(server.data, 'hotline/corrections.jsonl'), 'utf8').trim().split('\n').map((l) => JSON.parse(l))
  assert.equal(notes.length, 1)
  assert.equal(notes[0].department, 'zhujian')
  assert.equal(notes[0].by, 'gu.min')
  assert.doesNotMatch(JSON.stringify(notes), /13800138000/)
})

test('the command line trains on a file, says how good it is, judges, and takes back', async () => {
  const file = lines('train.jsonl', messages)
  const trained = await hotline('train', '--file', file)
  assert.equal(trained.taken, true)
  assert.equal(trained.department.aside, 6)
  assert.equal(trained.department.accuracy, 1)
  const tested = await hotline('test', '--file', file)
  assert.equal(tested.class.messages, 60)
  assert.equal(tested.class.accuracy, 1)
  assert.deepEqual(tested.department.confusion.map((c) => [c.truth, c.said, c.n]).sort(), [['jiaoyu', 'jiaoyu', 30], ['shuiwu', 'shuiwu', 30]])
  assert.equal(tested.department.curve.length, 20)
  assert.ok(tested.department.curve[0].automatic === 1)
  const { curve } = await hotline('curve', '--file', file)
  assert.deepEqual(curve.map((c) => c.messages), [8, 16, 32, 48])
  assert.equal(curve.at(-1).accuracy, 1)
  const judged = await hotline('judge', '--title', '又停水了', '三栋停水，没水用，我不想活了')
  assert.equal(judged.department.value, 'shuiwu')
  assert.equal(judged.person_at_once, true)
  assert.equal(judged.deadline_days, 0)
  assert.equal(judged.model, trained.version)
  const back = await hotline('back')
  assert.ok(back.version < trained.version)
  assert.equal((await hotline('judge', '停水')).model, back.version)
})

test('what cannot be learnt or measured is said in a sentence', async () => {
  const bad = lines('bad.jsonl', [{ title: 'x' }])
  writeFileSync(bad, '{"title":"a"}\nnot json\n')
  await assert.rejects(hotline('train', '--file', bad), /第 2 行/)
  await assert.rejects(hotline('test'), /--file/)
  await assert.rejects(hotline('judge'), /引号/)
  assert.ok(existsSync(folder))
})

test('eval hotline and eval department measure a model on another file', async () => {
  const train = lines('a.jsonl', messages.slice(0, 40).map(({ title, text, class1 }) => ({ title, text, label: class1 })))
  const held = lines('b.jsonl', messages.slice(40).map(({ title, text, class1 }) => ({ title, text, label: class1 })))
  const evaluated = async (...args) => JSON.parse((await run(tongban, ['eval', ...args])).stdout.trim().split('\n').at(-1))
  const got = await evaluated('hotline', '--train', train, '--test', held, '--unlabelled', held)
  assert.equal(got.accuracy, 1)
  assert.equal(got.macro_f1, 1)
  for (const key of ['calibration_error', 'coverage_at_95', 'precision_at_95', 'us_per_message']) assert.equal(typeof got[key], 'number', key)
  const items = (from, to) => Array.from({ length: to - from }, (_, i) => (from + i) % 2
    ? { name: `第${from + i}类发票申领`, main_item: '未分类', department: '区税务局' } : { name: `第${from + i}类取水许可`, main_item: '取水', department: '区水务局' })
  const matters = await evaluated('department', '--train', lines('c.jsonl', items(0, 20)), '--test', lines('d.jsonl', items(20, 30)))
  assert.equal(matters.accuracy, 1)
  assert.equal(matters.top3, 1)
  await assert.rejects(run(tongban, ['eval', 'hotline', '--train', train]), /--test/)
})
