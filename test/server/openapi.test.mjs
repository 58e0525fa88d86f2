// docs/openapi.yaml is true: every route of the program is in it, everything in it can be called,
// and what comes back has the status and the shape it says.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { keepCalls } from './calls.mjs'
import { employ, query } from './employ.mjs'
import { PASSWORD, eventually, run, startEngine, startServer, totp } from './lib.mjs'
import { faults, follow, readApi } from './schema.mjs'

let server, engine, api, routes, who
const known = {} // receipts, ids … made on the way

before(async () => {
  engine = await startEngine()
  server = await startServer({ engine })
  const anybody = server.person()
  api = readApi((await anybody.get('/api/openapi.yaml')).text)
  routes = JSON.parse((await run(['routes', '--json'])).stdout)
  who = { citizen: anybody }
  for (const [role, login] of Object.entries({
    clerk: 'lin.wanqing', guardian: 'zhou.zhiyuan', department_admin: 'luo.jing', auditor: 'peng.yiming',
    security_officer: 'shen.ruolan', system_admin: 'ye.qiang',
  })) who[role] = await server.staff(login)
  who.employer = await server.staff('deng.shaohua')
})
after(async () => {
  await server?.stop()
  await engine?.close()
})

const operations = () =>
  Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, op]) => ({ path, method: method.toUpperCase(), op, name: `${method.toUpperCase()} ${path}` })))
// Applications' calls are proven in gateway.test.mjs and with the SDKs: here, that nobody else gets in.
const relayed = (o) => rowOf(o).kind === 'relay'
// What needs a directory, a provider or a gateway beside it is proven in oidc.test.mjs and ldap.test.mjs.
const elsewhere = (o) => relayed(o) || ['sign_in_oidc', 'sign_in_oidc_back', 'sign_in_certificate'].includes(o.op.operationId)
const rowOf = (o) => routes.find((r) => r.method === o.method && r.path === o.path)

test('every route of the program is described, and nothing else is', () => {
  assert.deepEqual(operations().map((o) => o.name).sort(), routes.map((r) => `${r.method} ${r.path}`).sort())
})

test('a body is described exactly where a route takes one', () => {
  for (const o of operations()) {
    if (o.op.requestBody) assert.ok(rowOf(o).body_max > 0, o.name)
    if (rowOf(o).kind === 'relay') continue // forms and streams by what is sent
    assert.equal(rowOf(o).kind === 'upload', Boolean(o.op.requestBody?.content['multipart/form-data']), o.name)
    const stream = Object.keys((o.op.responses['200'] ?? o.op.responses['303']).content)[0] === 'text/event-stream'
    assert.equal(rowOf(o).kind === 'stream', stream, o.name)
  }
})

test('operation names are unique, references lead somewhere, every path name is a parameter', () => {
  const names = operations().map((o) => o.op.operationId)
  assert.equal(new Set(names).size, names.length)
  const walk = (node) => {
    if (node && typeof node === 'object') {
      if (node.$ref) assert.ok(follow(api, node), node.$ref)
      Object.values(node).forEach(walk)
    }
  }
  walk(api)
  for (const o of operations()) {
    const inPath = (o.op.parameters ?? []).map((p) => follow(api, p)).filter((p) => p.in === 'path').map((p) => p.name)
    assert.deepEqual(inPath, [...o.path.matchAll(/{(\w+)}/g)].map((m) => m[1]), o.name)
  }
})

// Who calls it, what stands for {names}, what goes into the body: only where the description itself
// (its example, the least role that may) does not say it.
const special = {
  egress_end: async () => ({ fill: { id: (await who.security_officer.post('/api/egress', { host: 'end.example.cn', purpose: '测试', owner: '王主任', until: '2027-06-30', abroad: false })).json.id } }),
  mail_sign: () => ({ fill: { id: 'incident' } }),
  words_undo: () => ({ fill: { name: listOf('甲') } }),
  words_drop: () => ({ fill: { name: listOf('乙') } }),
  session_start: () => ({ person: server.person(), body: { login: 'gu.min', password: server.passwords['gu.min'] } }),
  session_end: async () => ({ person: await server.staff('he.xiaoyu') }),
  session_password: async () => ({ person: await server.staff('tang.jianye'), body: { old: PASSWORD, new: `${PASSWORD}-2` } }),
  exchange: () => ({ fill: { receipt: known.exchange } }),
  exchange_trail: () => ({ fill: { receipt: known.exchange } }),
  exchange_export: () => ({ fill: { receipt: known.exchange } }),
  exchange_trail_export: () => ({ fill: { receipt: known.exchange } }),
  feedback: () => ({ fill: { receipt: known.exchange } }),
  conversation: () => ({ fill: { code: known.conversation } }),
  handoff_status: () => ({ fill: { receipt: known.handoff } }),
  handoff_open: () => ({ fill: { receipt: known.handoff } }),
  handoff_take: () => ({ fill: { receipt: known.handoff } }),
  handoff_release: async () => ({ fill: { receipt: await takenHandoff() } }),
  handoff_reply: () => ({ fill: { receipt: known.handoff } }),
  order_mine: async () => (known.order ??= (await who.citizen.post('/api/orders', order)).json.receipt, {}),
  order_find: async () => ({ body: { receipt: await anOrder(), phone: order.phone } }),
  order_own_step: async () => ({ fill: { receipt: await anOrder() } }),
  order_list: async () => (await anOrder(), { person: who.employer }),
  order_enter: async () => ({ person: who.employer }),
  order_board: async () => ({ person: who.employer }),
  order_bulk: async () => ({ person: who.employer, body: { items: [{ receipt: await anOrder(), version: 1 }], step: { verb: 'change', urgency: 1 } } }),
  order_import: async () => ({ person: who.employer, files: [{ name: 'a.csv', bytes: '内容,电话\n路灯坏了请修,13800138000\n123,1\n' }] }),
  order_reply_check: async () => ({ person: who.employer, fill: { receipt: await anOrder() } }),
  order_open: async () => ({ person: who.employer, fill: { receipt: await anOrder() } }),
  insight_like: async () => ({ person: who.employer, fill: { receipt: await anOrder() } }),
  order_step: async () => ({ person: who.employer, fill: { receipt: await anOrder() } }),
  standard_change: () => ({ fill: { id: known.standard } }),
  standard_approve: () => ({ fill: { id: known.proposed } }),
  standard_withdraw: () => ({ fill: { id: known.standard } }),
  session_code: async () => ({ person: await withCode(true), body: { code: known.recovery[0] } }),
  totp_begin: async () => ({ person: await fresh() }),
  totp_confirm: async () => {
    const person = await fresh()
    return { person, body: { code: totp((await person.post('/api/session/totp')).json.secret) } }
  },
  totp_remove: async () => ({ person: await withCode(), body: { code: known.recovery[1] } }),
  session_end_one: async () => {
    const person = await fresh()
    return { person, fill: { id: (await person.get('/api/session/list')).json.items[0].id } }
  },
  user_totp: () => ({ fill: { login: 'xin.ren' } }),
  user_sessions: () => ({ fill: { login: 'xin.ren' } }),
  user_session_end: async () => {
    const person = await fresh()
    return { fill: { login: person.login, id: (await person.get('/api/session/list')).json.items[0].id } }
  },
  approval_confirm: async () => ({ fill: { id: await asked('a.b') } }),
  approval_refuse: async () => ({ fill: { id: await asked('a.c') } }),
  personal_show: async () => ({ fill: { receipt: await personal() } }),
  personal_carry: async () => ({ fill: { receipt: await personal() } }),
  document_classify: async () => {
    const up = await who.guardian.upload('/api/knowledge/documents?classification=internal', policy(77))
    const job = await eventually(async () => {
      const r = await who.guardian.get(`/api/jobs/${up.json.job}`)
      return r.json.state === 'done' && r.json
    })
    return { fill: { id: (await who.guardian.get(`/api/knowledge/versions/${job.result.versions[0].id}`)).json.document } }
  },
  department_move: () => ({ fill: { id: 'minzheng' } }),
  user_lock: () => ({ fill: { login: 'xin.ren' } }),
  user_unlock: () => ({ fill: { login: 'xin.ren' } }),
  user_reset: () => ({ fill: { login: 'xin.ren' } }),
  user_role: () => ({ fill: { login: 'xin.ren' } }),
  key_show: () => ({ fill: { id: known.key }, person: who.auditor }),
  key_change: () => ({ fill: { id: known.key } }),
  key_rotate: () => ({ fill: { id: known.key } }),
  key_revoke: () => ({ fill: { id: known.key } }),
  call_show: () => ({ fill: { request_id: 'call-1' }, person: who.auditor }),
  call_content: () => ({ fill: { request_id: 'call-1' } }),
  employee_show: () => ({ fill: { key: 'zhengce-wenda' } }),
  employee_change: () => ({ fill: { key: 'zhengce-wenda' }, person: who.employer }),
  employee_undo: async () => ({ fill: { key: 'zhengce-wenda' }, person: who.employer, body: { change: await lastChange(), reason: '改错了' } }),
  employee_switch: () => ({ fill: { key: 'huiqi-pipei' }, person: who.security_officer }),
  employee_answers: () => ({ fill: { key: 'zhengce-wenda' }, person: who.employer }),
  employee_judge: async () => ({ fill: { key: (await employeeOf(known.exchange)).key }, person: (await employeeOf(known.exchange)).person, body: { receipt: known.exchange, agrees: true } }),
  employee_apply: async () => ({ fill: { key: await trialled() }, person: who.employer }),
  employee_sign: async () => ({ fill: { key: 'huiqi-pipei', id: known.step }, person: who.department_admin }),
  correct: async () => ({ person: (await employeeOf(known.exchange)).person, body: { receipt: known.exchange, kind: 'note', answer: '应为每两年年检一次。', consent: true } }),
  correct_sibling: async () => ({ fill: { id: known.correction }, person: (await employeeOf(known.exchange)).person, body: { sibling: siblingOf(known.correction), do: 'keep' } }),
  incident_show: () => ({ fill: { number: anIncident() } }),
  incident_handle: () => ({ fill: { number: anIncident() }, person: who.security_officer }),
  leave_end: () => ({ fill: { id: known.leave } }),
  search: () => ({ query: '?q=高龄津贴' }),
  document_show: () => ({ fill: { id: known.document } }),
  original: () => ({ fill: { digest: known.digest } }),
  version_show: () => ({ fill: { id: known.version } }),
  version_confirm: () => ({ fill: { id: known.version }, person: who.department_admin }), // the guardian uploaded it
  version_withdraw: () => ({ fill: { id: known.version } }),
  job_show: () => ({ fill: { id: known.job } }),
  draft_show: async () => ({ fill: { receipt: (await drafted()).receipt } }),
  draft_take: async () => ({ fill: { receipt: (await drafted()).receipt } }),
  draft_sign: async () => ({ fill: { receipt: (await drafted()).receipt } }),
  draft_return: async () => ({ fill: { receipt: (await drafted()).receipt }, body: { reason: '依据不对' } }),
  draft_hand: async () => ({ fill: { receipt: (await drafted()).receipt }, body: { login: 'luo.jing' } }),
  draft_withdraw: async () => ({ fill: { receipt: (await drafted()).receipt }, body: { reason: '写错了' }, person: who.clerk }),
  drafts_sign: async () => {
    const d = await drafted()
    await who.guardian.post(`/api/drafts/${d.receipt}/take`)
    return { body: { items: [{ receipt: d.receipt, revision: 1 }] } }
  },
  draft_edit: async () => {
    const { receipt } = await held()
    const { sentences } = (await who.guardian.get(`/api/drafts/${receipt}`)).json
    return { fill: { receipt }, body: { revision: 1, sentences: sentences.map(({ text, citations }) => ({ text: `${text}，请知悉`, citations })) } }
  },
  spot_check: async () => ({ fill: { id: await drawn() } }),
  job_cancel: async () => ({ fill: { id: await waitingJob() } }),
}
const remember = {
  handoff_ask: (r) => (known.handoff = r.json.receipt),
  standard_new: (r) => (known.standard = r.json.id),
  key_add: (r) => (known.key = r.json.key.id),
  employee_apply: (r) => (known.step = r.json.steps[0].id),
  correct: (r) => (known.correction = r.json.id),
  leave_add: (r) => (known.leave = r.json.id),
}
const least = ['citizen', 'clerk', 'guardian', 'department_admin', 'auditor', 'security_officer', 'system_admin']
const example = (o) => o.op.requestBody?.content['application/json']?.example

// A standard answer that a clerk has proposed, an answer that waits, a check that was drawn.
let drafts = 0
async function drafted() {
  const asked = await who.citizen.post('/api/handoffs', { question: `第${++drafts}种摊位怎么申请` })
  await who.clerk.post(`/api/handoffs/${asked.json.receipt}/reply`, {
    reply: '请到窗口登记。', standard: { questions: [`第${drafts}种摊位怎么申请`], citations: [] } })
  return (await who.guardian.get('/api/drafts?state=waiting&kind=standard&size=100')).json.items.find((d) => d.title === `第${drafts}种摊位怎么申请`)
}
async function held() {
  await who.citizen.ask('80岁老人高龄津贴能批吗')
  return (await who.guardian.get('/api/drafts?state=waiting&kind=answer')).json.items[0]
}
async function drawn() {
  return query(server, `INSERT INTO spot_check(exchange_id, department_id, risk, created_at) SELECT id, 'minzheng', 10, 1 FROM exchange WHERE id NOT IN (SELECT exchange_id FROM spot_check) LIMIT 1 RETURNING id`)
}

const lastChange = async () => (await who.employer.get('/api/employees/zhengce-wenda')).json.changes[0].id

// Who answered a question, and its guardian.
async function employeeOf(receipt) {
  const key = query(server, `SELECT m.key FROM exchange x JOIN employee m ON m.id = x.employee_id WHERE x.receipt = '${receipt}'`)
  const login = (await who.clerk.get(`/api/employees/${key}`)).json.form.guardian
  return { key, person: await server.staff(login) }
}

// An employee on trial that has shown all that the next step asks for.
async function trialled() {
  employ(server, 'huiqi-pipei', { tried: 40, judged: 30, refused: 6 })
  return 'huiqi-pipei'
}

// Another answer that a correction might contradict.
const siblingOf = (correction) => Number(query(server, `INSERT INTO correction_sibling(correction_id, standard_answer_id, why) SELECT ${correction}, min(id), 'clause' FROM standard_answer RETURNING id`))

const anIncident = () => (known.incident ??= query(server, `INSERT INTO incident(number, rule, title, severity, owner_role, opened_at, last_at) VALUES('I20990101-00001', 'test', '测试', 'low', 'security_officer', 1, 1) RETURNING number`))

const policy = (n) => [{ name: `办法${n}.md`, bytes: `# 明川市接口测试办法${n}\n\n第一条 为了测试，制定本办法。\n\n第二条 本办法自2026年10月1日起施行。\n` }]

const order = { text: '青溪路的路灯坏了三天，希望修好', place: '青溪路', phone: '13800138000', name: '张三' }
const anOrder = async () => (await who.citizen.post('/api/orders', order)).json.receipt

async function takenHandoff() {
  const { receipt } = (await who.citizen.post('/api/handoffs', { question: '公园几点关门' })).json
  await who.clerk.post(`/api/handoffs/${receipt}/take`)
  return receipt
}

// A member of staff made for one call.
let made = 0
async function fresh() {
  const login = `xin.${++made}`
  const { password } = (await who.security_officer.post('/api/users', { login, name: '新', role: 'clerk', department: 'minzheng' })).json
  const person = server.person()
  person.login = login
  person.csrf = (await person.post('/api/session', { login, password })).json.csrf
  await person.post('/api/session/password', { old: password, new: PASSWORD })
  return person
}
// One with a second factor; due: whose code is still asked for.
async function withCode(due) {
  const person = await fresh()
  const { secret } = (await person.post('/api/session/totp')).json
  known.recovery = (await person.post('/api/session/totp/confirm', { code: totp(secret) })).json.recovery
  if (due) person.csrf = (await person.post('/api/session', { login: person.login, password: PASSWORD })).json.csrf
  return person
}

const personal = async () =>
  (await who.security_officer.post('/api/personal', { kind: 'erase', way: 'value', subject: '13000000000', note: '窗口核验身份证原件' })).json.receipt

// An imported list of words in two versions.
function listOf(name) {
  for (const version of [1, 2])
    query(server, `INSERT INTO word_list(name, version, kind, way, words, left_out, why, made_by, made_at) VALUES ('${name}', ${version}, 'A.1 f', 'in', '孔雀石${version}', '', 'import', 'x', 1) RETURNING id`)
  return name
}

const asked = async (object) =>
  (await who.security_officer.post('/api/approvals', { kind: 'user.role', object, detail: 'clerk/renshe', reason: '按工作安排办理' })).json.id

// A job that is cancelled before it is over: many are added at once, the last still waits.
async function waitingJob() {
  const all = await Promise.all([...Array(6)].map((_, i) => who.guardian.upload('/api/knowledge/documents', policy(i + 10))))
  return Math.max(...all.map((r) => r.json.job))
}

async function call(o) {
  const s = (await special[o.op.operationId]?.()) ?? {}
  const person = s.person ?? who[least.find((r) => rowOf(o).roles.includes(r))]
  const target = o.path.replace(/{(\w+)}/g, (_, name) => encodeURIComponent(s.fill?.[name] ?? assert.fail(`${o.name}: ${name}`)))
  if (o.op.requestBody?.content['multipart/form-data']) return person.upload(target, s.files ?? policy(1))
  return person.request(o.method, encodeURI(decodeURI(target + (s.query ?? ''))), s.body ?? example(o))
}

function checkShape(o, reply) {
  const declared = follow(api, o.op.responses[String(reply.status)] ?? o.op.responses.default)
  assert.ok(declared, `${o.name} answered ${reply.status}, which is not described: ${reply.text}`)
  const media = reply.headers['content-type'].split(';')[0]
  const content = declared.content[media]
  assert.ok(content, `${o.name} answered ${media}, described are ${Object.keys(declared.content)}`)
  if (media === 'application/json') assert.deepEqual(faults(api, content.schema, reply.json), [], o.name)
}

test('every operation answers as described', async (t) => {
  const ask = operations().find((o) => o.op.operationId === 'ask')
  const answer = await who.citizen.ask(example(ask).question)
  known.exchange = answer.get('start').receipt
  known.conversation = answer.get('start').conversation
  // ids that only a database knows at this point
  const proposal = await who.citizen.post('/api/handoffs', { question: '流动摊位怎么申请' })
  const reply = await who.clerk.post(`/api/handoffs/${proposal.json.receipt}/reply`, {
    reply: '请到窗口登记。', standard: { questions: ['流动摊位怎么申请'], citations: [] } })
  assert.equal(reply.status, 200, reply.text)
  known.proposed = reply.json.standard.id
  keepCalls(server, [{ request_id: 'call-1' }])
  known.document = (await who.citizen.get('/api/documents?size=1')).json.items[0].id
  const upload = await who.guardian.upload('/api/knowledge/documents', policy(0))
  known.job = upload.json.job
  const job = await eventually(async () => {
    const r = await who.guardian.get(`/api/jobs/${known.job}`)
    return r.json.state === 'done' && r.json
  })
  known.version = job.result.versions[0].id
  known.digest = (await who.citizen.get(`/api/documents/${known.document}`)).json.digest
  const order = ['handoff_ask', 'handoff_status', 'handoff_open', 'handoff_take', 'handoff_reply', 'standard_new', 'standard_change', 'key_add', 'key_show',
    'key_change', 'key_rotate', 'key_revoke', 'employee_change', 'employee_undo', 'employee_apply', 'employee_sign', 'leave_add', 'leave_end', 'correct', 'correct_sibling', 'corrections_export']
  const rank = (o) => (order.includes(o.op.operationId) ? order.indexOf(o.op.operationId) : order.length)
  for (const o of operations().filter((x) => x.op.operationId !== 'ask' && !elsewhere(x)).sort((a, b) => rank(a) - rank(b))) {
    await t.test(o.name, async () => {
      const r = await call(o)
      assert.ok(r.status < 300, `${o.name}: ${r.status} ${r.text}`)
      checkShape(o, r)
      remember[o.op.operationId]?.(r)
    })
  }
})

test('the events of an answer have the described data, in the described order', async () => {
  const shapes = follow(api, follow(api, api.paths['/api/ask'].post.responses['200']).content['text/event-stream'].schema).properties
  for (const question of ['养犬登记证多久年检一次', '我爸78岁，高龄津贴每个月多少钱', '火星上怎么办身份证']) {
    const a = await who.citizen.ask(question)
    assert.equal(a.status, 200)
    for (const e of a.events) assert.deepEqual(faults(api, shapes[e.event] ?? assert.fail(e.event), e.data), [], e.event)
    const names = a.events.map((e) => e.event).filter((n) => n !== 'progress')
    assert.equal(names[0], 'start')
    assert.equal(names[1], 'evidence')
    assert.equal(names.at(-1), 'done')
    assert.ok(names.slice(2, -1).every((n) => n === 'sentence'), names.join())
    assert.ok(a.whole)
  }
})

test('who may not is refused as described', async (t) => {
  for (const o of operations()) {
    const row = rowOf(o)
    const body = o.op.requestBody ? example(o) ?? {} : undefined
    for (const role of least) {
      if (row.roles.includes(role) || o.op.operationId === 'session_end') continue
      await t.test(`${role} ${o.name}`, async () => {
        const r = await who[role].request(o.method, o.path.replace(/{\w+}/g, '1'), body)
        assert.equal(r.status, role === 'citizen' || relayed(o) ? 401 : 403, r.text)
        checkShape(o, r)
      })
    }
  }
})

test('a field nobody described is refused, so is a body that is no JSON, so is one too large', async (t) => {
  for (const o of operations().filter((x) => x.op.requestBody?.content['application/json'] && !relayed(x))) {
    const person = who[least.find((r) => rowOf(o).roles.includes(r))]
    const target = o.path.replace(/{\w+}/g, '1')
    await t.test(o.name, async () => {
      const json = { 'content-type': 'application/json' }
      for (const [body, status] of [
        [JSON.stringify({ ...example(o), nobody_described_this: 1 }), [400, 404]],
        ['{"question": "', [400, 404]],
        [Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d]), [400, 404]],
        ['x'.repeat(rowOf(o).body_max + 1), [413]],
      ]) {
        const r = await person.request(o.method, target, body, json)
        assert.ok(status.includes(r.status), `${r.status} ${r.text}`)
        if (o.op.responses[r.status]) checkShape(o, r)
      }
    })
  }
})

test('the page for people names every path and needs no script', async () => {
  const page = await who.citizen.get('/api/docs')
  assert.equal(page.status, 200)
  assert.match(page.headers['content-security-policy'], /script-src 'self'/)
  assert.doesNotMatch(page.text, /<script|style=|onclick=|https?:\/\//)
  for (const o of operations()) assert.ok(page.text.includes(`<code>${o.path}</code>`), o.path)
})
