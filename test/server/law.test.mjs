// Every route × every role, against the running server. The table is written by hand, on purpose:
// a route that is new or changes hands must be put down here by somebody who thought about it.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { keepCalls } from './calls.mjs'
import { PASSWORD, eventually, run, startServer } from './lib.mjs'

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
  'GET /api/exchanges/{receipt}/export': everybody,
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

  'GET /api/sign-in': everybody,
  'POST /api/sign-in/certificate': everybody,
  'GET /api/sign-in/oidc': everybody,
  'GET /api/sign-in/oidc/back': everybody,
  'POST /api/session/code': staff,
  'GET /api/session/totp': staff,
  'POST /api/session/totp': staff,
  'POST /api/session/totp/confirm': staff,
  'POST /api/session/totp/remove': staff,
  'GET /api/session/list': staff,
  'DELETE /api/session/list/{id}': staff,

  'POST /api/orders': everybody,
  'POST /api/orders/check': everybody,
  'GET /api/orders/mine': everybody,
  'POST /api/orders/find': everybody,
  'POST /api/orders/{receipt}/steps': everybody,
  'GET /api/staff/orders': knowers,
  'POST /api/staff/orders': knowers,
  'GET /api/staff/orders/board': knowers,
  'POST /api/staff/orders/bulk': knowers,
  'POST /api/staff/orders/{receipt}/reply-check': knowers,
  'POST /api/staff/orders/import': knowers,
  'GET /api/staff/orders/{receipt}': knowers,
  'POST /api/staff/orders/{receipt}/steps': knowers,
  'GET /api/staff/orders/{receipt}/alike': knowers,
  'GET /api/hotline/hot': knowers,
  'GET /api/hotline/map': knowers,
  'GET /api/hotline/report': knowers,
  'GET /api/hotline/report/export': knowers,

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
  'POST /api/knowledge/documents/{id}/classification': keepers,
  'GET /api/knowledge/versions/{id}': knowers,
  'POST /api/knowledge/versions/{id}/confirm': keepers,
  'POST /api/knowledge/versions/{id}/withdraw': keepers,
  'GET /api/drafts': knowers,
  'GET /api/drafts/{receipt}': knowers,
  'POST /api/drafts/{receipt}/take': keepers,
  'PUT /api/drafts/{receipt}': keepers,
  'POST /api/drafts/{receipt}/sign': keepers,
  'POST /api/drafts/sign': keepers,
  'POST /api/drafts/{receipt}/return': keepers,
  'POST /api/drafts/{receipt}/hand': keepers,
  'POST /api/drafts/{receipt}/withdraw': knowers,
  'GET /api/spot-checks': keepers,
  'POST /api/spot-checks/{id}': keepers,
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
  'GET /api/incidents': ['guardian', 'department_admin', 'auditor', 'security_officer', 'system_admin'],
  'GET /api/incidents/{number}': ['guardian', 'department_admin', 'auditor', 'security_officer', 'system_admin'],
  'POST /api/incidents/{number}': ['guardian', 'department_admin', 'security_officer', 'system_admin'],
  'POST /api/incidents/check': ['guardian', 'department_admin', 'security_officer', 'system_admin'],
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
  'GET /api/egress': ['auditor', 'security_officer'],
  'POST /api/egress': ['security_officer'],
  'POST /api/egress/{id}/end': ['security_officer'],
  'GET /api/limits': ['system_admin'],
  'GET /api/mail': ['auditor', 'security_officer'],
  'POST /api/mail/{id}/sign': ['security_officer'],
  'PUT /api/limits': ['system_admin'],
  'POST /api/limits/undo': ['system_admin'],
  'GET /api/words': ['auditor', 'security_officer'],
  'POST /api/words': ['security_officer'],
  'POST /api/words/{name}/undo': ['security_officer'],
  'POST /api/words/{name}/drop': ['security_officer'],
  'GET /api/approvals': ['auditor', 'security_officer'],
  'POST /api/approvals': ['auditor', 'security_officer'],
  'POST /api/approvals/{id}/confirm': ['auditor', 'security_officer'],
  'POST /api/approvals/{id}/refuse': ['auditor', 'security_officer'],
  'GET /api/purpose': staff,
  'POST /api/purpose': staff,
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
  'GET /api/audit/exchanges/{receipt}/export': ['auditor'],
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
const quiet = ['POST /api/staff/orders/{receipt}/reply-check', 'POST /api/orders/check', 'GET /api/city', 'GET /api/search', 'GET /api/documents', 'GET /api/documents/{id}', 'GET /api/overview', 'GET /api/jobs',
  'GET /api/employees', 'GET /api/employees/{key}',
  'GET /api/sign-in', 'GET /api/sign-in/oidc',
  'GET /api/jobs/{id}', 'GET /api/session/totp', 'GET /api/session/list', 'GET /api/access/rules', 'GET /api/egress', 'GET /api/limits', 'GET /api/words', 'GET /api/purpose', 'GET /api/departments',
  'GET /api/audit/keeping', 'GET /api/usage', 'GET /api/engines', 'GET /api/hotline/map']

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

// ---- how far a right reaches: own, own department, the whole city ----

// The longest beginning that fits a route says it; a route that none fits fails below.
//   open        nothing of anybody's
//   own         one's own session, device or receipt; somebody else's does not exist
//   department  a department admin's own department and what is under it; the other roles: the city
//   city        every department, for the roles of the law (what one of them may change of it is tried in its own file)
//   key         an application's key and nothing else
const reach = {
  '/health': 'open', '/metrics': 'open', '/api/openapi.yaml': 'open', '/api/docs': 'open', '/api/city': 'open', '/api/ask': 'open',
  '/api/search': 'open', '/api/documents': 'open', '/api/originals': 'open',
  '/api/sign-in': 'open', '/api/session': 'own', '/api/exchanges/{receipt}': 'own', '/api/conversations/{code}': 'own', '/api/handoffs/mine': 'own', '/api/handoffs/{receipt}': 'own', '/api/orders': 'own', '/api/staff/orders': 'city', '/api/hotline': 'city',
  '/api/keys': 'department', '/api/usage': 'department', '/api/calls': 'department',
  '/v1/': 'key',
}
for (const city of ['users', 'audit', 'overview', 'jobs', 'handoffs', 'handoffs/{receipt}/', 'staff', 'standard-answers', 'corrections', 'exchanges', 'knowledge', 'engines',
  'employees', 'leaves', 'access', 'approvals', 'purpose', 'departments', 'personal', 'drafts', 'spot-checks', 'incidents', 'alerts', 'records', 'guard', 'words', 'egress', 'labels', 'limits', 'mail'])
  reach[`/api/${city}`] = 'city'
const reachOf = (r) => reach[Object.keys(reach).filter((p) => r.path.startsWith(p)).sort((a, b) => b.length - a.length)[0]]

test('of every route it is said how far it reaches', () => {
  for (const r of routes) assert.ok(reachOf(r), `${key(r)}: own, department or city? Say so in \`reach\``)
  for (const r of routes.filter((x) => x.roles.includes('citizen'))) assert.match(reachOf(r), /^(open|own|city)$/, key(r))
})

test('what is one’s own does not exist for another device, nor for staff', async () => {
  const owner = server.person(), other = server.person()
  for (const p of [owner, other]) assert.equal((await p.get('/api/city')).status, 200)
  const asked = await owner.ask('养犬登记证多久年检一次'), handoff = (await owner.post('/api/handoffs', { question: '想找人问问' })).json
  const order = (await owner.post('/api/orders', { text: '青溪路的路灯坏了', place: '青溪路', phone: '13800138000' })).json
  const own = { code: asked.get('start').conversation, '/api/exchanges': asked.get('start').receipt, '/api/handoffs': handoff.receipt, '/api/orders': order.receipt }
  let tried = 0
  for (const r of routes.filter((x) => reachOf(x) === 'own' && x.roles.includes('citizen') && /\{/.test(x.path))) {
    const path = r.path.replace('{code}', own.code).replace('{receipt}', own[r.path.slice(0, r.path.indexOf('/{'))])
    const body = r.method === 'GET' ? undefined : r.path.startsWith('/api/orders/') ? { verb: 'urge' } : { useful: true }
    for (const person of [other, people.clerk, people.guardian, people.department_admin, people.security_officer, people.system_admin])
      assert.equal((await person.request(r.method, path, body)).status, 404, `${key(r)} of another`)
    assert.equal((await owner.request(r.method, path, body)).status, 200, `${key(r)} of one’s own`)
    tried++
  }
  assert.ok(tried >= 4, String(tried))
})

test('a department’s rows are seen by its own admin and its parent’s, and do not exist for another’s', async () => {
  const officer = people.security_officer, own = 'minzheng', parent = 'renshe'
  const beside = (await officer.get('/api/departments')).json.items.map((d) => d.id).find((d) => ![own, parent].includes(d))
  const admin = async (department) => {
    const login = `bu.${department}`.slice(0, 30).replace(/[^a-z0-9._-]/g, ''), p = server.person()
    const { password } = (await officer.post('/api/users', { login, name: '部', role: 'department_admin', department })).json
    p.csrf = (await p.post('/api/session', { login, password })).json.csrf
    assert.equal((await p.post('/api/session/password', { old: password, new: PASSWORD })).status, 200)
    return p
  }
  assert.equal((await officer.put(`/api/departments/${own}`, { parent })).status, 200)
  const { id } = (await officer.post('/api/keys', { name: '法表', department: own })).json.key
  keepCalls(server, [{ request_id: 'law-1', key_id: id, department: own }])
  const admins = { own: await admin(own), parent: await admin(parent), beside: await admin(beside) }
  for (const r of routes.filter((x) => reachOf(x) === 'department' && x.roles.includes('department_admin') && x.method === 'GET')) {
    const path = r.path.replace('{id}', id).replace('{request_id}', 'law-1')
    for (const [who, person] of Object.entries(admins)) {
      const got = await person.get(path), sees = who !== 'beside'
      if (path !== r.path) assert.equal(got.status, sees ? 200 : 404, `${key(r)} ${who}: ${got.text}`)
      else assert.equal(got.status, 200, `${key(r)} ${who}`)
      if (r.path === '/api/keys') assert.equal(got.text.includes('法表'), sees, `${key(r)} ${who}`)
      if (r.path.startsWith('/api/usage') && !sees) assert.ok(!got.text.includes('民政'), `${key(r)} ${who}`)
    }
    for (const role of ['auditor', 'security_officer']) // the whole city
      if (r.roles.includes(role)) assert.equal((await people[role].get(path)).status, 200, `${key(r)} ${role}`)
  }
})

test('an application’s key opens no page: on every other route it is nobody', async () => {
  const { secret } = (await people.security_officer.post('/api/keys', { name: '只是应用', department: 'minzheng' })).json
  const app = server.person()
  for (const r of routes.filter((x) => reachOf(x) !== 'key' && !x.roles.includes('citizen')))
    for (const headers of [{ authorization: `Bearer ${secret}` }, { 'x-api-key': secret }, { cookie: `tb_session=${secret}` }])
      assert.equal((await app.request(r.method, address(r.path), undefined, headers)).status, 401, `${key(r)} ${Object.keys(headers)}`)
})
