// Starts the real program on a free port with a data directory of its own and a scripted engine.
// Only what Node 18 has. A test file writes:
//
//   import { startServer, startEngine } from './lib.mjs'
//   const engine = await startEngine()            // test/engine: answers what the test says
//   const server = await startServer({ engine })  // the sample city, a fresh copy for each server
//   const person = server.person()                // a browser without a page: keeps its cookies
//   const answer = await person.ask('高龄补贴多少钱')
//   await server.stop(); await engine.close()
import { spawn, execFileSync } from 'node:child_process'
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import fs from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
export { startEngine } from '../engine/engine.mjs'

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')

// The sanitized build when there is one: every test is a memory test too.
export const program =
  process.env.TONGBAN ??
  ['build/san/clang/tongban', 'build/san/tongban', 'build/clang/tongban', 'build/tongban']
    .map((p) => path.join(root, p))
    .find((p) => fs.existsSync(p))

// What prepares a test, and the reader of files that its own seccomp rules confine, come from the
// plain build where it is there: the server is what is watched.
export const plain = [path.join(root, 'build/tongban'), program].find((p) => fs.existsSync(p))

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'tongban-test-'))
const alive = new Set()
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL')
  fs.rmSync(scratch, { recursive: true, force: true })
})

export function temporary(name = 'd') {
  return fs.mkdtempSync(path.join(scratch, `${name}-`))
}

// ---- the sample city, set up once for each build of the program ----

function digestOfSetup() {
  const hash = createHash('sha256').update(fs.readFileSync(plain))
  const walk = (dir) => {
    for (const e of fs.readdirSync(dir, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const file = path.join(dir, e.name)
      if (e.isDirectory()) walk(file)
      else hash.update(e.name).update(fs.readFileSync(file))
    }
  }
  hash.update(String(embedded))
  walk(path.join(root, 'demo'))
  walk(path.join(root, 'sql'))
  walk(path.join(root, 'employees'))
  walk(path.join(root, 'rules'))
  return hash.digest('hex').slice(0, 16)
}

// First passwords are changed to this one; `signIn` knows it.
export const PASSWORD = '明川-Trunk-2026-绿水青山'

// The engine is asked only where the evidence is good enough, which needs the embeddings.
const cache = process.env.TONGBAN_CACHE ?? path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'tongban')
export const embedded = fs.existsSync(path.join(cache, 'models/bge-small-zh-v1.5-q/model.onnx')) &&
  fs.existsSync(path.join(cache, 'deps/onnxruntime'))
export const needsEmbeddings = embedded ? {} : { skip: 'the embedding model is not here' }

let template
function sampleCity() {
  if (template) return template
  const home = path.join(root, 'build/test-city', digestOfSetup())
  if (!fs.existsSync(path.join(home, 'setup.json'))) {
    const made = temporary('city')
    const out = execFileSync(plain, ['setup', '--data', made, '--city', path.join(root, 'demo'), '--no-messages', '--json'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      env: environment(),
      maxBuffer: 1 << 26,
    })
    // Most tests are about one person at a time; access.test.mjs has both in force, as a new city has.
    for (const rule of ['dual', 'purpose'])
      execFileSync(plain, ['access', 'set', rule, 'off', '--data', made], { stdio: 'ignore', env: environment() })
    if (embedded)
      execFileSync(plain, ['embed', '--data', made], { stdio: 'ignore', env: environment() })
    fs.writeFileSync(path.join(made, 'setup.json'), out)
    fs.mkdirSync(path.dirname(home), { recursive: true })
    try {
      fs.cpSync(made, `${home}.${process.pid}`, { recursive: true })
      fs.renameSync(`${home}.${process.pid}`, home)
    } catch (e) {
      if (!fs.existsSync(path.join(home, 'setup.json'))) throw e // another test file was faster
      fs.rmSync(`${home}.${process.pid}`, { recursive: true, force: true })
    }
  }
  template = { home, setup: JSON.parse(fs.readFileSync(path.join(home, 'setup.json'), 'utf8')) }
  return template
}

function environment(more = {}) {
  const env = { ...process.env, ...more }
  delete env.TONGBAN_DATA
  env.TONGBAN_EXTRACT ??= path.join(path.dirname(plain), 'tongban-extract')
  env.ASAN_OPTIONS = `abort_on_error=0:exitcode=99:${env.ASAN_OPTIONS ?? ''}`
  env.UBSAN_OPTIONS = `print_stacktrace=1:${env.UBSAN_OPTIONS ?? ''}`
  return env
}

// Runs a command of the program and returns { code, stdout, stderr }.
export function run(args, { env, input, data, binary = program } = {}) {
  return new Promise((resolve) => {
    const child = spawn(binary, data ? [...args, '--data', data] : args, { env: environment(env) })
    let stdout = '', stderr = ''
    alive.add(child)
    child.stdout.setEncoding('utf8').on('data', (s) => (stdout += s))
    child.stderr.setEncoding('utf8').on('data', (s) => (stderr += s))
    child.on('close', (code, signal) => {
      alive.delete(child)
      resolve({ code: code ?? signal, stdout, stderr })
    })
    child.stdin.on('error', () => {})
    child.stdin.end(input ?? '')
  })
}

// ---- the server ----

// data: a directory to go on with; city: false for an empty one; again: policy answers may be given again, which
// they are not otherwise: most tests ask one question over and over and want the engine to be asked.
export async function startServer(options = {}) {
  const server = new Server(options)
  await server.start()
  return server
}

export class Server {
  constructor({ data, city = true, engine, args = [], env = {}, wrap = [], binary = program, again = false } = {}) {
    this.options = { engine, args, env, wrap, binary, again }
    this.data = data
    this.passwords = {}
    if (!data) {
      this.data = temporary('data')
      if (city) fs.cpSync(sampleCity().home, this.data, { recursive: true })
    }
    if (city && fs.existsSync(path.join(this.data, 'setup.json')))
      for (const p of JSON.parse(fs.readFileSync(path.join(this.data, 'setup.json'), 'utf8')).passwords)
        this.passwords[p.login] = p.password
  }

  async start() {
    const { engine, args, env, wrap, binary, again } = this.options
    const argv = [...wrap, binary, 'serve', '--data', this.data, '--listen', '127.0.0.1:0', '--json',
      '--no-engine', '--no-embed', ...(again ? [] : ['--fresh-answers']), ...args]
    if (engine) argv.push('--engine', typeof engine === 'string' ? engine : engine.url)
    this.ended = undefined
    this.began = performance.now()
    this.child = spawn(argv[0], argv.slice(1), { env: environment(env), stdio: ['ignore', 'pipe', 'pipe'] })
    alive.add(this.child)
    this.logged = ''
    this.child.stderr.setEncoding('utf8').on('data', (s) => (this.logged += s))
    this.over = new Promise((resolve) =>
      this.child.on('close', (code, signal) => {
        alive.delete(this.child)
        this.ended = { code, signal }
        resolve(this.ended)
      }))
    let out = ''
    this.child.stdout.setEncoding('utf8')
    await new Promise((resolve, reject) => {
      this.child.stdout.on('data', (s) => {
        out += s
        if (out.includes('\n')) resolve()
      })
      this.over.then(({ code, signal }) =>
        reject(new Error(`the server ended with ${code ?? signal}\n${this.logged}`)))
    })
    const { listening, pid } = JSON.parse(out)
    this.readyMs = performance.now() - this.began
    this.url = listening.replace(/\/$/, '')
    this.port = Number(new URL(listening).port)
    this.pid = pid
    return this
  }

  // SIGTERM; resolves with the exit code, and fails when a sanitizer found something.
  async stop() {
    if (!this.ended) this.child.kill('SIGTERM')
    const { code, signal } = await this.over
    if (code !== 0) throw new Error(`the server ended with ${code ?? signal}\n${this.logged.slice(-8000)}`)
    return code
  }

  async kill() { // -9: what a power cut leaves; a server that is gone already broke by itself
    if (this.ended) throw new Error(`the server ended with ${this.ended.code ?? this.ended.signal}\n${this.logged.slice(-8000)}`)
    process.kill(this.pid, 'SIGKILL')
    if (this.child.pid !== this.pid) this.child.kill('SIGKILL')
    await this.over
  }

  async restart() {
    if (!this.ended) await this.stop()
    this.ended = undefined
    return this.start()
  }

  // through: { port, https: true, host } of a proxy in front
  person(through) {
    return new Person(this, through)
  }

  // A signed-in member of staff; the first password is changed when it must be.
  async staff(login) {
    const p = this.person()
    await p.signIn(login)
    return p
  }

  lines(event) { // of the log
    return this.logged.split('\n').filter(Boolean).map((l) => {
      try {
        return JSON.parse(l)
      } catch {
        return { event: 'raw', msg: l }
      }
    }).filter((l) => !event || l.event === event)
  }

  residentKb() {
    return Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${this.pid}/status`, 'utf8'))[1])
  }
}

// ---- who asks ----

export class Person {
  constructor(server, through = {}) {
    this.server = server
    this.cookies = new Map()
    this.csrf = ''
    this.web = through.https ? https : http
    this.agent = new this.web.Agent({ keepAlive: true })
    const { port, host, from } = through
    // a proxy of a test has a certificate of its own making
    this.way = { host: '127.0.0.1', ...(port && { port }), ...(from && { localAddress: from }), ...(through.https && { servername: host, rejectUnauthorized: false }) }
    this.always = host ? { host } : {}
  }

  // { status, headers, text, json }; body: an object goes as JSON, a string or Buffer as it is.
  request(method, target, body, headers = {}) {
    const h = { ...this.always, ...headers }
    let bytes = body
    if (body !== undefined && typeof body !== 'string' && !Buffer.isBuffer(body)) {
      bytes = JSON.stringify(body)
      h['content-type'] ??= 'application/json'
    }
    if (this.cookies.size) h.cookie ??= [...this.cookies].map(([k, v]) => `${k}=${v}`).join('; ')
    if (this.csrf && method !== 'GET') h['x-csrf-token'] ??= this.csrf
    if (bytes !== undefined) h['content-length'] = Buffer.byteLength(bytes)
    return new Promise((resolve, reject) => {
      const q = this.web.request({ port: this.server.port, ...this.way, method, path: target, headers: h, agent: this.agent })
      q.on('response', (r) => {
        this.keep(r)
        const parts = []
        r.on('data', (d) => parts.push(d))
        r.on('error', reject)
        r.on('end', () => resolve(new Reply(r, Buffer.concat(parts))))
      })
      q.on('error', reject)
      q.end(bytes)
    })
  }

  keep(r) {
    for (const line of r.headers['set-cookie'] ?? []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)
      if (/max-age=0/i.test(line) || value === '') this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
  }

  get(target, headers) {
    return this.request('GET', target, undefined, headers)
  }
  post(target, body = {}, headers) {
    return this.request('POST', target, body, headers)
  }
  put(target, body, headers) {
    return this.request('PUT', target, body, headers)
  }
  delete(target, headers) {
    return this.request('DELETE', target, undefined, headers)
  }

  async signIn(login, password) {
    for (const word of password ? [password] : [PASSWORD, this.server.passwords[login]]) {
      const r = await this.post('/api/session', { login, password: word })
      if (r.status !== 200) continue
      this.csrf = r.json.csrf
      this.staff = r.json.staff
      if (r.json.staff.must_change && !password) {
        const changed = await this.post('/api/session/password', { old: word, new: PASSWORD })
        if (changed.status !== 200) throw new Error(`password of ${login}: ${changed.text}`)
        const again = await this.get('/api/session')
        if (again.status !== 200) return this.signIn(login, PASSWORD)
        this.csrf = again.json.csrf
      }
      return this
    }
    throw new Error(`${login} cannot sign in`)
  }

  // multipart/form-data; files: [{ field, name, bytes, type }]
  upload(target, files, headers = {}) {
    const mark = `b${randomBytes(12).toString('hex')}`
    const parts = files.flatMap((f) => [
      `--${mark}\r\nContent-Disposition: form-data; name="${f.field ?? 'file'}"` +
        (f.name === undefined ? '' : `; filename="${f.name}"`) +
        `\r\n${f.type ? `Content-Type: ${f.type}\r\n` : ''}\r\n`,
      f.bytes,
      '\r\n',
    ])
    const body = Buffer.concat([...parts, `--${mark}--\r\n`].map((p) => Buffer.from(p)))
    return this.request('POST', target, body, { 'content-type': `multipart/form-data; boundary=${mark}`, ...headers })
  }

  // Asks and follows the stream. Resolves with
  // { status, events: [{ event, data, at }], get(name), done, error, clauses, sentences, whole, ms }
  // whole: the stream was ended by the server, not broken off. onEvent may return 'leave'.
  ask(question, { onEvent, onOpen, ...more } = {}) {
    const began = performance.now()
    return this.stream('/api/ask', { question, ...more }, { onEvent, onOpen }).then((a) => {
      a.ms = performance.now() - began
      a.done = a.get('done')
      a.error = a.get('error') ?? a.json?.error
      a.clauses = a.get('evidence')?.clauses ?? []
      a.sentences = a.events.filter((e) => e.event === 'sentence').map((e) => e.data)
      return a
    })
  }

  stream(target, body, { onEvent, onOpen } = {}) {
    const bytes = JSON.stringify(body)
    const began = performance.now()
    const headers = { ...this.always, 'content-type': 'application/json', 'content-length': Buffer.byteLength(bytes), accept: 'text/event-stream' }
    if (this.cookies.size) headers.cookie = [...this.cookies].map(([k, v]) => `${k}=${v}`).join('; ')
    if (this.csrf) headers['x-csrf-token'] = this.csrf
    return new Promise((resolve, reject) => {
      const q = this.web.request({ port: this.server.port, ...this.way, method: 'POST', path: target, headers })
      const answer = { events: [], comments: 0, whole: false, get: (n) => answer.events.findLast?.((e) => e.event === n)?.data ?? answer.events.filter((e) => e.event === n).pop()?.data }
      q.on('error', (e) => (answer.status === undefined ? reject(e) : undefined))
      q.on('response', (r) => {
        this.keep(r)
        Object.assign(answer, { status: r.statusCode, headers: r.headers, socket: r.socket })
        if (onOpen) onOpen(q, answer)
        let text = ''
        r.setEncoding('utf8')
        const finish = () => {
          if (!/event-stream/.test(r.headers['content-type'] ?? '')) {
            answer.text = text
            try {
              answer.json = JSON.parse(text)
            } catch { /* not JSON */ }
          }
          resolve(answer)
        }
        r.on('data', (s) => {
          text += s
          if (!/event-stream/.test(r.headers['content-type'] ?? '')) return
          for (let end; (end = text.indexOf('\n\n')) >= 0; text = text.slice(end + 2)) {
            const e = parseEvent(text.slice(0, end))
            if (!e) {
              answer.comments++
              continue
            }
            e.at = performance.now() - began
            answer.events.push(e)
            if (onEvent?.(e, answer) === 'leave') {
              q.destroy()
              finish()
              return
            }
          }
        })
        r.on('end', () => {
          answer.whole = r.complete
          finish()
        })
        r.on('error', finish) // broken off
        r.on('close', finish)
      })
      q.end(bytes)
    })
  }

  close() {
    this.agent.destroy()
  }
}

class Reply {
  constructor(r, bytes) {
    this.status = r.statusCode
    this.headers = r.headers
    this.bytes = bytes
  }
  get text() {
    return this.bytes.toString('utf8')
  }
  get json() {
    return JSON.parse(this.text)
  }
}

function parseEvent(block) {
  let event = 'message', data = '', seen = false
  for (const line of block.split('\n')) {
    if (line.startsWith('event: ')) event = line.slice(7)
    else if (line.startsWith('data: ')) {
      data += line.slice(6)
      seen = true
    }
  }
  return seen ? { event, data: JSON.parse(data) } : null
}

// A shared object (LD_PRELOAD) that stands between the program and what it calls.
export function shim(source) {
  const file = path.join(temporary('shim'), 'shim.c')
  fs.writeFileSync(file, source)
  execFileSync('gcc', ['-shared', '-fPIC', '-O1', '-o', `${file}.so`, file, '-ldl'])
  return `${file}.so`
}

// What an authenticator app shows for a base32 secret: RFC 6238, SHA-1, six digits.
export function totp(secret, at = Date.now()) {
  let bits = ''
  for (const c of secret) bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30000)))
  const mac = createHmac('sha1', key).update(counter).digest(), from = mac.at(-1) & 15
  return String((mac.readUInt32BE(from) & 0x7fffffff) % 1e6).padStart(6, '0')
}

// ---- raw bytes ----

// Sends bytes on a socket of its own and resolves with all that came back until the server closed
// it (or `until` was seen).
export function raw(server, bytes, { until, end = false, ms = 15000 } = {}) {
  return new Promise((resolve, reject) => {
    const s = net.connect(server.port, '127.0.0.1')
    let got = ''
    const timer = setTimeout(() => {
      s.destroy()
      reject(new Error(`nothing more after ${ms} ms: ${JSON.stringify(got.slice(0, 500))}`))
    }, ms)
    const over = () => {
      clearTimeout(timer)
      s.destroy()
      resolve(got)
    }
    s.setEncoding('latin1')
    s.on('data', (d) => {
      got += d
      if (until && got.includes(until)) over()
    })
    s.on('close', over)
    s.on('error', () => {})
    s.write(Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes, 'latin1'))
    if (end) s.end()
  })
}

export async function eventually(what, { ms = 15000, every = 5 } = {}) {
  const until = performance.now() + ms
  for (;;) {
    const got = await what()
    if (got) return got
    if (performance.now() > until) throw new Error(`never came true: ${what}`)
    await new Promise((r) => setTimeout(r, every))
  }
}

export { once }

/** A data directory of its own with the sample city and its three months of messages. */
export function messagedCity() {
  const data = temporary('messages')
  const out = execFileSync(plain, ['setup', '--data', data, '--city', path.join(root, 'demo'), '--json'],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], env: environment(), maxBuffer: 1 << 26 })
  for (const rule of ['dual', 'purpose']) execFileSync(plain, ['access', 'set', rule, 'off', '--data', data], { stdio: 'ignore', env: environment() })
  fs.writeFileSync(path.join(data, 'setup.json'), out)
  return data
}
