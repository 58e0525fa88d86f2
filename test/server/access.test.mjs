// A new city as it is: a second person for what matters most, a purpose for what is sensitive,
// departments under one another. In force until somebody, with a second person, says otherwise.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { keepCalls } from './calls.mjs'
import { PASSWORD, root, run, startServer, temporary } from './lib.mjs'

let server, officer, auditor
const rulesText = (r) => JSON.stringify({ totp_roles: r.totp_roles, dual: r.dual, purpose: r.purpose, password: r.password })
before(async () => {
  server = await startServer({ args: ['--proxies', '127.0.0.1'] })
  for (const rule of ['dual', 'purpose'])
    assert.equal((await run(['access', 'set', rule, 'on'], { data: server.data })).code, 0)
  officer = await server.staff('shen.ruolan')
  auditor = await server.staff('peng.yiming')
})
after(() => server?.stop())

const ask = (p, kind, object, detail, reason = '按工作安排办理') => p.post('/api/approvals', { kind, object, detail, reason })
async function confirmed(asker, other, kind, object, detail) {
  const { id } = (await ask(asker, kind, object, detail)).json
  const r = await other.post(`/api/approvals/${id}/confirm`)
  assert.equal(r.status, 200, r.text)
  return id
}
const role = (p, login, to, department) => p.post(`/api/users/${login}/role`, { role: to, department })
const sql = (statement) => execFileSync('/usr/bin/python3', ['-c', `import sqlite3,sys
d=sqlite3.connect(sys.argv[1],timeout=10); d.execute(sys.argv[2]); d.commit()`, path.join(server.data, 'tongban.db'), statement], { stdio: 'pipe' })

test('a role changes only as a second person confirmed it, once', async () => {
  const refused = await role(officer, 'gu.min', 'guardian', 'renshe')
  assert.equal(refused.status, 403)
  assert.match(refused.json.error.message, /双人确认/)
  const asked = await ask(officer, 'user.role', 'gu.min', 'guardian/renshe')
  assert.equal(asked.status, 200, asked.text)
  assert.equal((await ask(officer, 'user.role', 'gu.min', 'guardian/renshe')).status, 409, 'asked already')
  assert.equal((await officer.post(`/api/approvals/${asked.json.id}/confirm`)).status, 403, 'not one’s own')
  assert.equal((await role(officer, 'gu.min', 'guardian', 'renshe')).status, 403, 'not yet')
  const [seen] = (await auditor.get('/api/approvals')).json.items
  assert.deepEqual([seen.state, seen.may_decide, seen.mine, seen.kind_title], ['waiting', true, false, '更改角色和部门'])
  const both = await Promise.all([auditor.post(`/api/approvals/${seen.id}/confirm`), auditor.post(`/api/approvals/${seen.id}/refuse`)])
  assert.deepEqual(both.map((r) => r.status).sort(), [200, 409], 'of two decisions at once one counts')
  if (both[0].status !== 200) return // refused first: nothing more to try with this one
  assert.equal((await role(officer, 'gu.min', 'department_admin', 'renshe')).status, 403, 'exactly what was asked')
  assert.equal((await role(officer, 'gu.min', 'guardian', 'renshe')).status, 200)
  assert.equal((await role(officer, 'gu.min', 'clerk', 'renshe')).status, 403)
  assert.equal((await role(officer, 'gu.min', 'guardian', 'renshe')).status, 200, 'the same again changes nothing')
})

test('the database itself refuses a role that changes by hand, and a person who confirms their own', () => {
  assert.throws(() => sql("UPDATE staff SET role = 'auditor' WHERE login = 'lin.wanqing'"), /second person/)
  assert.throws(() => sql("INSERT INTO approval(kind, object, detail, reason, state, asked_by, asked_at, expires_at, decided_by) VALUES('user.role', 'lin.wanqing', 'auditor/renshe', 'x', 'used', 1, 0, 0, 1)"), /CHECK/)
  assert.throws(() => sql("INSERT INTO approval(kind, object, detail, reason, state, asked_by, asked_at, expires_at) VALUES('user.role', 'lin.wanqing', 'auditor/renshe', 'x', 'confirmed', 1, 0, 0)"), /CHECK/)
})

test('the three that hold the house together are opened by two; a clerk by one', async () => {
  const user = { login: 'er.ren', name: '二人', role: 'security_officer', department: 'renshe' }
  assert.equal((await officer.post('/api/users', user)).status, 403)
  await confirmed(officer, auditor, 'user.add', 'er.ren', 'security_officer/renshe')
  assert.equal((await officer.post('/api/users', user)).status, 200)
  assert.equal((await officer.post('/api/users', { ...user, login: 'zuo.xi', role: 'clerk' })).status, 200)
})

test('an export is of what was confirmed, for a day; a refused one stays refused', async () => {
  const target = '/api/audit/export?verb=user', detail = 'from=&to=&verb=user&actor=&object='
  assert.equal((await auditor.get(target)).status, 403)
  const { id } = (await ask(auditor, 'audit.export', '', detail)).json
  assert.equal((await officer.post(`/api/approvals/${id}/refuse`)).status, 200)
  assert.equal((await auditor.get(target)).status, 403)
  await confirmed(auditor, officer, 'audit.export', '', detail)
  assert.equal((await auditor.get(target)).status, 200)
  assert.equal((await auditor.get(target)).status, 200, 'a download may break off')
  assert.equal((await auditor.get('/api/audit/export')).status, 403, 'nothing else')
  assert.equal((await ask(officer, 'audit.export', '', detail)).status, 403, 'not hers to ask')
})

test('what nobody decides in a day is over, and what is confirmed is used within one', async () => {
  const { id } = (await ask(auditor, 'audit.export', '', 'from=&to=&verb=key&actor=&object=')).json
  sql(`UPDATE approval SET expires_at = 1 WHERE id = ${id}`)
  assert.equal((await officer.post(`/api/approvals/${id}/confirm`)).status, 409)
  assert.equal((await officer.get('/api/approvals')).json.items.find((a) => a.id === id).state, 'expired')
  const other = await confirmed(auditor, officer, 'audit.export', '', 'from=&to=&verb=key&actor=&object=')
  sql(`UPDATE approval SET expires_at = 1 WHERE id = ${other}`)
  assert.equal((await auditor.get('/api/audit/export?verb=key')).status, 403)
})

test('the rules are under the rule: nobody switches it off alone', async () => {
  const rules = (await officer.get('/api/access/rules')).json
  assert.deepEqual([rules.dual, rules.purpose, rules.totp_roles], [true, true, []])
  const want = { ...rules, totp_roles: ['department_admin'] }
  assert.equal((await officer.put('/api/access/rules', want)).status, 403)
  assert.equal((await officer.put('/api/access/rules', { dual: false })).status, 403)
  await confirmed(officer, auditor, 'access.rules', '', rulesText(want))
  assert.equal((await officer.put('/api/access/rules', want)).status, 200)
  // in force with the next request
  const head = await server.staff('luo.jing')
  const r = await head.get('/api/keys')
  assert.equal(r.status, 403)
  assert.match(r.json.error.message, /绑定动态口令/)
  assert.equal((await head.get('/api/session')).json.second, 'enrol')
  assert.equal((await head.post('/api/session/totp')).status, 200, 'it can be set up')
  assert.equal((await run(['access', 'set', 'totp', 'none'], { data: server.data })).code, 0)
  assert.equal((await head.get('/api/keys')).status, 200)
  const rows = (await auditor.get('/api/audit?verb=approval.emergency')).json.items
  assert.ok(rows.some((x) => x.actor.startsWith('cli:') && x.detail === 'kind=access.rules'), 'the machine’s owner needs nobody and is seen')
})

test('what is sensitive is read for a purpose, which the trail names', async () => {
  keepCalls(server, [{ request_id: 'call-p' }])
  const target = '/api/calls/call-p/content'
  const refused = await auditor.get(target)
  assert.equal(refused.status, 403)
  assert.match(refused.json.error.message, /用途/)
  const shown = (await auditor.get('/api/purpose')).json
  assert.equal(shown.needed, true)
  assert.equal(shown.until, null)
  for (const [kind, note] of [['none', '审计季度检查'], ['audit', '查'], ['audit', '']])
    assert.equal((await auditor.post('/api/purpose', { kind, note })).status, 400)
  assert.ok((await auditor.post('/api/purpose', { kind: 'audit', note: '三季度例行抽查张三的投诉' })).json.until)
  assert.equal((await auditor.get(target)).status, 200)
  const other = await server.staff('peng.yiming')
  assert.equal((await other.get(target)).status, 403, 'of this session only')
  const rows = (await auditor.get('/api/audit?verb=call.content&size=10')).json.items
  assert.ok(rows.some((r) => r.outcome === 'ok' && /^purpose=\d+$/.test(r.detail)))
  assert.ok(rows.some((r) => r.outcome === 'forbidden'))
  await confirmed(auditor, officer, 'audit.export', '', 'from=&to=&verb=&actor=&object=')
  assert.ok(!(await auditor.get('/api/audit/export')).text.includes('张三'), 'its words are not in the trail')
  sql('UPDATE purpose SET until = 1')
  assert.equal((await auditor.get(target)).status, 403, 'half an hour')
})

test('a parent’s admin sees what is below, not beside; a circle is refused', async () => {
  const ids = (await officer.get('/api/departments')).json.items.map((d) => d.id)
  const [own, below, beside] = ['renshe', 'minzheng', ids.find((d) => !['renshe', 'minzheng'].includes(d))]
  for (const [name, department] of [['本部门', own], ['下级', below], ['旁边', beside]])
    assert.equal((await run(['key', 'add', name, '--department', department], { data: server.data })).code, 0)
  const login = 'tou.er', { password } = (await officer.post('/api/users', { login, name: '头', role: 'department_admin', department: own })).json
  const head = server.person()
  head.csrf = (await head.post('/api/session', { login, password })).json.csrf
  await head.post('/api/session/password', { old: password, new: PASSWORD })
  const names = async () => (await head.get('/api/keys?size=100')).json.items.map((k) => k.name).sort()
  assert.deepEqual(await names(), ['本部门'])
  assert.equal((await officer.put(`/api/departments/${below}`, { parent: own })).status, 200)
  assert.deepEqual(await names(), ['下级', '本部门'])
  const id = (await officer.get('/api/keys?size=100')).json.items.find((k) => k.name === '下级').id
  assert.equal((await head.get(`/api/keys/${id}`)).status, 200)
  for (const [d, parent] of [[own, below], [own, own], [own, 'nowhere']])
    assert.equal((await officer.put(`/api/departments/${d}`, { parent })).status, 400, `${d} under ${parent}`)
  assert.equal((await officer.put('/api/departments/nowhere', { parent: '' })).status, 404)
  assert.equal((await officer.put(`/api/departments/${below}`, { parent: '' })).status, 200)
  assert.equal((await head.get(`/api/keys/${id}`)).status, 404)
})

test('a legal hold by the auditor, and figures for charts', async () => {
  assert.equal((await auditor.put('/api/audit/hold', { held: true, reason: '短' })).status, 400)
  const held = await auditor.put('/api/audit/hold', { held: true, reason: '案件办结前保留' })
  assert.deepEqual([held.json.held, held.json.held_by, held.json.days], [true, 'peng.yiming', 1095])
  const file = path.join(temporary('archive'), 'a')
  assert.match((await run(['audit', 'archive', '--file', file], { data: server.data })).stderr, /冻结/)
  assert.equal((await auditor.put('/api/audit/hold', { held: false })).json.held, false)
  const f = (await auditor.get('/api/audit/figures')).json
  assert.ok(f.days.length >= 1 && f.days.at(-1).rows > 10 && f.days.at(-1).refused > 3)
  assert.ok(f.verbs.some((v) => v.name === 'approval.ask'))
  assert.ok(f.refusals[0].refused >= f.refusals.at(-1).refused)
  assert.equal((await auditor.get('/api/audit/figures?from=2026-13-01')).status, 400)
  assert.ok(fs.existsSync(server.data))
})

test('docs/security.md names files that are there, and commands that the program knows', async () => {
  const text = fs.readFileSync(path.join(root, 'docs/security.md'), 'utf8')
  for (const [, file] of text.matchAll(/`((?:src|test|docs)\/[^`\s]+)`/g)) assert.ok(fs.existsSync(path.join(root, file)), file)
  for (const [, command] of text.matchAll(/`tongban (\w+)/g)) assert.equal((await run([command, '--help'])).code, 0, command)
})
