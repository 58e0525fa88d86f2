// What whoever runs the machine relies on: starting, stopping, the lock, the clock, systemd.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { eventually, needsEmbeddings, plain, root, run, shim, startEngine, startServer, temporary } from './lib.mjs'

let engine
before(async () => {
  engine = await startEngine()
})
after(async () => {
  await engine?.close()
})

test('an empty directory is made ready, and the second start changes nothing', async () => {
  const server = await startServer({ city: false })
  assert.equal((await server.person().get('/health/ready')).json.ready, true)
  await server.stop()
  const before = fs.statSync(path.join(server.data, 'keys')).mtimeMs
  await server.restart()
  assert.equal(fs.statSync(path.join(server.data, 'keys')).mtimeMs, before)
  assert.equal(fs.statSync(server.data).mode & 0o77, 0, 'others may not look in')
  await server.stop()
})

test('ready within a second with the sample city, at most 60 MB, and 200 MB once it searches by meaning', async () => {
  const server = await startServer({ engine, binary: plain })
  assert.ok(server.readyMs < 1000, `${server.readyMs} ms`)
  const p = server.person()
  for (const path of ['/api/city', '/api/documents', '/health/ready']) await p.get(path)
  const idle = server.residentKb()
  assert.ok(idle < 60 * 1024, `${idle} kB`)
  await p.get('/api/search?q=a') // the embedding model is read with the first search
  assert.ok(server.residentKb() < 200 * 1024, `${server.residentKb()} kB`)
  console.log(`# ready after ${Math.round(server.readyMs)} ms, ${idle} kB, with embeddings ${server.residentKb()} kB`)
  await server.stop()
})

test('an answer under way is finished before the server goes', needsEmbeddings, async () => {
  const server = await startServer({ engine })
  engine.next({ kind: 'plain', text: '高龄津贴每人每月100元。'.repeat(1), delay_ms: 60 })
  const asked = engine.requests.length
  const stream = server.person().ask('高龄津贴每个月多少钱')
  await eventually(() => engine.requests.length > asked)
  const stopped = server.stop()
  await eventually(() => new Promise((r) => net.connect(server.port, '127.0.0.1').on('error', () => r(true)).on('connect', function () { this.destroy(); r(false) })))
  const a = await stream
  assert.ok(a.whole && a.done, JSON.stringify(a.events.at(-1)))
  assert.equal(await stopped, 0)
})

test('a second signal ends it at once, and what was acknowledged is there', needsEmbeddings, async () => {
  const server = await startServer({ engine, binary: plain })
  const p = server.person()
  const first = await p.ask('办狗证多少钱')
  engine.next({ kind: 'stall', after: 1 })
  const asked = engine.requests.length
  const stream = p.ask('高龄津贴每个月多少钱')
  await eventually(() => engine.requests.length > asked)
  server.child.kill('SIGTERM')
  await eventually(() => server.lines('serve').some((l) => l.msg.startsWith('stopping')))
  const began = performance.now()
  server.child.kill('SIGTERM')
  await server.over
  assert.ok(performance.now() - began < 3000)
  const broken = await stream
  assert.ok(!broken.whole && !broken.done)
  await server.start()
  assert.deepEqual((await p.get(`/api/exchanges/${first.get('start').receipt}`)).json.done, first.done)
  const half = (await p.get(`/api/exchanges/${broken.get('start').receipt}`)).json
  assert.ok(half.done === null || half.done.outcome === 'cancelled', JSON.stringify(half.done))
  await server.stop()
})

test('two servers never share a directory', async () => {
  const server = await startServer({ city: false })
  const second = await run(['serve', '--listen', '127.0.0.1:0', '--no-engine'], { data: server.data })
  assert.notEqual(second.code, 0)
  assert.match(second.stderr, /已有一个通办服务在用/)
  await server.kill()
  await server.start() // a lock of one that was killed is none
  await server.stop()
})

test('what cannot be served is said in one sentence', async () => {
  const taken = net.createServer().listen(0, '127.0.0.1')
  await new Promise((r) => taken.on('listening', r))
  for (const [args, words] of [
    [['--listen', `127.0.0.1:${taken.address().port}`], /端口已被占用/],
    [['--listen', 'nonsense'], /监听地址应写作/],
    [['--listen', '127.0.0.1:99999'], /监听地址应写作/],
    [['--slow-workers', '0'], /应为 1 到 4096/],
    [['--head-timeout', '0'], /应为 1 到 600/],
    [['--unknown'], /不认识的参数 --unknown/],
  ]) {
    const r = await run(['serve', '--no-engine', ...args], { data: temporary() })
    assert.equal(r.code, 1, r.stderr)
    assert.match(r.stderr, words)
    assert.equal(r.stderr.trim().split('\n').filter((l) => l.startsWith('tongban:')).length, 1, r.stderr)
  }
  taken.close()
  const file = path.join(temporary(), 'file')
  fs.writeFileSync(file, '')
  assert.equal((await run(['serve', '--no-engine'], { data: file })).code, 1)
})

test('systemd hears that it is ready and that it stops', async () => {
  const dir = temporary()
  const listener = path.join(dir, 'notify.py')
  // Node has no datagram sockets of this kind
  fs.writeFileSync(listener, `import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(sys.argv[1]); print('bound', flush=True)
while True: print(s.recv(100).decode(), flush=True)
`)
  const ear = spawn('/usr/bin/python3', [listener, path.join(dir, 'n')])
  let heard = ''
  ear.stdout.setEncoding('utf8').on('data', (d) => (heard += d))
  await eventually(() => heard.includes('bound'))
  const server = await startServer({ city: false, env: { NOTIFY_SOCKET: path.join(dir, 'n') } })
  await eventually(() => heard.includes('READY=1'))
  await server.stop()
  await eventually(() => heard.includes('STOPPING=1'))
  ear.kill()
})

test('a data directory on a network file system is refused, a doubtful one is warned of', async (t) => {
  const claim = shim(`#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/vfs.h>
int statfs(const char *path, struct statfs *to)
{
    int (*real)(const char *, struct statfs *) = (int (*)(const char *, struct statfs *))dlsym(RTLD_NEXT, "statfs");
    int rc = real(path, to);
    if (rc == 0) to->f_type = strtol(getenv("CLAIM"), 0, 16);
    return rc;
}
`)
  const of = (magic) => ({ data: temporary(), env: { LD_PRELOAD: claim, CLAIM: magic }, binary: plain })
  const seen = async (o) => JSON.parse((await run(['doctor', '--json'], o)).stdout).checks.find((c) => c.name === 'file_system')
  for (const [name, magic] of [['NFS', '6969'], ['CIFS', 'ff534d42'], ['SMB2', 'fe534d42']])
    await t.test(name, async () => {
      const o = of(magic)
      for (const args of [['serve', '--listen', '127.0.0.1:0', '--no-engine'], ['setup', '--city', path.join(root, 'demo')]]) {
        const r = await run(args, o)
        assert.equal(r.code, 1, r.stderr)
        assert.match(r.stderr, /数据目录在网络文件系统上.*--data/)
      }
      assert.deepEqual(fs.readdirSync(o.data), [])
      const check = await seen(o)
      assert.equal(check.state, 'red')
      assert.ok(check.message.includes(name) && check.todo.includes('本机磁盘'))
    })
  await t.test('FUSE', async () => {
    const o = of('65735546')
    const server = await startServer({ ...o, city: false })
    assert.ok(server.lines('disk').some((l) => l.level === 'warn' && l.msg.includes('FUSE')))
    await server.stop()
    assert.equal((await seen(o)).state, 'amber')
  })
  assert.equal((await seen(of('ef53'))).state, 'green')
})

// The clock of the program alone is moved: a shared object that adds what stands in a file.
function clockShim() {
  const object = shim(`#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t id, struct timespec *t)
{
    static int (*real)(clockid_t, struct timespec *);
    char text[32] = "";
    int rc, fd;
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    rc = real(id, t);
    if (id == CLOCK_REALTIME && (fd = open(getenv("CLOCK_FILE"), O_RDONLY)) >= 0) {
        if (read(fd, text, sizeof(text) - 1) > 0) t->tv_sec += atol(text);
        close(fd);
    }
    return rc;
}
`)
  const file = path.join(temporary(), 'seconds')
  fs.writeFileSync(file, '0')
  return { env: { LD_PRELOAD: object, CLOCK_FILE: file }, move: (s) => fs.writeFileSync(file, String(s)) }
}

test('a clock that jumps breaks nothing', async (t) => {
  const clock = clockShim()
  const server = await startServer({ engine, env: clock.env, binary: plain })
  const p = server.person()
  const receipts = new Set()
  const ask = async () => {
    const a = await p.ask('办狗证多少钱')
    assert.equal(a.done?.outcome, 'standard', JSON.stringify(a.error ?? a.events.at(-1)))
    const receipt = a.get('start').receipt
    assert.ok(!receipts.has(receipt), `${receipt} was given twice`)
    receipts.add(receipt)
    return a
  }
  const clerk = await server.staff('gu.min')
  await server.staff('peng.yiming')
  const day = 86400
  for (const [name, seconds] of [['an hour back', -3600], ['a day on', day], ['a day back', -day], ['a year on', 365 * day], ['back again', 0]]) {
    await t.test(name, async () => {
      clock.move(seconds)
      await ask()
      await ask()
      const session = await clerk.get('/api/session')
      assert.ok([200, 401].includes(session.status))
      if (seconds > day) assert.equal(session.status, 401, 'a session does not outlive its day')
      assert.equal((await p.get('/health/ready')).status, 200)
    })
  }
  const auditor = server.person()
  await auditor.signIn('peng.yiming')
  const verdict = (await auditor.post('/api/audit/verify')).json
  assert.ok(verdict.ok, JSON.stringify(verdict))
  await server.stop()
  clock.move(-2 * day) // and a start before its own last row
  await server.start()
  await ask()
  await server.stop()
})

test('a log that nobody reads holds up nobody', async (t) => {
  const server = await startServer()
  t.after(() => server.child.kill('SIGKILL')) // also when it fails
  server.child.stderr.pause()
  const p = server.person()
  for (let i = 0; i < 3000; i++) // refused in the loop itself; a pipe and what Node holds take 128 KiB
    assert.equal((await p.get(`/api/no/such/${i}/${'x'.repeat(100)}`)).status, 404)
  assert.equal((await p.get('/health/live')).status, 200)
  server.child.stderr.resume()
  await server.stop()
  assert.equal(server.lines('access').length, 3001)
  assert.equal(server.lines('serve').at(-1).msg, 'stopped')
})

test('the figures of a monitor move with what happens', async () => {
  const server = await startServer({ engine })
  const p = server.person()
  const figure = async (name) => Number(new RegExp(`^tongban_${name} (\\S+)$`, 'm').exec((await p.get('/metrics')).text)?.[1] ?? 0)
  const asked = 'http_requests_total{route="/api/ask",code="200"}'.replace(/[{}"/]/g, '\\$&')
  assert.equal(await figure(asked), 0)
  await p.ask('办狗证多少钱')
  assert.equal(await figure(asked), 1)
  assert.ok((await figure('process_resident_bytes')) > 1e6)
  const text = (await p.get('/metrics')).text
  for (const line of text.trim().split('\n'))
    assert.match(line, /^(# (TYPE|HELP) tongban_[a-z_]+ |tongban_[a-z_]+({[^}]*})? -?[0-9.e+-]+(inf)?$)/i)
  await server.stop()
})
