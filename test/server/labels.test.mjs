// GB 45438-2025 on what leaves the house: an answer saved as a file says that it was generated, in its
// text and in its data, and whose hands it went through; `tongban label verify` reads it all back.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { withGateway } from './gateway.mjs'
import { needsEmbeddings, root, run, startEngine, startServer, temporary } from './lib.mjs'

const KINDS = ['json', 'html', 'csv', 'docx', 'pdf'], ASKED = '80岁老人高龄津贴标准是哪条规定的'
let engine, server, citizen, receipt, dir, files = {}

const verify = async (file, more = ['--data', server.data]) => {
  const r = await run(['label', 'verify', file, '--json', ...more])
  return { code: r.code, ...JSON.parse(r.stdout || '{}'), stderr: r.stderr }
}
const keep = (name, bytes) => {
  const file = path.join(dir, name)
  fs.writeFileSync(file, bytes)
  return file
}

before(async () => {
  engine = await startEngine({ always: { kind: 'echo', count: 3 } })
  server = await startServer({ engine })
  dir = temporary('labels')
  citizen = server.person()
  const a = await citizen.ask(ASKED)
  receipt = a.get('start').receipt
})
after(async () => {
  await server.stop()
  await engine.close()
})

test('a saved answer carries both labels and its watermark in every form', needsEmbeddings, async () => {
  const stored = (await citizen.get(`/api/exchanges/${receipt}`)).json
  const generated = stored.sentences.some((s) => !s.quoted)
  assert.ok(generated, JSON.stringify(stored.sentences))
  for (const as of KINDS) {
    const r = await citizen.get(`/api/exchanges/${receipt}/export?as=${as}`)
    assert.equal(r.status, 200, r.text)
    assert.match(r.headers['content-disposition'], new RegExp(`${receipt}\\.${as}`))
    assert.equal(r.headers['x-aigc-label'], '1')
    files[as] = keep(`a.${as}`, r.bytes ?? r.text)
    const v = await verify(files[as])
    assert.equal(v.code, 0, JSON.stringify(v))
    assert.ok(v.explicit && v.unchanged && v.origin === 'ours', as)
    assert.deepEqual([v.implicit.Label, v.implicit.ProduceID, v.implicit.ContentProducer], ['1', receipt, '明川市政务服务'])
    assert.match(v.watermark.says, new RegExp(`^市民本人\\|\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d\\|${receipt}$`))
    assert.equal(v.watermark.copies, as === 'pdf' ? 1 : stored.sentences.length, `${as}: after each sentence`)
  }
  assert.match(fs.readFileSync(files.html, 'utf8'), /市民本人 \d{4}-\d\d-\d\d \d\d:\d\d 导出，编号 Q/, 'a screenshot shows it')
})

test('one copied sentence still says who; a changed number, a cut label and a torn mark are found', needsEmbeddings, async () => {
  const html = fs.readFileSync(files.html, 'utf8')
  const one = /<p class="said">([^]*?)<\/p>/.exec(html)[1]
  const copied = await verify(keep('copied.txt', `转发：${one}`))
  assert.match(copied.watermark.says, /^市民本人\|/)
  const changed = await verify(keep('changed.html', html.replace(/(<p class="said">)/, '$1每月900元。')))
  assert.equal(changed.code, 1)
  assert.match(changed.verdict, /是本系统出具的，但正文与标识时不一样/)
  assert.equal(changed.origin, 'ours')
  const bare = await verify(keep('bare.html', html.replace(/<meta name="AIGC"[^>]*>/, '')))
  assert.equal(bare.code, 1)
  assert.match(bare.verdict, /没有隐式标识/)
  const torn = await verify(keep('torn.txt', one.slice(0, -40)))
  assert.ok(torn.watermark.broken)
})

test('another reader opens the PDF without complaint and finds the words and the label in it', needsEmbeddings, async () => {
  const pdf = (program, ...args) => execFileSync(program, [...args, files.pdf, ...(program === 'pdftotext' ? ['-'] : [])], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  const text = pdf('pdftotext').replace(/\s/g, '')
  for (const said of ['【以下内容由人工智能生成】', '【人工智能生成内容结束】', ASKED, receipt, '市民本人']) assert.ok(text.includes(said), said)
  const { stderr } = spawnSync('pdfinfo', [files.pdf], { encoding: 'utf8' })
  assert.equal(stderr, '')
  assert.match(pdf('pdfinfo', '-meta'), /<tongban:AIGC>\{&quot;AIGC&quot;/)
})

test('whose it is, anybody with the public key can tell, and nobody without the private one can make', needsEmbeddings, async () => {
  const key = path.join(server.data, 'keys/trail.pub.pem')
  assert.equal((await verify(files.docx, ['--key', key])).origin, 'ours')
  assert.equal((await verify(files.docx, ['--data', dir])).origin, 'unchecked')
  const other = temporary('other')
  assert.equal((await run(['setup', '--data', other, '--city', path.join(root, 'demo')])).code, 0)
  const foreign = await verify(files.html, ['--data', other])
  assert.deepEqual([foreign.code, foreign.origin], [1, 'not_ours'])
  const html = fs.readFileSync(files.html, 'utf8')
  const moved = await verify(keep('moved.html', html.replaceAll(receipt, 'Q20200101-00001')))
  assert.deepEqual([moved.code, moved.origin], [1, 'not_ours'])
  assert.equal((await run(['keys', 'rotate'], { data: server.data })).code, 0)
  assert.equal((await verify(files.csv)).origin, 'ours', 'after a rotation too')
})

test('what people wrote is not called generated; it has its watermark all the same', async () => {
  const person = server.person()
  const a = await person.ask('办狗证多少钱')
  assert.equal(a.done.outcome, 'standard')
  const r = await person.get(`/api/exchanges/${a.get('start').receipt}/export?as=html`)
  assert.equal(r.headers['x-aigc-label'], undefined)
  const v = await verify(keep('standard.html', r.text))
  assert.deepEqual([v.code, v.explicit, v.implicit], [0, false, null])
  assert.match(v.watermark.says, /^市民本人/)
})

test('only the asker and the auditor save it, and the auditor under their own name', async () => {
  assert.equal((await server.person().get(`/api/exchanges/${receipt}/export`)).status, 404)
  assert.equal((await citizen.get(`/api/exchanges/${receipt}/export?as=exe`)).status, 400)
  const auditor = await server.staff('peng.yiming')
  await auditor.post('/api/purpose', { kind: 'inspection', note: '检查' })
  const r = await auditor.get(`/api/audit/exchanges/${receipt}/export?as=html`)
  assert.equal(r.status, 200, r.text)
  assert.match((await verify(keep('audit.html', r.text))).watermark.says, /^彭一鸣（peng\.yiming）\|/)
  assert.ok((await auditor.get('/api/audit?verb=trail.export_one')).json.items.some((x) => x.object === receipt), 'and it stands in the trail')
})

test('what a model says through the gateway goes out with the label in a header', async () => {
  await withGateway({}, async ({ server, keys }) => {
    const authorization = { authorization: `Bearer ${keys.应用}` }
    for (const stream of [false, true]) {
      const r = await server.person().request('POST', '/v1/chat/completions', { model: 'm', stream, messages: [{ role: 'user', content: '你好' }] }, authorization)
      assert.equal(r.status, 200, r.text)
      const { AIGC } = JSON.parse(r.headers['x-aigc'])
      assert.deepEqual([AIGC.Label, AIGC.ProduceID], ['1', r.headers['x-request-id']])
    }
    const models = await server.person().request('GET', '/v1/models', undefined, authorization)
    assert.equal(models.headers['x-aigc'], undefined, 'a list of names is not generated')
  })
})
