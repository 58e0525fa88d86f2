// The official Python SDK and LangChain against the gateway; each case of their programs is a test here.
import test, { after, before } from 'node:test'
import assert from 'node:assert/strict'
import { pythonCases, startGateway } from './lib.mjs'

let gateway
before(async () => { gateway = await startGateway() })
after(() => gateway?.close())

for (const [what, file] of [['the Python SDK', 'python_openai.py'], ['LangChain', 'python_langchain.py']]) {
  test(what, async (t) => {
    for (const { name, ok, why } of await pythonCases(file, gateway)) await t.test(name, () => assert.ok(ok, why))
  })
}
