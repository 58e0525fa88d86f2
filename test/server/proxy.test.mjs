// The nginx configuration of docs/operations.md, as it stands there, in front of the real program.
// Only the addresses and the certificate's place are put in. Skipped where nginx is not installed.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import http2 from 'node:http2'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { eventually, needsEmbeddings, root, run, startEngine, startServer } from './lib.mjs'

const nginx = [process.env.TONGBAN_NGINX, '/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/bin/nginx'].find((p) => p && fs.existsSync(p))
const here = nginx ? {} : { skip: 'nginx is not installed' }
const NAME = 'wen.example.gov.cn'
const NOBODY = 65534

const documented = /```nginx\n([\s\S]*?)```/.exec(fs.readFileSync(path.join(root, 'docs/operations.md'), 'utf8'))[1]
const started = /`tongban serve --listen 127\.0\.0\.1:8080 (--hosts \S+ --proxies \S+)`/.exec(
  fs.readFileSync(path.join(root, 'docs/operations.md'), 'utf8'))[1].split(' ')

let engine, server, proxy
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'tongban-nginx-'))
const way = (more) => server.person({ port: proxy.port, https: true, host: NAME, ...more })

const freePort = () => new Promise((resolve) => {
  const s = net.createServer().listen(0, '127.0.0.1', () => {
    const { port } = s.address()
    s.close(() => resolve(port))
  })
})

function put(text, from, to) {
  assert.ok(text.includes(from), `the documented configuration has no “${from}”`)
  return text.replaceAll(from, to)
}

async function startProxy() {
  const port = await freePort()
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${NAME}`,
    '-keyout', path.join(dir, 'server.key'), '-out', path.join(dir, 'server.crt')], { stdio: 'ignore' })
  let block = put(documented, 'listen 443', `listen 127.0.0.1:${port}`)
  block = put(block, '/etc/nginx/tls', dir)
  block = put(block, 'http://127.0.0.1:8080', `http://127.0.0.1:${server.port}`)
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((n) => `${n}_temp_path ${dir}/${n};`).join('\n')
  const file = path.join(dir, 'nginx.conf')
  fs.writeFileSync(file, `daemon off;\nmaster_process off;\npid ${dir}/pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n${temp}\n${block}\n}\n`)
  const who = process.getuid() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
  if (who.uid) for (const f of ['', 'server.key', 'server.crt', 'nginx.conf']) fs.chownSync(path.join(dir, f), NOBODY, NOBODY)
  const argv = ['-p', dir, '-e', 'stderr', '-c', file]
  const child = spawn(nginx, argv, { ...who, stdio: ['ignore', 'ignore', 'pipe'] })
  const p = { port, child, said: '', argv, who }
  process.on('exit', () => child.kill('SIGKILL'))
  child.stderr.setEncoding('utf8').on('data', (s) => (p.said += s))
  p.over = new Promise((r) => child.on('close', r))
  await eventually(() => new Promise((r) => {
    if (child.exitCode !== null) throw new Error(`nginx ended: ${p.said}`)
    net.connect(port, '127.0.0.1').on('error', () => r(false)).on('connect', function () {
      this.destroy()
      r(true)
    })
  }), { every: 50 })
  return p
}

before(async () => {
  if (!nginx) return
  engine = await startEngine()
  server = await startServer({ engine, args: started })
  proxy = await startProxy()
})
after(async () => {
  proxy?.child.kill('SIGTERM')
  await proxy?.over
  await server?.stop()
  await engine?.close()
  fs.rmSync(dir, { recursive: true, force: true })
})

test('nginx itself finds nothing wrong with it', here, () => {
  const out = execFileSync(nginx, ['-t', ...proxy.argv], { ...proxy.who, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  assert.doesNotMatch(out + proxy.said, /\[(emerg|alert|crit|error|warn)\]/)
})

test('pages and questions pass, over HTTP/1.1 and HTTP/2, and cookies are for TLS only', here, async () => {
  const p = way()
  const city = await p.get('/api/city')
  assert.equal(city.status, 200)
  const a = await p.ask('办狗证多少钱')
  assert.match(a.headers['set-cookie'][0], /tb_device=.*; HttpOnly; Secure$/)
  assert.equal(a.done.outcome, 'standard')
  assert.ok(a.whole)
  const two = http2.connect(`https://127.0.0.1:${proxy.port}`, { servername: NAME, rejectUnauthorized: false })
  const q = two.request({ ':path': '/api/city', ':authority': NAME })
  const status = await new Promise((resolve, reject) => q.on('response', (h) => resolve(h[':status'])).on('error', reject).end())
  assert.equal(status, 200)
  two.destroy()
  p.close()
})

test('a foreign name is refused behind the proxy too', here, async () => {
  const p = way({ host: 'evil.example' })
  assert.equal((await p.get('/api/city')).status, 421)
  p.close()
})

test('an answer arrives sentence by sentence, not when it is whole', { ...needsEmbeddings, ...here }, async () => {
  // after its first sentence the engine says nothing more: what arrives was not held back
  engine.next({ kind: 'stall', text: '高龄津贴每人每月100元。其他', piece: 1, after: 14 })
  const p = way()
  const a = await p.ask('高龄津贴每个月多少钱', { onEvent: (e) => (e.event === 'sentence' ? 'leave' : undefined) })
  assert.match(a.sentences[0].text, /100/)
  assert.ok(!a.done && a.ms < 5000, `${a.ms} ms`)
  await eventually(() => engine.open === 0) // and who leaves the proxy leaves the server and the engine
  p.close()
})

test('where a person comes from is what the proxy says, never what the person says', here, async () => {
  const forged = { 'x-forwarded-for': '6.6.6.6', 'x-forwarded-proto': 'https' }
  const seen = (path) => eventually(() => server.lines('access').find((l) => l.msg.includes(`path=${path} `)))
  const behind = way({ from: '127.0.0.7' })
  await behind.get('/behind', forged)
  assert.match((await seen('/behind')).msg, / address=127\.0\.0\.7 /)
  const direct = server.person({ from: '127.0.0.9', host: NAME }) // past the proxy, from no proxy's address
  const r = await direct.post('/api/handoffs', { question: '请问怎么办居住证' }, forged)
  assert.doesNotMatch(r.headers['set-cookie'][0], /Secure/)
  await direct.get('/direct', forged)
  assert.match((await seen('/direct')).msg, / address=127\.0\.0\.9 /)
  behind.close()
  direct.close()
})

test('the limit of a body is the same in front and behind', here, async () => {
  const routes = JSON.parse((await run(['routes', '--json'])).stdout)
  const most = Math.max(...routes.map((r) => r.body_max))
  assert.equal(Number(/client_max_body_size (\d+)m;/.exec(documented)[1]) * 1024 * 1024, most)
  const keeper = way()
  await keeper.signIn('zhou.zhiyuan')
  // nginx keeps a body that is larger than its buffer in a file: one of these goes through whole
  const long = `# 通过前置服务上传的办法\n\n第一条 ${'为了试一试上传，'.repeat(100000)}\n`
  const sent = await keeper.upload('/api/knowledge/documents', [{ name: '办法.md', bytes: Buffer.from(long) }])
  assert.equal(sent.status, 200, sent.text)
  const head = await new Promise((resolve) => {
    const q = keeper.web.request({ ...keeper.way, method: 'POST', path: '/api/knowledge/documents',
      headers: { host: NAME, 'content-length': most + 1, 'content-type': 'multipart/form-data; boundary=x' } })
    q.on('response', (r) => {
      resolve(r.statusCode)
      q.destroy()
    }).on('error', () => {})
    q.write('--x\r\n')
  })
  assert.equal(head, 413)
  keeper.close()
})
