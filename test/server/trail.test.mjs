// The trail, backups and the machine's owner's commands, on the running program.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { PASSWORD, run, startServer, temporary } from './lib.mjs'

let server, auditor, officer
before(async () => {
  server = await startServer()
  auditor = await server.staff('peng.yiming')
  officer = await server.staff('shen.ruolan')
})
after(() => server.stop())

const verify = async (data) => {
  const r = await run(['audit', 'verify', '--json'], { data })
  return { code: r.code, ...JSON.parse(r.stdout) }
}
const sql = (data, statement) =>
  execFileSync('/usr/bin/python3', ['-c', `import sqlite3,sys
d=sqlite3.connect(sys.argv[1],timeout=10); d.execute(sys.argv[2]); d.commit()`, path.join(data, 'tongban.db'), statement])
const copyOf = (data) => { // of a server that has stopped
  const to = temporary('copy')
  fs.cpSync(data, to, { recursive: true })
  return to
}

// The row form of src/store/audit.h, written a second time by other means.
function hashOf(r) {
  const fields = [r.id, r.at_ms, r.actor, r.role, r.address, r.verb, r.object, r.outcome, r.request_id, r.detail, r.prev]
  const text = fields.map((f) => `${Buffer.byteLength(String(f))}:${f}`).join('')
  return createHash('sm3').update(`tongban-audit-1\n${text}`).digest('hex')
}

test('the chain verifies while people ask, and the page says so', async () => {
  let more = true
  const asking = (async () => {
    while (more) await Promise.all([server.person().get('/api/handoffs/mine'), officer.get('/api/users')])
  })()
  for (let i = 0; i < 5; i++) {
    const r = await auditor.post('/api/audit/verify')
    assert.equal(r.json.ok, true, r.text)
    assert.ok(r.json.rows > 5)
    assert.equal((await verify(server.data)).code, 0)
  }
  more = false
  await asking
})

test('an export takes the filters of the list: the same rows, oldest first', async () => {
  const clerk = await server.staff('gu.min')
  await clerk.get('/api/handoffs')
  await (await server.staff('he.xiaoyu')).get('/api/handoffs')
  const auditor = await server.staff('peng.yiming')
  for (const filter of ['verb=handoff.list', 'actor=gu.min', 'verb=handoff&actor=gu.min', 'verb=handoff.list&actor=gu.min&from=2020-01-01']) {
    const listed = (await auditor.get(`/api/audit?${filter}&size=100`)).json
    const rows = (await auditor.get(`/api/audit/export?${filter}`)).text.trim().split('\n').map((l) => JSON.parse(l)).filter((r) => r.id)
    assert.ok(rows.length > 0 && listed.total === rows.length, filter)
    assert.deepEqual(rows.map((r) => r.id).reverse(), listed.items.map((r) => r.id), filter)
  }
  const none = (await auditor.get('/api/audit/export?actor=nobody')).text.trim().split('\n').filter(Boolean)
  assert.ok(none.every((l) => JSON.parse(l).checkpoint || JSON.parse(l).proof), 'no row, at most the checkpoint and the proof')
})

test('an export can be checked with other tools: chain and signature', async () => {
  const signed = JSON.parse((await run(['audit', 'sign', '--json'], { data: server.data })).stdout)
  const lines = (await auditor.get('/api/audit/export')).text.trim().split('\n').map((l) => JSON.parse(l))
  const rows = lines.filter((l) => l.id)
  let prev = '0'.repeat(64)
  rows.forEach((r, i) => {
    assert.equal(r.id, i + 1)
    assert.equal(r.prev, prev)
    assert.equal(hashOf(r), r.hash)
    prev = r.hash
  })
  const { checkpoint } = lines.at(-2)
  assert.deepEqual(checkpoint, signed.checkpoint)
  assert.equal(rows[checkpoint.last - 1].hash, checkpoint.hash)
  const cli = (await run(['audit', 'export'], { data: server.data })).stdout.trim().split('\n')
  assert.deepEqual(JSON.parse(cli[0]), rows[0])
  // openssl, not our program, says whether the signature holds.
  const dir = temporary('sign')
  fs.writeFileSync(path.join(dir, 'sig'), Buffer.from(checkpoint.signature, 'hex'))
  fs.writeFileSync(path.join(dir, 'text'),
    `tongban-checkpoint-1\n${checkpoint.last}\n${checkpoint.hash}\n${checkpoint.at}\n`)
  const openssl = (file) => execFileSync('openssl', ['pkeyutl', '-verify', '-pubin', '-rawin', '-digest', 'sm3',
    '-inkey', path.join(server.data, 'keys/trail.pub.pem'), '-pkeyopt', 'distid:1234567812345678',
    '-in', path.join(dir, file), '-sigfile', path.join(dir, 'sig')], { encoding: 'utf8' })
  assert.match(openssl('text'), /Verified Successfully/)
  fs.writeFileSync(path.join(dir, 'other'), fs.readFileSync(path.join(dir, 'text'), 'utf8').replace('1', '2'))
  assert.throws(() => openssl('other'))
})

test('an export proves itself anywhere, without a data directory; one bent byte and it does not', async () => {
  const dir = temporary('proof'), nowhere = path.join(dir, 'none')
  const file = path.join(dir, 'x.jsonl'), key = path.join(server.data, 'keys/trail.pub.pem')
  const check = async (...more) => {
    const r = await run(['audit', 'verify', '--file', file, '--json', ...more], { data: nowhere })
    return { code: r.code, ...JSON.parse(r.stdout) }
  }
  fs.writeFileSync(file, (await auditor.get('/api/audit/export')).bytes)
  const whole = await check('--key', key)
  assert.deepEqual([whole.code, whole.ok, whole.whole, whole.key_given], [0, true, true, true])
  assert.ok(whole.signed_to > 0 && whole.rows === whole.last)
  assert.equal((await check()).key, createHash('sm3').update(fs.readFileSync(key)).digest('hex'))
  fs.writeFileSync(file, (await auditor.get('/api/audit/export?actor=peng.yiming')).bytes)
  assert.deepEqual([(await check('--key', key)).ok, (await check()).whole], [true, false])
  fs.writeFileSync(file, (await run(['audit', 'export'], { data: server.data })).stdout)
  assert.equal((await check('--key', key)).ok, true)
  const bytes = fs.readFileSync(file)
  bytes[bytes.length >> 1] ^= 1
  fs.writeFileSync(file, bytes)
  const bent = await check('--key', key)
  assert.deepEqual([bent.code, bent.ok], [1, false])
  assert.match((await run(['audit', 'verify', '--file', file], { data: nowhere })).stdout, /不可信/)
  const rows = (await auditor.get('/api/audit?verb=audit.export&size=100')).json.items
  assert.ok(rows.some((r) => r.role === 'system' && /rows=\d+/.test(r.detail)), 'the export at the machine left its row')
})

test('old rows go into an archive that proves itself, and the rest stays whole; a hold stops it', async () => {
  const own = await startServer()
  for (let i = 0; i < 5; i++) await own.person().get('/api/handoffs/mine')
  await own.stop()
  const data = copyOf(own.data), file = path.join(temporary('archive'), 'a.jsonl')
  const audit = (...args) => run(['audit', ...args], { data })
  assert.match((await audit('archive', '--file', file)).stderr, /没有超过保存期限/)
  assert.match((await audit('keep', '30')).stderr, /183/)
  assert.equal((await audit('keep', '200')).code, 0)
  assert.equal((await audit('hold', '案件办结前保留')).code, 0)
  assert.match((await audit('archive', '--file', file)).stderr, /冻结/)
  assert.equal((await audit('unhold')).code, 0)
  assert.ok(!fs.existsSync(file))
  assert.equal((await verify(data)).ok, true)
})

test('what a page reads by itself fills no trail; reading what is personal always does', async () => {
  const clerk = await server.staff('lin.wanqing')
  const citizen = server.person()
  const count = async () => (await auditor.get('/api/audit')).json.total
  const before = await count() // itself a row
  for (const target of ['/api/city', '/api/session', '/api/overview', '/api/jobs?size=5', '/api/documents', '/api/search?q=高龄'])
    assert.equal((await clerk.get(encodeURI(target))).status, 200, target)
  for (const target of ['/api/city', '/api/documents']) assert.equal((await citizen.get(target)).status, 200, target)
  assert.equal((await citizen.get('/api/session')).status, 401)
  assert.equal(await count(), before + 1)
  assert.equal((await clerk.get('/api/handoffs')).status, 200)
  assert.equal((await officer.get('/api/jobs')).status, 403)
  const rows = (await auditor.get('/api/audit?size=3')).json.items
  assert.deepEqual(rows.map((r) => [r.verb, r.outcome]), [['job.list', 'forbidden'], ['handoff.list', 'ok'], ['audit.list', 'ok']])
})

test('what people type never reaches the trail', async () => {
  const p = server.person()
  const odd = '我叫张三丰，电话 13800138000\r\n{"id":1}'
  await p.get('/api/handoffs/' + encodeURIComponent(odd))
  await p.get('/api/exchanges/13800138000')
  await p.post('/api/session', { login: odd, password: 'x' })
  await p.post('/api/handoffs', { question: odd }, { 'user-agent': 'x' })
  const { text } = await auditor.get('/api/audit/export')
  for (const word of ['张三丰', '13800138000', '"id":1}']) assert.ok(!text.includes(word), word)
  for (const line of text.trim().split('\n')) JSON.parse(line)
})

test('nothing acknowledged is lost to kill -9, and the chain goes on', async () => {
  const own = await startServer()
  for (let round = 0; round < 5; round++) {
    const eye = await own.staff('peng.yiming')
    const boss = await own.staff('shen.ruolan')
    const seen = [], made = []
    let dead = false
    const work = Array.from({ length: 4 }, async (_, lane) => {
      for (let i = 0; !dead && i < 50; i++) {
        try {
          const r = await boss.get('/api/users')
          if (r.status === 200) seen.push(r.headers['x-request-id'])
          const login = `r${round}.${lane}.${i}`
          const u = await boss.post('/api/users', { login, name: '测', role: 'clerk', department: 'minzheng' })
          if (u.status === 200) made.push(login)
        } catch {
          return // the server is gone
        }
      }
    })
    while (made.length < 3 + round * 4) await new Promise((r) => setImmediate(r))
    await own.kill()
    dead = true
    await Promise.all(work)
    assert.equal((await verify(own.data)).ok, true)
    await own.restart()
    eye.agent.destroy()
    const again = await own.staff('peng.yiming')
    assert.equal((await again.post('/api/audit/verify')).json.ok, true)
    const text = (await again.get('/api/audit/export')).text
    const users = JSON.parse((await run(['user', 'list', '--json'], { data: own.data })).stdout).map((u) => u.login)
    for (const id of seen) assert.ok(text.includes(id), `acknowledged read ${id} is not in the trail`)
    for (const login of made) {
      assert.ok(users.includes(login), `${login} was acknowledged and is gone`)
      assert.ok(text.includes(`"object":"${login}"`), `${login} is not in the trail`)
    }
  }
  await own.stop()
})

test('every way of tampering is found at its row', async () => {
  const own = await startServer()
  await own.staff('peng.yiming')
  for (let i = 0; i < 10; i++) await own.person().get('/api/handoffs/mine')
  await own.stop()
  assert.equal((await verify(own.data)).ok, true)
  for (const [statement, row] of [
    ["UPDATE audit SET actor = 'nobody' WHERE id = 4", 4],
    ['DELETE FROM audit WHERE id = 4', 4],
    ['UPDATE audit SET id = id + 1000 WHERE id = 4', 4],
    ['DELETE FROM audit WHERE id > 6', 7],
    ["UPDATE audit SET detail = detail || ' ' WHERE id = 1", 1],
  ]) {
    const copy = copyOf(own.data)
    sql(copy, statement)
    const v = await verify(copy)
    assert.equal(v.code, 1, statement)
    assert.equal(v.ok, false)
    assert.equal(v.first_bad, row, statement)
    assert.match(v.why, /第 \d+ 行/)
    const doctor = await run(['doctor', '--json'], { data: copy })
    assert.equal(doctor.code, 1)
    assert.equal(JSON.parse(doctor.stdout).checks.find((c) => c.name === 'audit').state, 'red')
  }
})

test('an older database put back whole is found by the checkpoint beside it', async () => {
  const own = await startServer()
  await own.staff('peng.yiming')
  await own.stop()
  const old = copyOf(own.data)
  await own.restart()
  for (let i = 0; i < 5; i++) await own.person().get('/api/handoffs/mine')
  await own.stop()
  for (const f of fs.readdirSync(own.data)) if (f.startsWith('tongban.db')) fs.rmSync(path.join(own.data, f))
  fs.copyFileSync(path.join(old, 'tongban.db'), path.join(own.data, 'tongban.db'))
  const v = await verify(own.data)
  assert.equal(v.ok, false)
  assert.match(v.why, /截断/)
})

test('a backup made while people work comes back whole, and opens with its accounts', async () => {
  const file = path.join(temporary('backup'), 'b.tar')
  let more = true
  const working = (async () => {
    for (let i = 0; more; i++)
      await officer.post('/api/users', { login: `bk.${i}`, name: '测', role: 'clerk', department: 'minzheng' })
  })()
  const made = await run(['backup', file, '--json'], { data: server.data })
  more = false
  await working
  assert.equal(made.code, 0, made.stderr)
  const { code, rows } = JSON.parse(made.stdout)
  assert.equal(fs.statSync(file).mode & 0o777, 0o600)
  assert.ok(!fs.readFileSync(file).includes(Buffer.from('PRIVATE KEY')))
  const again = await run(['backup', file], { data: server.data })
  assert.equal(again.code, 1) // never overwrites

  const data = path.join(temporary('restore'), 'new')
  const wrong = await run(['restore', file], { data, env: { TONGBAN_BACKUP_CODE: 'AAAAA-AAAAA-AAAAA-AAAAA' } })
  assert.equal(wrong.code, 1)
  assert.match(wrong.stderr, /恢复码不正确/)
  assert.ok(!fs.existsSync(data))
  const r = await run(['restore', file, '--json'], { data, env: { TONGBAN_BACKUP_CODE: code } })
  assert.equal(r.code, 0, r.stderr)
  const back = JSON.parse(r.stdout)
  assert.deepEqual(back.rows, rows)
  assert.ok(rows.document > 40 && rows.original > 40 && back.files >= rows.original)
  assert.equal(back.audit_ok, true)
  for (const f of walk(path.join(server.data, 'files')))
    assert.deepEqual(fs.readFileSync(path.join(data, 'files', f)), fs.readFileSync(path.join(server.data, 'files', f)))
  const moved = await startServer({ data })
  const p = moved.person()
  assert.equal((await p.post('/api/session', { login: 'peng.yiming', password: PASSWORD })).status, 200)
  await moved.stop()
  assert.equal((await verify(data)).ok, true)
  const overview = await (await server.staff('ye.qiang')).get('/api/overview')
  assert.equal(overview.json.parts.find((x) => x.name === 'backup').state, 'green')
})

function walk(dir, under = '') {
  return fs.readdirSync(path.join(dir, under), { withFileTypes: true }).flatMap((e) =>
    e.isDirectory() ? walk(dir, path.join(under, e.name)) : [path.join(under, e.name)])
}

test('a cut backup restores nothing', async () => {
  const dir = temporary('cut')
  const file = path.join(dir, 'b.tar')
  const { code } = JSON.parse((await run(['backup', file, '--json'], { data: server.data })).stdout)
  fs.truncateSync(file, Math.floor(fs.statSync(file).size / 2))
  const data = path.join(dir, 'new')
  const r = await run(['restore', file], { data, env: { TONGBAN_BACKUP_CODE: code } })
  assert.equal(r.code, 1)
  assert.match(r.stderr, /不完整/)
  assert.ok(!fs.existsSync(data))
})

test('doctor finds nothing red in a sound directory, and says what is wrong in another', async () => {
  const good = await run(['doctor', '--json'], { data: server.data })
  assert.equal(good.code, 0, good.stdout)
  for (const c of JSON.parse(good.stdout).checks) assert.notEqual(c.state, 'red', JSON.stringify(c))
  const own = await startServer()
  await own.stop()
  const red = async (change, name) => {
    const copy = copyOf(own.data)
    change(copy)
    const r = await run(['doctor', '--json'], { data: copy })
    assert.equal(r.code, 1)
    const found = JSON.parse(r.stdout).checks.filter((c) => c.state === 'red')
    assert.ok(found.some((c) => c.name === name), r.stdout)
    for (const c of found) assert.ok(c.message.length > 3)
  }
  await red((d) => fs.rmSync(path.join(d, 'keys/master.key')), 'keys')
  await red((d) => fs.chmodSync(path.join(d, 'keys/master.key'), 0o644), 'keys')
  await red((d) => fs.rmSync(path.join(d, 'tongban.db')), 'store')
  await red((d) => fs.writeFileSync(path.join(d, 'tongban.db'), 'not a database at all'.repeat(500)), 'store')
  await red((d) => sql(d, 'UPDATE audit SET at = 4000000000000'), 'clock')
})

test('set-up may be repeated: nothing changes and no password is given twice', async () => {
  const own = await startServer()
  await own.stop()
  const before = JSON.parse((await run(['user', 'list', '--json'], { data: own.data })).stdout)
  const demo = path.resolve(new URL('../../demo', import.meta.url).pathname)
  const again = await run(['setup', '--city', demo, '--json'], { data: own.data })
  assert.equal(again.code, 0, again.stderr)
  assert.deepEqual(JSON.parse(again.stdout).passwords, [])
  assert.equal(JSON.parse(again.stdout).changed, false)
  assert.deepEqual(JSON.parse((await run(['user', 'list', '--json'], { data: own.data })).stdout), before)
})

test('a broken city file is refused with its line, and no database is left', async () => {
  const city = temporary('city'), data = path.join(temporary('d'), 'new')
  const write = (text) => fs.writeFileSync(path.join(city, 'city.yaml'), text)
  for (const [text, line] of [
    ['name: 甲市\ndivision_code: "1"\n', /city\.yaml 第 1 行/],
    ['name: 甲市\ndivision_code: "1"\nhotline: "1"\nhotlin: x\n', /city\.yaml 第 4 行/],
    ['name: 甲市\ndivision_code: "1"\nhotline: "1"\ndepartments:\n  - id: a\n    name: 甲局\n', /city\.yaml 第 5 行/],
  ]) {
    write(text)
    const r = await run(['setup', '--city', city], { data })
    assert.equal(r.code, 1)
    assert.match(r.stderr, line)
    assert.ok(!fs.existsSync(path.join(data, 'tongban.db')))
  }
})
