// The disk and the database when they do not do what they should.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { test } from 'node:test'
import { run, startServer } from './lib.mjs'

const verify = async (data) => JSON.parse((await run(['audit', 'verify', '--json'], { data })).stdout)
const users = async (data) => JSON.parse((await run(['user', 'list', '--json'], { data })).stdout).map((u) => u.login)
const person = (login) => ({ login, name: '测', role: 'clerk', department: 'minzheng' })

// Another program holds the write lock until the returned function is called.
async function holdLock(data) {
  const child = spawn('/usr/bin/python3', ['-c', `import sqlite3,sys
d=sqlite3.connect(sys.argv[1],isolation_level=None); d.execute('BEGIN IMMEDIATE')
print('held',flush=True); sys.stdin.read(); d.execute('ROLLBACK')`, path.join(data, 'tongban.db')])
  await once(child.stdout, 'data')
  return async () => {
    child.stdin.end()
    await once(child, 'close')
  }
}

test('a locked database is said in words, and nothing is half done', async () => {
  const server = await startServer()
  const officer = await server.staff('shen.ruolan')
  const let_go = await holdLock(server.data)
  const began = performance.now()
  const [added, city] = await Promise.all([officer.post('/api/users', person('lock.one')), server.person().get('/api/city')])
  assert.equal(added.status, 503, added.text)
  assert.equal(added.json.error.code, 'busy')
  assert.ok(added.headers['retry-after'])
  assert.match(added.json.error.message, /稍后再试/)
  assert.ok(performance.now() - began < 15000)
  assert.equal(city.status, 200) // reading goes on
  await let_go()
  assert.equal((await officer.post('/api/users', person('lock.two'))).status, 200)
  await server.stop()
  const now = await users(server.data)
  assert.ok(!now.includes('lock.one') && now.includes('lock.two'))
  const v = await verify(server.data)
  assert.equal(v.ok, true, v.why)
})

// A file may grow no further than this: what a full disk looks like to the program.
const limited = (bytes) => ['/usr/bin/python3', '-c', `import os,resource,signal,sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (${bytes}, ${bytes}))
os.execv(sys.argv[1], sys.argv[1:])`]

test('a disk that gives out is said in words; what was acknowledged stays, and the next start is whole', async () => {
  const small = await startServer({ wrap: limited(700 * 1024) })
  const officer = await small.staff('shen.ruolan')
  const made = []
  let refused
  for (let i = 0; i < 400 && !refused; i++) {
    const r = await officer.post('/api/users', person(`disk.${i}`))
    if (r.status === 200) made.push(`disk.${i}`)
    else refused = r
  }
  assert.ok(refused, 'the limit was never met')
  assert.equal(refused.status, 503, refused.text)
  assert.equal(refused.json.error.code, 'store')
  assert.ok(refused.json.error.message.length > 5)
  assert.equal((await small.person().get('/api/city')).status, 200)
  assert.equal((await small.person().get('/health/live')).status, 200)
  await small.kill()
  const again = await startServer({ data: small.data })
  const p = await again.staff('peng.yiming')
  assert.equal((await p.post('/api/audit/verify')).json.ok, true)
  const now = await users(again.data)
  for (const login of made) assert.ok(now.includes(login), login)
  assert.ok(!now.includes(`disk.${made.length}`))
  await again.stop()
})

test('a directory of a newer program is not touched', async () => {
  const server = await startServer()
  await server.stop()
  const child = spawn('/usr/bin/python3', ['-c', `import sqlite3,sys
d=sqlite3.connect(sys.argv[1]); d.execute("INSERT INTO migration VALUES(9999,'9999_future.sql',0)"); d.commit()`,
    path.join(server.data, 'tongban.db')])
  await once(child, 'close')
  const r = await run(['serve', '--listen', '127.0.0.1:0', '--no-engine'], { data: server.data })
  assert.equal(r.code, 1)
  assert.match(r.stderr, /更新版本/)
})
