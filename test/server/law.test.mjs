// Every route × every role, against the running server. The table is written by hand, on purpose:
// a route that is new or changes hands must be put down here by somebody who thought about it.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eventually, run, startServer } from './lib.mjs'

const everybody = ['citizen', 'clerk', 'guardian', 'department_admin', 'auditor', 'security_officer', 'system_admin']
const staff = everybody.slice(1)
const knowers = ['clerk', 'guardian', 'department_admin']
const keepers = ['guardian', 'department_admin']

const law = {
  'GET /health/live': everybody,
  'GET /health/ready': everybody,
  'GET /metrics': everybody,
  'GET /api/openapi.yaml': everybody,
  'GET /api/docs': everybody,
  'GET /api/docs/style.css': everybody,
  'GET /api/city': everybody,

  'POST /api/ask': everybody,
  'GET /api/exchanges/{receipt}': everybody,
  'POST /api/exchanges/{receipt}/feedback': everybody,
  'GET /api/conversations/{code}': everybody,
  'POST /api/handoffs': everybody,
  'GET /api/handoffs/{receipt}': everybody,
  'GET /api/handoffs/mine': everybody,
  'GET /api/search': everybody,
  'GET /api/documents': everybody,
  'GET /api/documents/{id}': everybody,
  'GET /api/originals/{digest}': everybody,

  'POST /api/session': everybody,
  'GET /api/session': staff,
  'DELETE /api/session': staff,
  'POST /api/session/password': staff,

  'POST /api/session/code': staff,
  'GET /api/session/totp': staff,
  'POST /api/session/totp': staff,
  'POST /api/session/totp/confirm': staff,
  'POST /api/session/totp/remove': staff,
  'GET /api/session/list': staff,
  'DELETE /api/session/list/{id}': staff,

  'GET /api/handoffs': knowers,
  'GET /api/staff/handoffs/{receipt}': knowers,
  'POST /api/handoffs/{receipt}/take': knowers,
  'POST /api/handoffs/{receipt}/release': knowers,
  'POST /api/handoffs/{receipt}/reply': knowers,
  'GET /api/standard-answers': knowers,
  'POST /api/standard-answers': keepers,
  'PUT /api/standard-answers/{id}': keepers,
  'DELETE /api/standard-answers/{id}': keepers,
  'POST /api/standard-answers/{id}/approve': keepers,
  'GET /api/knowledge/documents': knowers,
  'POST /api/knowledge/documents': keepers,
  'GET /api/knowledge/versions/{id}': knowers,
  'POST /api/knowledge/versions/{id}/confirm': keepers,
  'POST /api/knowledge/versions/{id}/withdraw': keepers,
  'GET /api/jobs': knowers,
  'GET /api/jobs/{id}': knowers,
  'POST /api/jobs/{id}/cancel': keepers,

  'GET /api/employees': staff,
  'GET /api/employees/{key}': staff,
  'PUT /api/employees/{key}': keepers,
  'POST /api/employees/{key}/undo': keepers,
  'POST /api/employees/{key}/switch': ['guardian', 'department_admin', 'security_officer', 'system_admin'],
  'POST /api/employees/{key}/steps': keepers,
  'POST /api/employees/{key}/steps/{id}': keepers,
  'GET /api/employees/{key}/answers': ['guardian'],
  'POST /api/employees/{key}/verdicts': ['guardian'],
  'GET /api/corrections': ['guardian'],
  'POST /api/corrections': ['guardian'],
  'POST /api/corrections/{id}/siblings': ['guardian'],
  'GET /api/corrections/export': ['guardian'],
  'GET /api/leaves': staff,
  'POST /api/leaves': keepers,
  'DELETE /api/leaves/{id}': keepers,

  // an application's key, which no role has
  'POST /v1/chat/completions': [],
  'POST /v1/completions': [],
  'POST /v1/embeddings': [],
  'POST /v1/rerank': [],
  'POST /v1/audio/transcriptions': [],
  'GET /v1/models': [],

  'GET /api/users': ['auditor', 'security_officer'],
  'POST /api/users': ['security_officer'],
  'POST /api/users/{login}/lock': ['security_officer'],
  'POST /api/users/{login}/unlock': ['security_officer'],
  'POST /api/users/{login}/reset': ['security_officer'],
  'POST /api/users/{login}/role': ['security_officer'],

  'POST /api/users/{login}/totp': ['security_officer'],
  'GET /api/users/{login}/sessions': ['auditor', 'security_officer'],
  'DELETE /api/users/{login}/sessions/{id}': ['security_officer'],

  'GET /api/access/rules': ['auditor', 'security_officer'],
  'PUT /api/access/rules': ['security_officer'],
  'GET /api/approvals': ['auditor', 'security_officer'],
  'POST /api/approvals': ['auditor', 'security_officer'],
  'POST /api/approvals/{id}/confirm': ['auditor', 'security_officer'],
  'POST /api/approvals/{id}/refuse': ['auditor', 'security_officer'],
  'GET /api/purpose': ['auditor', 'security_officer'],
  'POST /api/purpose': ['auditor', 'security_officer'],
  'GET /api/departments': staff,
  'PUT /api/departments/{id}': ['security_officer'],
  'GET /api/audit/keeping': ['auditor'],
  'PUT /api/audit/hold': ['auditor'],
  'GET /api/audit/figures': ['auditor'],

  'GET /api/personal': ['auditor', 'security_officer'],
  'POST /api/personal': ['security_officer'],
  'GET /api/personal/{receipt}': ['auditor', 'security_officer'],
  'POST /api/personal/{receipt}/carry': ['security_officer'],

  'GET /api/keys': ['department_admin', 'auditor', 'security_officer'],
  'POST /api/keys': ['security_officer'],
  'GET /api/keys/{id}': ['department_admin', 'auditor', 'security_officer'],
  'PUT /api/keys/{id}': ['security_officer'],
  'POST /api/keys/{id}/revoke': ['security_officer'],
  'POST /api/keys/{id}/rotate': ['security_officer'],
  'GET /api/usage': ['department_admin', 'auditor', 'security_officer', 'system_admin'],
  'GET /api/usage.csv': ['department_admin', 'auditor', 'security_officer', 'system_admin'],
  'GET /api/engines': ['department_admin', 'auditor', 'security_officer', 'system_admin'],
  'POST /api/engines/drain': ['system_admin'],
  'GET /api/calls/{request_id}': ['department_admin', 'auditor', 'security_officer', 'system_admin'],
  'GET /api/calls/{request_id}/content': ['auditor'],

  'GET /api/audit': ['auditor'],
  'POST /api/audit/verify': ['auditor'],
  'GET /api/audit/export': ['auditor'],
  'GET /api/exchanges': ['auditor'],
  'GET /api/audit/exchanges/{receipt}': ['auditor'],
  'GET /api/overview': ['clerk', 'guardian', 'department_admin', 'auditor', 'system_admin'],
}

const logins = {
  clerk: 'lin.wanqing', guardian: 'zhou.zhiyuan', department_admin: 'luo.jing',
  auditor: 'peng.yiming', security_officer: 'shen.ruolan', system_admin: 'ye.qiang',
}

// Nothing that exists, so that a request that gets through changes nothing.
const address = (path) =>
  path.replace('{receipt}', 'Q19990101-00001').replace('{code}', 'nobody').replace('{login}', 'nobody')
    .replace('{digest}', 'f'.repeat(64)).replace('{id}', '999999999').replace(/\{[^}]*\}/g, 'x')

let server, routes
const people = {}

before(async () => {
  server = await startServer()
  routes = JSON.parse((await run(['routes', '--json'])).stdout)
  people.citizen = server.person()
  for (const [role, login] of Object.entries(logins)) people[role] = await server.staff(login)
})
after(() => server.stop())

const key = (r) => `${r.method} ${r.path}`

test('every route stands in the law, with the same roles', () => {
  for (const r of routes) {
    assert.ok(law[key(r)], `${key(r)} is not in the law`)
    assert.deepEqual([...r.roles].sort(), [...law[key(r)]].sort(), key(r))
  }
})

// What may leave no row, or a row only when it was refused: nothing here shows anything personal.
const silent = ['GET /health/live', 'GET /health/ready', 'GET /metrics', 'GET /api/openapi.yaml', 'GET /api/docs',
  'GET /api/docs/style.css', 'GET /api/session']
const quiet = ['GET /api/city', 'GET /api/search', 'GET /api/documents', 'GET /api/documents/{id}', 'GET /api/overview', 'GET /api/jobs',
  'GET /api/employees', 'GET /api/employees/{key}',
  'GET /api/jobs/{id}', 'GET /api/session/totp', 'GET /api/session/list', 'GET /api/access/rules', 'GET /api/purpose', 'GET /api/departments',
  'GET /api/audit/keeping', 'GET /api/usage', 'GET /api/engines']

test('everything else leaves a row, and whoever reads what is personal always does', () => {
  const with_trail = (kind) => routes.filter((r) => r.trail === kind).map(key).sort()
  assert.deepEqual(with_trail('none'), [...silent].sort())
  assert.deepEqual(with_trail('refusals'), [...quiet].sort())
  for (const r of routes) assert.equal(r.audit === '', silent.includes(key(r)), key(r))
})

test('no two routes that change something share a verb of the trail', () => {
  const verbs = routes.filter((r) => r.method !== 'GET').map((r) => r.audit)
  assert.equal(new Set(verbs).size, verbs.length, verbs.sort().join(' '))
})

for (const role of everybody) {
  test(`${role}: every route says yes or no as the law says`, async () => {
    const refused = []
    for (const r of routes) {
      const may = law[key(r)]?.includes(role)
      if (key(r) === 'DELETE /api/session' && may) continue // tried below
      const got = await people[role].request(r.method, address(r.path))
      if (may) {
        assert.ok(![401, 403].includes(got.status), `${role} ${key(r)}: ${got.status} ${got.text}`)
      } else {
        const stranger = role === 'citizen' || r.kind === 'relay'
        assert.equal(got.status, stranger ? 401 : 403, `${role} ${key(r)}: ${got.text}`)
        assert.ok(got.json.error.message.length > 3)
        assert.ok(got.json.error.request_id)
        if (r.trail !== 'none') refused.push({ verb: r.audit, id: got.json.error.request_id, relay: r.kind === 'relay' })
      }
    }
    for (const { verb, id, relay } of refused) {
      const row = await eventually(async () => {
        const rows = await people.auditor.get(`/api/audit?verb=${verb}&size=100`)
        return rows.json.items.find((x) => x.request_id === id)
      })
      assert.equal(row.role, relay ? 'application' : role)
      assert.equal(row.outcome, role === 'citizen' || relay ? 'unauthorised' : 'forbidden')
    }
  })
}

test('a member of staff may sign out, and then is nobody', async () => {
  for (const role of staff) {
    const p = await server.staff(logins[role])
    assert.equal((await p.delete('/api/session')).status, 200)
    assert.equal((await p.get('/api/session')).status, 401)
  }
})
