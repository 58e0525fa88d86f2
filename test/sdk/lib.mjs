// The gateway as an application meets it: the real server before the scripted engine, a key made by the
// program, and the programs of other languages that talk to it. SDK_BASE_URL in the environment points
// the tests at the engine itself instead ("engine"), which shows that a test asks for what engines say.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { root, run, Server, startEngine, temporary } from '../server/lib.mjs'

export const straight = process.env.SDK_BASE_URL === 'engine'

// models.yaml of this test beside everything else that the program reads from the checkout.
function shareWith(models) {
  const share = temporary('share')
  for (const name of ['sql', 'rules', 'prompts', 'web']) symlinkSync(path.join(root, name), path.join(share, name))
  writeFileSync(path.join(share, 'models.yaml'), models)
  return share
}

// One engine that stands for five: two for chats, so that there is another to try.
const engineRows = (url) => `engines:
  - {name: 对话甲, url: "${url}", model: scripted}
  - {name: 对话乙, url: "${url}", model: scripted}
  - {name: 向量, url: "${url}", model: scripted-vectors, role: embedding}
  - {name: 重排, url: "${url}", model: scripted-ranks, role: rerank}
  - {name: 语音, url: "${url}", model: scripted-speech, role: speech}
`

/** { engine, base, key, close() }: what an SDK needs. */
export async function startGateway() {
  const engine = await startEngine({ always: { kind: 'plain', text: '您好。' } })
  if (straight) return { engine, base: engine.url, key: 'sk-none', close: () => engine.close() }
  const server = new Server({ env: { TONGBAN_SHARE: shareWith(engineRows(engine.url)) } })
  try {
    const made = await run(['key', 'add', 'SDK测试', '--department', 'zhengfuban', '--json'], { data: server.data })
    if (made.code !== 0) throw new Error(`tongban key add: ${made.stderr || made.stdout}`)
    await server.start()
    return {
      engine, server, base: `${server.url}/v1`, key: JSON.parse(made.stdout).secret,
      async close() {
        await server.stop()
        await engine.close()
      },
    }
  } catch (e) { // an engine that is left open keeps the test's process alive
    await engine.close()
    throw e
  }
}

const cache = process.env.TONGBAN_CACHE ?? path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'tongban')
const digest = createHash('sha256').update(readFileSync(path.join(root, 'test/sdk/requirements.txt'))).digest('hex')
const wheels = path.join(cache, 'python', digest.slice(0, 16)) // where ./check puts them

/** The cases of a Python program of this folder against the gateway: [{ name, ok, why }]. */
export async function pythonCases(file, gateway) {
  if (!existsSync(wheels)) throw new Error('the Python packages of test/sdk are not here: run ./check')
  const child = spawn('/usr/bin/python3', [path.join(root, 'test/sdk', file)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env, PYTHONPATH: wheels, NO_PROXY: '127.0.0.1', LANGSMITH_TRACING: 'false', PYTHONDONTWRITEBYTECODE: '1',
      OPENAI_BASE_URL: gateway.base, OPENAI_API_KEY: gateway.key, ENGINE: gateway.engine.url.replace(/\/v1$/, ''), ...(straight && { STRAIGHT: '1' }),
    },
  })
  let out = '', err = ''
  child.stdout.setEncoding('utf8').on('data', (s) => (out += s))
  child.stderr.setEncoding('utf8').on('data', (s) => (err += s))
  await new Promise((done) => child.on('close', done))
  const cases = out.split('\n').filter(Boolean).map((line) => JSON.parse(line))
  if (!cases.length) throw new Error(`${file} ran no case: ${err.slice(-2000)}`)
  return cases
}
