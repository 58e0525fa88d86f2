// What can only be seen by waiting: hardly any work, a minute of time. ./check runs it beside everything else.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { textOf, withGateway } from './gateway.mjs'

const TEXT = '高龄津贴每月一百元。'

describe('by the clock', { concurrency: true }, () => {
  test('an engine slower than the ping: comments keep the line open, also while another is tried', () =>
    withGateway({ engines: [{ models: '[m, one]', first_word: 30 }, { models: '[m, two]', first_word: 30 }] }, async ({ engines, app }) => {
      for (const e of engines) e.script = () => (engines.reduce((n, x) => n + x.requests.length, 0) > 1 ? { kind: 'plain', text: TEXT } : { kind: 'slow', first_ms: 15600, text: TEXT })
      const s = await app.stream('高龄津贴多少')
      assert.ok(s.comments >= 1, 'no ping')
      assert.equal(textOf(s.events), TEXT)
      assert.ok(s.done && !s.error)
    }))

  test('Retry-After is true: a second before it no, at it yes', () =>
    withGateway({ keys: { 应用: { 'requests-minute': 3 } } }, async ({ engine, app }) => {
      engine.always({ kind: 'plain', text: '好' })
      const began = performance.now()
      for (let i = 0; i < 3; i++) assert.equal((await app.chat('在吗')).status, 200)
      const r = await app.chat('在吗')
      const wait = Number(r.headers['retry-after']) * 1000
      assert.ok(r.status === 429 && wait > 1000 && wait <= 61000, `${r.status} ${wait}`)
      const told = performance.now()
      await new Promise((done) => setTimeout(done, wait - 2000))
      assert.equal((await app.chat('在吗')).status, 429)
      await new Promise((done) => setTimeout(done, told + wait - performance.now()))
      assert.equal((await app.chat('在吗')).status, 200)
      assert.ok(performance.now() - began < 63000)
    }))
})
