// A stand-in for `tongban serve` while working on the pages: docs/api.md over the sample city, in
// memory, Node alone. `npm run mock`, then open the printed address.
// Words in a question steer it: 慢 (slow), 断 (breaks off), 坏 (an error), 月球 (not found).
import { createReadStream, existsSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadDepartments, loadDocuments, loadStaff, loadStandards, readVersion, validityOn, validityTitle } from './city.mjs'

const TODAY = process.env.TB_MOCK_TODAY ?? '2026-11-21'
const PASSWORD = 'Mingchuan-2026!'
const DIST = fileURLToPath(new URL('../dist/', import.meta.url))
const { documents, versions } = loadDocuments()
const departments = loadDepartments()
const staff = loadStaff().map((s) => ({ ...s, password: PASSWORD, must_change: true, state: 'active', locked_until: null, last_seen: null, created_at: '2026-11-20T08:00:00+08:00' }))
const ROLE = { clerk: '坐席员', guardian: 'AI监护人', department_admin: '部门管理员', auditor: '安全审计员', security_officer: '安全保密员', system_admin: '系统管理员' }
const PERMS = {
  clerk: ['staff', 'handoff', 'knowledge_read', 'overview'],
  guardian: ['staff', 'handoff', 'knowledge_read', 'knowledge_write', 'review', 'overview'],
  department_admin: ['staff', 'handoff', 'knowledge_read', 'knowledge_write', 'overview'],
  auditor: ['staff', 'audit_read', 'user_read', 'overview'],
  security_officer: ['staff', 'user_read', 'user_write'],
  system_admin: ['staff', 'operate', 'overview'],
}
const depName = (id) => departments.find((d) => d.id === id)?.name ?? ''
const now = () => new Date(Date.now() + 288e5).toISOString().replace('Z', '+08:00')
const standards = loadStandards().map((s) => ({
  ...s, department_name: depName(s.department), state: 'approved', state_title: '已生效', source: 'setup', approved_by_name: '周志远',
  approved_at: '2026-11-20T09:00:00+08:00', valid_from: null, valid_to: null, updated_at: '2026-11-20T09:00:00+08:00',
}))
const exchanges = [], handoffs = [], jobs = [], audit = [], sessions = new Map()
let serial = 40

const gate = { open: Promise.resolve(), release: () => {} }
const engine = { hold: () => { gate.open = new Promise((go) => { gate.release = go }) }, release: () => gate.release(), stop: () => {} }
const grams = (s) => new Set([...s].slice(0, -1).map((_, i) => [...s].slice(i, i + 2).join('')))
const textOf = (v, p) => Buffer.from(v.plain).subarray(p.begin, p.end).toString()
function clauseOf(v, p, day, score) {
  const validity = validityOn(v, day)
  return {
    n: 0, passage: p.id, document: v.document, version: v.id, title: v.title, document_number: v.document_number, issuing_body: v.issuing_body,
    clause: p.clause, heading: p.heading, text: textOf(v, p).replace(/^(第.+?条|[一二三四五六七八九十]+、)\s*/, ''), validity, validity_title: validityTitle(validity),
    effective_from: v.effective_from, expires_on: v.expires_on, repealed_on: v.repealed_on, score,
  }
}
function search(q, day, limit) {
  const want = grams(q), hits = []
  for (const v of versions) {
    if (v.state !== 'confirmed' || validityOn(v, day) !== 'in_force') continue
    for (const p of v.passages) {
      const have = grams(v.title + textOf(v, p))
      let score = 0
      for (const g of want) if (have.has(g)) score++
      if (score) hits.push(clauseOf(v, p, day, score / Math.sqrt(60 + have.size)))
    }
  }
  return hits.sort((a, b) => b.score - a.score).slice(0, limit).map((c, i) => ({ ...c, n: i + 1 }))
}
function standardFor(q) {
  const want = grams(q)
  const near = (s) => { const h = grams(s); let n = 0; for (const g of want) if (h.has(g)) n++; return n / Math.max(want.size, h.size, 1) }
  return standards.find((s) => s.state === 'approved' && s.questions.some((x) => near(x) > 0.75))
}
function cited(s, day) {
  return s.citations.flatMap((c) => versions.filter((v) => v.document_number === c.document_number)
    .flatMap((v) => v.passages.filter((p) => p.clause === c.clause).map((p) => clauseOf(v, p, day, 1)))).map((c, i) => ({ ...c, n: i + 1 }))
}

class Refused extends Error { constructor(status, code, message) { super(message); Object.assign(this, { status, code }) } }
const body = async (req) => { const b = []; for await (const c of req) b.push(c); return Buffer.concat(b) }
const page = (items, u) => {
  const size = Number(u.get('size') ?? 20), n = Number(u.get('page') ?? 1)
  return { items: items.slice((n - 1) * size, n * size), total: items.length }
}
const wait = (ms) => new Promise((r) => setTimeout(r, ms))
const log = (c, verb, object, outcome = 'ok') => audit.unshift({
  id: audit.length + 1, at: now(), actor: c.who?.login ?? '市民', role: c.who?.role ?? 'citizen', role_title: ROLE[c.who?.role] ?? '市民', address: '127.0.0.1',
  verb, object, outcome, request_id: 'r' + audit.length, detail: '{}', prev: 'ab'.repeat(32), hash: 'cd'.repeat(32),
})

async function ask(c) {
  const q = (c.json.question ?? '').trim()
  if (!q || q.length > 1000) throw new Refused(400, 'invalid', '问题要写 1 到 1000 个字。')
  const day = c.json.as_of ?? TODAY, masked = /1[3-9]\d{9}/.test(q) ? ['手机号'] : []
  const x = {
    receipt: `Q20261121-${String(++serial).padStart(5, '0')}`, conversation: c.json.conversation ?? 'C' + serial, question: q, as_of: day, masked, outcome: '',
    clauses: [], sentences: [], done: null, created_at: now(), feedback: null,
  }
  exchanges.unshift(x)
  const { res } = c
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  const say = (event, data) => res.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  say('start', { conversation: x.conversation, receipt: x.receipt, as_of: day, masked })
  const known = standardFor(q)
  x.clauses = known ? cited(known, day) : search(q, day, 4)
  const found = known || (x.clauses[0]?.score > 0.2 && !/外星|月球|火星|金星/.test(q))
  say('evidence', { clauses: x.clauses, standard: Boolean(known) })
  const pace = q.includes('慢') ? 600 : 120
  if (known) x.sentences = [{ n: 1, text: known.answer, citations: x.clauses.map((k) => k.n) }]
  const todo = known ? x.sentences : found ? (x.clauses[0].text.match(/[^。；：\n]+[。；：]?/g) ?? []).slice(0, 5).map((t, i) => ({ n: i + 1, text: t.trim().replace(/[；：]$/, '。'), citations: i === 2 && x.clauses[1] ? [1, 2] : [1] })) : []
  for (const s of todo) {
    await wait(pace)
    if (res.destroyed) { x.outcome = 'cancelled'; return }
    if (!known) x.sentences.push(s)
    say('sentence', s)
    if (s.n === 1) await gate.open
    if (q.includes('断') && (s.n === 2 || s === todo.at(-1))) return setTimeout(() => res.destroy(), 60)
    if (q.includes('坏')) { say('error', { code: 'engine', message: '智能回答断了，依据还在上面，可以再试一次。' }); return res.end() }
  }
  const dep = departments.find((d) => d.name === x.clauses[0]?.issuing_body) ?? departments[1]
  x.outcome = known ? 'standard' : found ? 'answered' : 'not_found'
  x.done = {
    outcome: x.outcome, message: found ? '' : '现行文件里没有找到能回答的规定。', withheld: 0,
    next: found ? { department: dep.name, phone: dep.phone, windows: dep.windows } : null, handoff: null,
    label: known ? '人工审定的标准回答，AI 检索' : 'AI 生成，依据已核对', timings: { first_clause: 31, done: 900 },
  }
  say('done', x.done)
  res.end()
}

function documentView(id, u) {
  const doc = documents.find((d) => String(d.id) === id), day = u.get('as_of') || TODAY
  const v = doc?.versions.find((w) => String(w.id) === u.get('version')) ?? doc?.versions.find((w) => validityOn(w, day) === 'in_force') ?? doc?.versions.at(-1)
  if (!v) throw new Refused(404, 'not_found', '没有这个文件，可能已经撤下。')
  const seen = (w) => ({ ...w, plain: undefined, passages: undefined, validity: validityOn(w, day), validity_title: validityTitle(validityOn(w, day)) })
  return { ...seen(v), id: doc.id, version: v.id, plain: v.plain, passages: v.passages, versions: doc.versions.map(seen) }
}
const listItem = (day) => (d) => {
  const v = d.versions.find((w) => validityOn(w, day) === 'in_force') ?? d.versions.at(-1), validity = validityOn(v, day)
  return { id: d.id, title: v.title, document_number: v.document_number, issuing_body: v.issuing_body, effective_from: v.effective_from, expires_on: v.expires_on, validity, validity_title: validityTitle(validity), versions: d.versions.length, version: v.id, state: v.state, state_title: v.state === 'proposed' ? '待确认' : v.state === 'withdrawn' ? '已撤下' : '已确认', doubts: v.notes.length, created_at: v.created_at }
}
const STATE = { waiting: '等待处理', taken: '处理中', replied: '已回复', closed: '已办结' }
const inboxItem = (h) => ({ ...h, contact: undefined, query_code: undefined, state_title: STATE[h.state], reason_title: { asked: '市民要求', not_found: '没有找到依据', weak: '依据不足', engine_down: '智能回答不可用' }[h.reason], department_name: depName(h.department), taken_by_name: staff.find((s) => s.login === h.taken_by)?.name ?? '' })
const sessionView = (s) => ({ staff: { login: s.login, name: s.name, role: s.role, role_title: ROLE[s.role], department: s.department, department_name: depName(s.department), must_change: s.must_change }, csrf: 'mock', perms: PERMS[s.role] })
const userView = (s) => ({ ...s, password: undefined, role_title: ROLE[s.role], department_name: depName(s.department) })

function overview() {
  const days = [...Array(30)].map((_, i) => {
    const d = new Date(Date.parse(TODAY) - (29 - i) * 864e5), asked = Math.round(90 + 40 * Math.sin(i / 3) + i * 2.2)
    return { day: d.toISOString().slice(0, 10), asked, answered: Math.round(asked * 0.83), not_found: Math.round(asked * 0.11) }
  })
  const in_force = documents.filter((d) => d.versions.some((v) => validityOn(v, TODAY) === 'in_force')).length
  return {
    today: { asked: 148, answered: 121, standard: 39, not_found: 15, handoffs: handoffs.length + 9, useful: 62, not_useful: 7, withheld: 12 }, days,
    outcomes: [['standard', '标准回答', 39], ['answered', '依据回答', 82], ['partial', '部分回答', 6], ['not_found', '没有找到', 15], ['cancelled', '中途停下', 4], ['failed', '没有办成', 2]].map(([outcome, title, count]) => ({ outcome, title, count })),
    top_clauses: versions.slice(0, 6).map((v, i) => ({ document: v.document, title: v.title, clause: v.passages[2]?.clause ?? '', count: 31 - i * 4 })),
    latency: { first_clause_p50: 42, first_word_p50: 2300, whole_p50: 8700 },
    knowledge: { documents: documents.length, in_force, expiring_90d: 3, proposed: versions.filter((v) => v.state === 'proposed').length, passages: 731, embedded: 702 },
    parts: [
      { name: 'store', title: '数据库', state: 'green', message: '正常，写入 3 毫秒', todo: '' }, { name: 'search', title: '条款检索', state: 'green', message: '731 条在索引里', todo: '' },
      { name: 'embeddings', title: '语义检索', state: 'amber', message: '还有 29 条没有算完', todo: '不用管，几分钟内会自己算完。' },
      { name: 'engine', title: '语言模型', state: 'red', message: '推理引擎没有启动', todo: '正在后台编译，完成后自己接上；超过半小时请看“下载与编译”。' },
      { name: 'audit', title: '审计链', state: 'green', message: '今天 06:00 核对过，完整', todo: '' }, { name: 'disk', title: '磁盘', state: 'green', message: '还有 212 GB', todo: '' },
    ],
    fetch: [{ name: 'engine', label: '推理引擎', state: 'building', done: 62, total: 100, message: '正在编译' }, { name: 'qwen', label: '语言模型', state: 'fetching', done: 734003200, total: 1117320768, message: '每秒 11 MB，还要 35 秒' }],
  }
}

/** The parts of a multipart body: [name, text] each. */
function filesOf(c) {
  const mark = '--' + /boundary=(.*)$/.exec(c.req.headers['content-type'])[1]
  return c.raw.toString('utf8').split(mark).flatMap((part) => {
    const name = /filename="([^"]*)"/.exec(part)?.[1]
    return name ? [[name, part.slice(part.indexOf('\r\n\r\n') + 4, -2)]] : []
  })
}
function runUpload(c) {
  const files = filesOf(c), names = files.map((f) => f[0]), good = files.find((f) => f[1].trim()) ?? ['', '']
  const id = 900 + documents.length, v = { ...readVersion(good[1], id), document: documents.length + 1, number: 1, state: 'proposed', state_title: '待确认', file_name: good[0], repeals: [] }
  v.notes = v.effective_from ? [] : [{ field: 'effective_from', message: '没有读到施行日期，请对照原文填写。' }]
  const doc = { id: v.document, title: v.title, versions: [] }
  doc.versions.push(v); documents.push(doc); versions.push(v)
  const j = { id: jobs.length + 1, kind: 'ingest', kind_title: '读入文件', state: 'running', done: 0, total: names.length * 10, message: '正在读 ' + names[0], result: {}, created_at: now(), updated_at: now() }
  jobs.unshift(j)
  const t = setInterval(() => {
    j.done += 3
    if (j.done >= j.total) Object.assign(j, { done: j.total, state: 'done', message: '读完了', result: { added: 1, updated: 0, unchanged: 0, skipped: files.filter((f) => !f[1].trim()).map(([file]) => file).map((file) => ({ file, why: '文件是空的' })), versions: [{ id: v.id, document: doc.id, title: v.title, state: 'proposed', doubts: v.notes.length }] } }), clearInterval(t)
  }, 300)
  return { job: j.id }
}

const need = (c, perm) => { if (!c.who) throw new Refused(401, 'unauthorised', '请先登录。'); if (perm && !PERMS[c.who.role].includes(perm)) throw new Refused(403, 'forbidden', '您没有这项权限。'); return c.who }
const find = (list, key, value) => list.find((x) => String(x[key]) === value) ?? (() => { throw new Refused(404, 'not_found', '没有找到。') })()
const ROUTES = {
  'GET /api/city': () => ({ name: '明川市', hotline: '12345', today: TODAY, departments, ready: { engine: { ready: true, message: '' }, embeddings: { ready: true, message: '' } } }),
  'POST /api/ask': ask,
  'GET /api/exchanges/:id': (c) => find(exchanges, 'receipt', c.id),
  'GET /api/conversations/:id': (c) => ({ code: c.id, exchanges: exchanges.filter((x) => x.conversation === c.id).reverse() }),
  'POST /api/exchanges/:id/feedback': (c) => { find(exchanges, 'receipt', c.id).feedback = { useful: c.json.useful, reason: c.json.reason ?? '' }; return {} },
  'POST /api/handoffs': (c) => {
    const x = c.json.receipt ? find(exchanges, 'receipt', c.json.receipt) : null
    const h = { receipt: `H20261121-${String(handoffs.length + 1).padStart(5, '0')}`, query_code: String(482913 + handoffs.length), state: 'waiting', question: x?.question ?? c.json.question, reason: x?.outcome === 'not_found' ? 'not_found' : 'asked', department: 'minzheng', created_at: now(), taken_by: '', replied_at: null, reply: '', contact: c.json.contact ?? '', exchange: x?.receipt }
    handoffs.unshift(h); log(c, 'handoff.open', h.receipt)
    return { receipt: h.receipt, query_code: h.query_code, message: '已经交给工作人员，一般一个工作日内回复。' }
  },
  'GET /api/handoffs/:id': (c) => { const h = find(handoffs, 'receipt', c.id); if (c.u.get('query_code') !== h.query_code) throw new Refused(404, 'not_found', '没有找到。请核对编号和查询码。'); return { ...inboxItem(h), department: depName(h.department) } },
  'GET /api/search': (c) => ({ clauses: search(c.u.get('q') ?? '', c.u.get('as_of') || TODAY, Number(c.u.get('limit') ?? 10)), ms: 1.2 }),
  'GET /api/documents': (c) => page(documents.map(listItem(c.u.get('as_of') || TODAY)).filter((d) => d.state === 'confirmed' && (!c.u.get('q') || d.title.includes(c.u.get('q'))) && (!c.u.get('validity') || d.validity === c.u.get('validity'))), c.u),
  'GET /api/documents/:id': (c) => documentView(c.id, c.u),
  'POST /api/session': (c) => {
    const s = staff.find((x) => x.login === c.json.login && x.password === c.json.password && x.state === 'active')
    if (!s) throw new Refused(401, 'unauthorised', '账号或密码不对。')
    const token = Math.random().toString(36).slice(2)
    sessions.set(token, s); s.last_seen = now()
    c.res.setHeader('set-cookie', `tb_session=${token}; Path=/; HttpOnly; SameSite=Strict`)
    c.who = s; log(c, 'session.open', s.login)
    return sessionView(s)
  },
  'GET /api/session': (c) => sessionView(need(c)),
  'DELETE /api/session': (c) => { sessions.delete(c.token); return {} },
  'POST /api/session/password': (c) => { const s = need(c); if (c.json.old !== s.password) throw new Refused(400, 'invalid', '原密码不对。'); if (c.json.new.length < 10) throw new Refused(400, 'invalid', '新密码至少 10 位。'); Object.assign(s, { password: c.json.new, must_change: false }); return {} },
  'GET /api/handoffs': (c) => { need(c, 'handoff'); return page(handoffs.map(inboxItem).filter((h) => (!c.u.get('state') || h.state === c.u.get('state')) && (!c.u.get('q') || h.question.includes(c.u.get('q')))), c.u) },
  'GET /api/staff/handoffs/:id': (c) => { need(c, 'handoff'); const h = find(handoffs, 'receipt', c.id); return { ...inboxItem(h), contact: h.contact, reply: h.reply, replied_by_name: h.replied_by_name ?? '', may_release: h.state === 'taken', put_back: false, exchange: exchanges.find((x) => x.receipt === h.exchange) ?? null, standard: null } },
  'POST /api/handoffs/:id/take': (c) => { const h = find(handoffs, 'receipt', c.id); Object.assign(h, { state: 'taken', taken_by: need(c, 'handoff').login }); return inboxItem(h) },
  'POST /api/handoffs/:id/release': (c) => { const h = find(handoffs, 'receipt', c.id); need(c, 'handoff'); Object.assign(h, { state: 'waiting', taken_by: '' }); log(c, 'handoff.release', h.receipt); return inboxItem(h) },
  'POST /api/handoffs/:id/reply': (c) => {
    const h = find(handoffs, 'receipt', c.id), s = need(c, 'handoff')
    Object.assign(h, { state: 'replied', reply: c.json.reply, replied_at: now(), replied_by_name: s.name }); log(c, 'handoff.reply', h.receipt)
    let state = ''
    if (c.json.standard) {
      state = PERMS[s.role].includes('knowledge_write') ? 'approved' : 'proposed'
      standards.unshift({ id: standards.length + 1, questions: c.json.standard.questions, answer: c.json.reply, citations: c.json.standard.citations ?? [], department: s.department, department_name: depName(s.department), state, state_title: state === 'approved' ? '已生效' : '待批准', source: 'handoff', approved_by_name: s.name, approved_at: now(), valid_from: null, valid_to: null, updated_at: now() })
    }
    return { ...inboxItem(h), standard_state: state }
  },
  'GET /api/standard-answers': (c) => { need(c, 'knowledge_read'); return page(standards.filter((s) => (!c.u.get('state') || s.state === c.u.get('state')) && (!c.u.get('q') || (s.answer + s.questions.join()).includes(c.u.get('q')))), c.u) },
  'POST /api/standard-answers': (c) => { const s = need(c, 'knowledge_read'); const n = { id: standards.length + 1, ...c.json, department: s.department, department_name: depName(s.department), state: 'approved', state_title: '已生效', source: 'page', approved_by_name: s.name, approved_at: now(), updated_at: now() }; standards.unshift(n); return n },
  'PUT /api/standard-answers/:id': (c) => Object.assign(find(standards, 'id', c.id), c.json, { updated_at: now() }),
  'DELETE /api/standard-answers/:id': (c) => Object.assign(find(standards, 'id', c.id), { state: 'withdrawn', state_title: '已撤下' }),
  'POST /api/standard-answers/:id/approve': (c) => Object.assign(find(standards, 'id', c.id), { state: 'approved', state_title: '已生效' }),
  'GET /api/knowledge/documents': (c) => { need(c, 'knowledge_read'); return page(documents.map(listItem(TODAY)).filter((d) => (!c.u.get('state') || d.state === c.u.get('state')) && (!c.u.get('q') || d.title.includes(c.u.get('q'))) && (!c.u.get('validity') || d.validity === c.u.get('validity'))), c.u) },
  'POST /api/knowledge/documents': (c) => { need(c, 'knowledge_write'); return runUpload(c) },
  'GET /api/knowledge/versions/:id': (c) => { need(c, 'knowledge_read'); return find(versions, 'id', c.id) },
  'POST /api/knowledge/versions/:id/confirm': (c) => { const { effective_from } = c.json; if (!effective_from) throw new Refused(400, 'invalid', '施行日期要填。'); return Object.assign(find(versions, 'id', c.id), c.json, { state: 'confirmed', notes: [] }) },
  'POST /api/knowledge/versions/:id/withdraw': (c) => Object.assign(find(versions, 'id', c.id), { state: 'withdrawn' }),
  'GET /api/jobs': (c) => { need(c); return page(jobs, c.u) },
  'GET /api/jobs/:id': (c) => find(jobs, 'id', c.id),
  'POST /api/jobs/:id/cancel': (c) => Object.assign(find(jobs, 'id', c.id), { state: 'cancelled' }),
  'GET /api/users': (c) => { need(c, 'user_read'); return page(staff.map(userView).filter((s) => !c.u.get('q') || (s.name + s.login).includes(c.u.get('q'))), c.u) },
  'POST /api/users': (c) => { need(c, 'user_write'); const s = { ...c.json, title: c.json.title ?? '', password: PASSWORD, must_change: true, state: 'active', locked_until: null, last_seen: null, created_at: now() }; staff.unshift(s); return { login: s.login, password: PASSWORD } },
  'POST /api/users/:id/lock': (c) => userView(Object.assign(find(staff, 'login', c.id), { state: 'disabled' })),
  'POST /api/users/:id/unlock': (c) => userView(Object.assign(find(staff, 'login', c.id), { state: 'active' })),
  'POST /api/users/:id/reset': (c) => { Object.assign(find(staff, 'login', c.id), { password: PASSWORD, must_change: true }); return { login: c.id, password: PASSWORD } },
  'POST /api/users/:id/role': (c) => userView(Object.assign(find(staff, 'login', c.id), c.json)),
  'GET /api/audit': (c) => { need(c, 'audit_read'); return page(audit.filter((r) => (!c.u.get('verb') || r.verb.startsWith(c.u.get('verb'))) && (!c.u.get('actor') || r.actor === c.u.get('actor'))), c.u) },
  'POST /api/audit/verify': (c) => { need(c, 'audit_read'); return { ok: true, rows: audit.length, checked_ms: 12, first_bad: null, why: '' } },
  'GET /api/exchanges': (c) => { need(c, 'audit_read'); return page(exchanges.filter((x) => !c.u.get('outcome') || x.outcome === c.u.get('outcome')).map((x) => ({ ...x, outcome_title: { standard: '标准回答', answered: '依据回答', not_found: '没有找到' }[x.outcome] ?? '未完成', model: 'qwen2.5', withheld: 0 })), c.u) },
  'GET /api/audit/exchanges/:id': (c) => { need(c, 'audit_read'); const x = find(exchanges, 'receipt', c.id); return { ...x, question: x.question.replace(/1[3-9]\d{9}/g, '〔手机号1〕'), model: 'qwen2.5-coder-1.5b', prompt_version: 'policy-3', reasoning: '', timings: { mask: 1, search: 4, first_clause: 31, first_word: 900, done: 2400 }, withheld: [{ text: '另外可领取交通补贴 50 元。', why: '“50 元”不在引用的条款里' }], passages: x.clauses.map((k, i) => ({ passage: k.passage, version: k.version, digest: 'sm3:' + 'ef'.repeat(8), score: k.score, rank: i + 1 })), handoffs: handoffs.filter((h) => h.exchange === x.receipt).map(inboxItem), audit: audit.slice(0, 3) } },
  'GET /api/overview': (c) => { need(c, 'overview'); return overview() },
}
const table = Object.entries(ROUTES).map(([k, run]) => {
  const [method, path] = k.split(' ')
  return { method, run, re: new RegExp('^' + path.replace(':id', '([^/]+)') + '$') }
})

const MIME = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
function sendFile(req, res, path) {
  const file = join(DIST, normalize(path === '/' ? '/index.html' : path))
  if (!existsSync(file) || !statSync(file).isFile()) { res.writeHead(404); return res.end() }
  const way = existsSync(file + '.br') && /\bbr\b/.test(req.headers['accept-encoding'] ?? '') ? '.br' : ''
  res.writeHead(200, { 'content-type': MIME[extname(file)] ?? 'application/octet-stream', 'content-security-policy': CSP, 'x-content-type-options': 'nosniff', 'cache-control': path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache', ...(way ? { 'content-encoding': 'br' } : {}) })
  createReadStream(file + way).pipe(res)
}
async function handle(req, res) {
  const url = new URL(req.url, 'http://mock')
  if (!url.pathname.startsWith('/api/')) return sendFile(req, res, decodeURIComponent(url.pathname))
  const row = table.find((r) => r.method === req.method && r.re.test(url.pathname))
  const token = /tb_session=([^;]+)/.exec(req.headers.cookie ?? '')?.[1]
  const c = { req, res, u: url.searchParams, token, who: sessions.get(token), id: decodeURIComponent(row?.re.exec(url.pathname)?.[1] ?? '') }
  try {
    if (!row) throw new Refused(404, 'not_found', '没有这个地址。')
    c.raw = await body(req)
    c.json = c.raw.length && req.headers['content-type']?.includes('json') ? JSON.parse(c.raw) : {}
    const out = await row.run(c)
    if (!res.headersSent && !res.destroyed) { res.setHeader('content-type', 'application/json; charset=utf-8'); res.end(JSON.stringify(out)) }
  } catch (e) {
    if (res.headersSent) return setTimeout(() => res.destroy(), 60)
    res.writeHead(e.status ?? 500, { 'content-type': 'application/json; charset=utf-8' })
    res.end(JSON.stringify({ error: { code: e.code ?? 'internal', message: e.status ? e.message : '服务器出了问题。', request_id: 'mock' } }))
    if (!e.status) console.error(e)
  }
}

/** Starts on a free port (or `port`); answers with its address and a way to stop. */
export function startMock(port = 0) {
  return new Promise((ready) => {
    const s = createServer((q, r) => void handle(q, r)).listen(port, '127.0.0.1', () => ready({
      url: `http://127.0.0.1:${s.address().port}`, password: PASSWORD, engine, stop: () => { s.closeAllConnections(); s.close() },
    }))
  })
}
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const m = await startMock(Number(process.env.PORT ?? 8090))
  console.log(`${m.url}   staff: ${m.url}/staff.html   ${staff.slice(0, 1).map((s) => s.login)}, ${PASSWORD}`)
}
