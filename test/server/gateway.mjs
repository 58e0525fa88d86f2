// What tests of the gateway share: a server with engines of its own in models.yaml, applications
// with keys, streams as they came, and the books as they stand in the database.
import { execFile } from 'node:child_process'
import fs from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { promisify } from 'node:util'
import { Server, eventually, plain, root, run, startEngine, temporary } from './lib.mjs'

const python = '/usr/bin/python3'

/** models.yaml of scripted engines: [{ engine, name, ...fields of the file }] */
export function modelsYaml(engines, more = '') {
  const rows = engines.map(({ engine, ...fields }, i) => {
    const all = { name: `e${i + 1}`, url: engine.url, model: 'm', first_word: 2, total: 60, ...fields }
    return `  - ${Object.entries(all).map(([k, v]) => `${k}: ${v}`).join('\n    ')}\n`
  })
  return `engines:\n${rows.join('')}${more}models: []\n`
}

// What the program reads beside its data, with a models.yaml (and rules) of the test's own.
function shareOf(yaml, forbidden) {
  const dir = temporary('share')
  for (const name of ['sql', 'prompts', 'employees', 'demo', 'web', 'VERSION', 'rules'])
    if (fs.existsSync(path.join(root, name))) fs.symlinkSync(path.join(root, name), path.join(dir, name))
  fs.writeFileSync(path.join(dir, 'models.yaml'), yaml)
  if (forbidden) {
    fs.unlinkSync(path.join(dir, 'rules'))
    fs.cpSync(path.join(root, 'rules'), path.join(dir, 'rules'), { recursive: true })
    fs.writeFileSync(path.join(dir, 'rules/forbidden.yaml'), forbidden)
  }
  return dir
}

/** engines: how many, or rows for modelsYaml without `engine`. Keys: { name: options of addKey }.
 *  Gives { server, engines, keys: { name: secret }, share, close() }. */
export async function startGateway({ engines = 1, keys = { app: {} }, more, forbidden, yaml, ...options } = {}) {
  const rows = typeof engines === 'number' ? Array.from({ length: engines }, () => ({})) : engines
  const running = []
  for (const row of rows) running.push(row.engine ?? await startEngine())
  const share = shareOf(yaml ?? modelsYaml(rows.map((row, i) => ({ ...row, engine: running[i] })), more), forbidden)
  const server = new Server({ ...options, env: { TONGBAN_SHARE: share, ...options.env } })
  const secrets = {}
  for (const [name, wish] of Object.entries(keys)) secrets[name] = await addKey(server, name, wish)
  try {
    await server.start()
  } catch (e) { // what still listens would keep the test file from ending
    await Promise.all(running.map((one) => one.close()))
    throw e
  }
  return { server, engines: running, engine: running[0], keys: secrets, share,
    async close() {
      await Promise.all(running.map((e) => e.close()))
      await server.stop()
    } }
}

/** A gateway with one application for as long as `work` lasts. */
export async function withGateway(options, work) {
  const city = await startGateway({ keys: { 应用: {} }, ...options })
  const app = new App(city.server, city.keys.应用)
  try {
    await work({ ...city, app })
  } finally {
    app.close()
    await city.close()
  }
}

/** Options as `tongban key add` has them, without dashes; a running server knows it within a second. */
export async function addKey(server, name, options = {}) {
  const args = Object.entries({ department: 'minzheng', ...options }).flatMap(([k, v]) => [`--${k}`, String(v)])
  const r = await run(['key', 'add', name, ...args, '--json'], { data: server.data, binary: plain })
  if (r.code !== 0) throw new Error(r.stderr)
  return JSON.parse(r.stdout).secret
}

// ---- an application ----

export function textOf(frames, key = 'content', choice = 0) {
  return frames.flatMap((f) => f.choices ?? []).filter((c) => (c.index ?? 0) === choice)
    .map((c) => (c.delta ? c.delta[key] : key === 'content' ? c.text : '') ?? '').join('')
}

export function argumentsOf(frames, tool = 0, choice = 0) {
  return frames.flatMap((f) => f.choices ?? []).filter((c) => (c.index ?? 0) === choice)
    .flatMap((c) => c.delta?.tool_calls ?? []).filter((t) => t.index === tool)
    .map((t) => t.function?.arguments ?? '').join('')
}

/** The frames of an event stream: { events, comments, done, error }, each data line parsed. */
export function framesOf(text) {
  const out = { events: [], comments: 0, done: false, error: null, after: 0 }
  for (const block of text.split('\n\n')) {
    if (!block) continue
    if (out.done) out.after += 1
    if (block.startsWith(':')) out.comments += 1
    else if (block === 'data: [DONE]') out.done = true
    else if (block.startsWith('data: ') && !block.includes('\n')) out.events.push(JSON.parse(block.slice(6)))
    else throw new Error(`no frame of an event stream: ${JSON.stringify(block.slice(0, 200))}`)
  }
  out.error = out.events.find((e) => e.error)?.error ?? null
  return out
}

export class App {
  constructor(server, secret, agent) {
    this.server = server
    this.secret = secret
    this.agent = agent ?? new http.Agent({ keepAlive: true, maxSockets: 2000 })
  }

  /** { status, headers, text, whole (ended as it should), json, and of a stream what framesOf gives }.
   *  onData(text so far, request) may return 'leave'. */
  send(method, target, body, { headers = {}, onData } = {}) {
    const bytes = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
    const h = { ...(this.secret && { authorization: `Bearer ${this.secret}` }), 'content-type': 'application/json', ...headers }
    if (bytes !== undefined && !h['transfer-encoding']) h['content-length'] = Buffer.byteLength(bytes)
    return new Promise((resolve, reject) => {
      const q = http.request({ port: this.server.port, host: '127.0.0.1', method, path: target, headers: h, agent: this.agent })
      q.on('error', reject)
      q.on('response', (r) => {
        const parts = []
        const over = () => resolve(reply(r, Buffer.concat(parts).toString('utf8')))
        r.on('data', (d) => {
          parts.push(d)
          if (onData?.(Buffer.concat(parts).toString('utf8'), q) === 'leave') {
            q.destroy()
            over()
          }
        })
        r.on('end', over)
        r.on('error', over)
        r.on('close', over)
      })
      q.end(bytes)
    })
  }
  get(target, options) {
    return this.send('GET', target, undefined, options)
  }
  post(target, body, options) {
    return this.send('POST', target, body, options)
  }
  /** A chat: what is asked, and more fields of the body. */
  chat(content, more = {}, options) {
    return this.post('/v1/chat/completions', { model: 'm', messages: [{ role: 'user', content }], ...more }, options)
  }
  stream(content, more = {}, options) {
    return this.chat(content, { stream: true, ...more }, options)
  }
  close() {
    this.agent.destroy()
  }
}

function reply(r, text) {
  const out = { status: r.statusCode, headers: r.headers, text, whole: r.complete }
  if (/event-stream/.test(r.headers['content-type'] ?? '')) return { ...out, ...framesOf(text) }
  try {
    out.json = JSON.parse(text)
  } catch { /* not JSON */ }
  return out
}

// ---- what the server keeps ----

const reader = `import json, sqlite3, sys
d = sqlite3.connect('file:' + sys.argv[1] + '?mode=ro', uri=True, timeout=20)
d.row_factory = sqlite3.Row
out = {}
for name, sql in json.loads(sys.argv[2]).items():
    out[name] = [{k: (r[k].hex() if isinstance(r[k], bytes) else r[k]) for k in r.keys()} for r in d.execute(sql)]
print(json.dumps(out))`

/** Rows of the database: { name: SQL } in, { name: [rows] } out. */
export async function rows(server, queries) {
  const { stdout } = await promisify(execFile)(python, ['-c', reader, `${server.data}/tongban.db`, JSON.stringify(queries)], { maxBuffer: 1 << 28 })
  return JSON.parse(stdout)
}

const NOTHING = { tries: 0, prompt_tokens: 0, cached_tokens: 0, answer_tokens: 0, reasoning_tokens: 0, cost: 0, wait_us: 0, first_us: 0, total_us: 0, overhead_us: 0, masked: 0 }

/** Figures as the books keep them: what is nothing is left out. */
export const figuresOf = (text) => ({ ...NOTHING, ...JSON.parse(text) })

export async function callsOf(server) {
  const { calls } = await rows(server, { calls: 'SELECT * FROM model_call ORDER BY id' })
  return calls.map((c) => ({ ...c, figures: figuresOf(c.figures) }))
}

/** The row of one call, once it is written. */
export function callOf(server, requestId) {
  return eventually(async () => (await callsOf(server)).find((c) => c.request_id === requestId), { every: 50 })
}

export async function useOf(server) {
  return (await rows(server, { use: 'SELECT * FROM model_use' })).use
}

export async function trailHolds(server) {
  const r = await run(['audit', 'verify', '--json'], { data: server.data, binary: plain })
  return r.code === 0 ? r : Promise.reject(new Error(`the trail does not verify: ${r.stdout}${r.stderr}`))
}

/** Holds the database as another process may: resolves with a function that lets it go. */
export async function holdDatabase(server) {
  const script = `import sqlite3, sys
d = sqlite3.connect(sys.argv[1], timeout=20, isolation_level=None)
d.execute('BEGIN EXCLUSIVE')
print('held', flush=True)
sys.stdin.read()
d.execute('ROLLBACK')
print('gone', flush=True)`
  const child = execFile(python, ['-c', script, `${server.data}/tongban.db`])
  const said = (word) => new Promise((resolve) => child.stdout.on('data', (s) => s.includes(word) && resolve()))
  await said('held')
  return async () => {
    const gone = said('gone')
    child.stdin.end()
    await gone
  }
}

/** Everything below the data directory and the log, as one lot of bytes: to look for what must not be there. */
export function everythingOf(server) {
  const parts = [Buffer.from(server.logged)]
  const walk = (dir) => {
    for (const e of fs.readdirSync(dir, { withFileTypes: true })) {
      const file = path.join(dir, e.name)
      if (e.isDirectory()) walk(file)
      else if (e.isFile()) parts.push(fs.readFileSync(file))
    }
  }
  walk(server.data)
  return Buffer.concat(parts)
}

