// Open WebUI before the gateway, unchanged: its own list of models, a streamed chat and a whole one through its own API.
//   node bench/gateway/openwebui.mjs            says what it saw; exit 2 where Open WebUI is not installed
// Installed beside the program, never by ./run or ./check (a gigabyte):
//   python3 -m venv ~/.cache/tongban/bench/openwebui && ~/.cache/tongban/bench/openwebui/bin/pip install open-webui==0.12.4
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { callsOf, framesOf, startGateway, textOf } from '../../test/server/gateway.mjs'
import { eventually, temporary } from '../../test/server/lib.mjs'

const cache = process.env.TONGBAN_CACHE ?? path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'tongban')
const program = process.env.OPENWEBUI ?? path.join(cache, 'bench/openwebui/bin/open-webui')
if (!fs.existsSync(program)) {
  console.log(`没有 Open WebUI（${program}），略过`)
  process.exit(2)
}

const TEXT = '高龄津贴每月一百元，80周岁起。'
const city = await startGateway({ engines: [{ model: 'm' }], keys: { OpenWebUI: {} } })
city.engine.always({ kind: 'plain', text: TEXT })
const port = 20000 + (process.pid % 20000)
const env = {
  ...process.env, DATA_DIR: temporary('openwebui'), WEBUI_AUTH: 'False', WEBUI_SECRET_KEY: 's', OFFLINE_MODE: 'True', ENABLE_OLLAMA_API: 'False',
  OPENAI_API_BASE_URL: `${city.server.url}/v1`, OPENAI_API_KEY: city.keys.OpenWebUI, RAG_EMBEDDING_ENGINE: 'openai',
  ENABLE_VERSION_UPDATE_CHECK: 'False', ANONYMIZED_TELEMETRY: 'false', DO_NOT_TRACK: 'true',
}
const ui = spawn(program, ['serve', '--host', '127.0.0.1', '--port', String(port)], { env, stdio: ['ignore', 'pipe', 'pipe'] })
let said = ''
for (const s of [ui.stdout, ui.stderr]) s.on('data', (d) => { said += d })
process.on('exit', () => ui.kill('SIGKILL'))
const at = (p) => `http://127.0.0.1:${port}${p}`
const post = (p, body, token) => fetch(at(p), { method: 'POST', headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }, body: JSON.stringify(body) })

try {
  await eventually(async () => {
    if (ui.exitCode !== null) throw new Error(`Open WebUI ended with ${ui.exitCode}\n${said.slice(-3000)}`)
    return (await fetch(at('/health')).catch(() => null))?.ok
  }, { ms: 300_000, every: 500 })
  const { version } = await (await fetch(at('/api/version'))).json()
  const { token } = await (await post('/api/v1/auths/signin', { email: '', password: '' })).json()
  const models = await (await fetch(at('/api/models'), { headers: { authorization: `Bearer ${token}` } })).json()
  assert.ok(models.data.some((m) => m.id === 'm'), JSON.stringify(models).slice(0, 500))
  const ask = (stream) => post('/api/chat/completions', { model: 'm', stream, messages: [{ role: 'user', content: '高龄津贴多少' }] }, token)
  const streamed = framesOf(await (await ask(true)).text())
  assert.equal(textOf(streamed.events), TEXT)
  assert.ok(streamed.done && !streamed.error && streamed.events.length > 3, 'it came in pieces')
  assert.equal((await (await ask(false)).json()).choices[0].message.content, TEXT)
  city.engine.next({ kind: 'status', status: 500 })
  const wrong = await (await ask(true)).text()
  assert.match(wrong, /[\u4e00-\u9fff]{4}/, 'what is wrong is said in the words of the gateway')
  const calls = await eventually(async () => {
    const all = await callsOf(city.server)
    return all.length >= 3 && all
  }, { every: 100 })
  console.log(JSON.stringify({ openwebui: version, models: models.data.map((m) => m.id), streamed_frames: streamed.events.length, booked: calls.map((c) => [c.asked, c.outcome]) }))
} finally {
  ui.kill()
  await city.close()
}
