// Every route that changes something, with its 1st, 2nd, 3rd … call of the database failing until it
// gets through. What stands between the program and SQLite is a shared object that fails the chosen
// call, so the whole program is tried: gate, handler, trail. When the reply says that it failed,
// what people keep must be as it was, and the trail must still verify.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { employ } from './employ.mjs'
import { entriesOf, signInWays } from './fault_routes.mjs'
import { PASSWORD, Server, eventually, plain, run, shim, temporary } from './lib.mjs'

const FULL = 13, BUSY = 5, MOST = 120

// plan: calls made, the call that fails, how. ROLLBACK and PRAGMA always get through.
const source = `#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;
static volatile long *plan;
static __thread int inside, failed;
__attribute__((constructor)) static void open_plan(void)
{
    plan = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, open(getenv("FAULT_PLAN"), O_RDWR), 0);
}
static int hits(void)
{
    failed = 0;
    if (inside || !plan[1] || __sync_add_and_fetch(&plan[0], 1) != plan[1]) return 0;
    failed = (int)plan[2];
    return 1;
}
int sqlite3_step(sqlite3_stmt *s)
{
    static int (*real)(sqlite3_stmt *);
    if (!real) real = (int (*)(sqlite3_stmt *))dlsym(RTLD_NEXT, "sqlite3_step");
    if (hits()) return failed;
    return real(s);
}
int sqlite3_exec(sqlite3 *d, const char *sql, int (*f)(void *, int, char **, char **), void *x, char **e)
{
    static int (*real)(sqlite3 *, const char *, int (*)(void *, int, char **, char **), void *, char **);
    int rc;
    if (!real) real = (int (*)(sqlite3 *, const char *, int (*)(void *, int, char **, char **), void *, char **))dlsym(RTLD_NEXT, "sqlite3_exec");
    if (strncmp(sql, "ROLLBACK", 8) && strncmp(sql, "PRAGMA", 6) && hits()) return failed;
    inside++;
    rc = real(d, sql, f, x, e);
    inside--;
    return rc;
}
int sqlite3_extended_errcode(sqlite3 *d)
{
    static int (*real)(sqlite3 *);
    int was = failed;
    if (!real) real = (int (*)(sqlite3 *))dlsym(RTLD_NEXT, "sqlite3_extended_errcode");
    failed = 0;
    return was ? was : real(d);
}
`

// What people keep, a digest for each table; not what only notes that somebody was here.
const keeper = `import hashlib, marshal, sqlite3, sys
d = sqlite3.connect('file:' + sys.argv[1] + '?mode=ro', uri=True, timeout=20)
skip = {'audit', 'audit_head', 'audit_checkpoint', 'migration', 'sign_in_failure', 'sqlite_sequence'}
for line in sys.stdin:
    if line.strip():
        with sqlite3.connect(sys.argv[1], timeout=20) as w: w.execute(line)
        w.close()
        print('done', flush=True)
        continue
    out = []
    for (t,) in d.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall():
        if t in skip or t.startswith('sqlite_'): continue
        columns = [c[1] for c in d.execute(f'PRAGMA table_info({t})') if (t, c[1]) != ('session', 'seen_at')]
        rows = d.execute(f"SELECT {', '.join(columns)} FROM {t} ORDER BY 1").fetchall()
        out.append(t + '=' + hashlib.md5(marshal.dumps(rows, 2)).hexdigest())
    print(' '.join(out), flush=True)
`

let server, who, plan, tables, number = 0
const told = [] // lines of the helper that nobody took yet
const waiting = []

function tell(line) {
  tables.stdin.write(`${line}\n`)
  return new Promise((r) => (told.length ? r(told.shift()) : waiting.push(r)))
}
const kept = () => tell('')
const statement = (sql) => tell(sql)
const changed = (a, b) => a.split(' ').filter((x) => !b.split(' ').includes(x)).map((x) => x.split('=')[0])

const set = (calls, fail_at, code) => {
  const b = Buffer.alloc(24)
  ;[calls, fail_at, code].forEach((v, i) => b.writeBigInt64LE(BigInt(v), i * 8))
  fs.writeSync(plan, b, 0, 24, 0)
}
const calls = () => {
  const b = Buffer.alloc(8)
  fs.readSync(plan, b, 0, 8, 0)
  return Number(b.readBigInt64LE(0))
}

before(async () => {
  const file = path.join(temporary(), 'plan')
  fs.writeFileSync(file, Buffer.alloc(4096))
  plan = fs.openSync(file, 'r+')
  server = new Server({ binary: plain, engine: 'http://127.0.0.1:9', env: { LD_PRELOAD: shim(source), FAULT_PLAN: file } })
  fs.writeFileSync(path.join(server.data, 'sign_in.yaml'), signInWays)
  await server.start()
  who = { citizen: server.person() }
  for (const [role, login] of Object.entries({ clerk: 'lin.wanqing', guardian: 'zhou.zhiyuan', head: 'luo.jing', second: 'deng.shaohua', auditor: 'peng.yiming', officer: 'shen.ruolan', admin: 'ye.qiang' }))
    who[role] = await server.staff(login)
  await who.citizen.ask('办狗证多少钱') // for the device's cookie
  tables = spawn('/usr/bin/python3', ['-c', keeper, path.join(server.data, 'tongban.db')], { stdio: ['pipe', 'pipe', 'inherit'] })
  createInterface({ input: tables.stdout }).on('line', (l) => (waiting.length ? waiting.shift()(l) : told.push(l)))
})
after(async () => {
  tables?.stdin.end()
  await server?.stop()
})

// ---- what each request needs, made anew for every try while nothing fails ----

const ok = (r) => {
  assert.ok(r.status < 300, r.text)
  return r.json
}
const newcomer = async () => {
  const login = `fault.${number++}`
  const { password } = ok(await who.officer.post('/api/users', { login, name: '测', role: 'clerk', department: 'minzheng' }))
  return { login, password }
}
// Straight with the first password: each wrong one counts, and thirty lock the address of all.
const colleague = async () => {
  const { login, password } = await newcomer()
  const p = server.person()
  p.login = login
  p.csrf = ok(await p.post('/api/session', { login, password })).csrf
  p.csrf = ok(await p.post('/api/session/password', { old: password, new: PASSWORD })).csrf
  return p
}
const key = async () => ok(await who.officer.post('/api/keys', { name: `fault-${number++}`, department: 'minzheng' })).key
const handoff = async () => ok(await who.citizen.post('/api/handoffs', { question: `第${number++}件事找谁办` })).receipt
const standard = () => ({ questions: [`怎么办第${number++}件事`], answer: '请到窗口登记。', citations: [] })
const policy = () => {
  const n = number++
  return [{ name: `办法${n}.md`, bytes: `# 明川市测试办法第${n}号\n\n第一条 为了测试第${n}次，制定本办法。\n` }]
}
const over = (id) => eventually(async () => {
  const j = ok(await who.guardian.get(`/api/jobs/${id}`))
  return ['done', 'failed', 'cancelled'].includes(j.state) && j
}, { every: 20 })
const version = async (by = who.guardian) => (await over(ok(await by.upload('/api/knowledge/documents', policy())).job)).result.versions[0].id
// What a clerk has proposed; an answer that waits to be signed, as an engine would have left it.
const draft = async () => {
  const body = standard()
  ok(await who.clerk.post(`/api/handoffs/${encodeURIComponent(await handoff())}/reply`, { reply: body.answer, standard: { questions: body.questions, citations: [] } }))
  return ok(await who.guardian.get(`/api/drafts?state=waiting&kind=standard&q=${encodeURIComponent(body.questions[0])}`)).items[0]
}
const waitingAnswer = async () => {
  const receipt = await asked(), mine = `S20990101-${10000 + number++}`
  const body = JSON.stringify({ question: '办狗证多少钱', sentences: [{ text: '到窗口登记。', quoted: false, citations: [1] }], clauses: 'x' })
  await statement(`UPDATE exchange SET clauses = '[]' WHERE receipt = '${receipt}'`)
  await statement(`UPDATE exchange SET outcome = 'waiting', answer = '' WHERE receipt = '${receipt}'`)
  await statement(`INSERT INTO draft(receipt, kind, subject_id, title, body, digest, author_kind, author_name, department_id, state, created_at, updated_at) SELECT '${mine}', 'answer', id, question, '${body.replace('"x"', `"${SM3_OF_NOTHING}"`)}', '${mine}', 'machine', '问答', 'minzheng', 'waiting', 1, 1 FROM exchange WHERE receipt = '${receipt}'`)
  return mine
}
const SM3_OF_NOTHING = createHash('sm3').update('[]').digest('hex')
const asked = async () => (await who.citizen.ask('办狗证多少钱')).get('start').receipt

// An answer of the guardian's own employee; one on trial that has shown all that its next step asks for.
const itsAnswer = async () => {
  const receipt = await asked()
  await statement(`UPDATE exchange SET employee_id = (SELECT id FROM employee WHERE key = 'minzheng-wenda') WHERE receipt = '${receipt}'`)
  return receipt
}
let employed = false
const onTrial = async () => {
  if (!employed) employ(server, 'huiqi-pipei', { tried: 40, judged: 30, refused: 6 })
  employed = true
  await statement("UPDATE employee_step SET state = 'withdrawn' WHERE state = 'waiting'")
  await statement("UPDATE employee SET phase = 'trial', phase_since = 0 WHERE key = 'huiqi-pipei'")
}

const routes = {
  'POST /api/session': async () => {
    const { login, password } = await newcomer()
    return () => server.person().post('/api/session', { login, password })
  },
  'DELETE /api/session': async () => {
    const p = await colleague()
    return () => p.delete('/api/session')
  },
  'POST /api/session/password': async () => {
    const p = await colleague()
    return () => p.post('/api/session/password', { old: PASSWORD, new: `${PASSWORD}-2` })
  },
  'POST /api/users': async () => {
    const login = `fault.${number++}`
    return () => who.officer.post('/api/users', { login, name: '测', role: 'clerk', department: 'minzheng' })
  },
  ...Object.fromEntries(['lock', 'unlock', 'reset', 'role'].map((verb) => [`POST /api/users/{login}/${verb}`, async () => {
    const { login } = await newcomer()
    return () => who.officer.post(`/api/users/${login}/${verb}`, verb === 'role' ? { role: 'guardian' } : {})
  }])),
  'POST /api/keys': async () => {
    const name = `fault-${number++}`
    return () => who.officer.post('/api/keys', { name, department: 'minzheng' })
  },
  'PUT /api/keys/{id}': async () => {
    const { id } = await key()
    return () => who.officer.put(`/api/keys/${id}`, { limits: { concurrent: 7 } })
  },
  ...Object.fromEntries(['revoke', 'rotate'].map((verb) => [`POST /api/keys/{id}/${verb}`, async () => {
    const { id } = await key()
    return () => who.officer.post(`/api/keys/${id}/${verb}`)
  }])),
  'POST /api/engines/drain': async () => () => who.admin.post('/api/engines/drain', { engine: '命令行指定的引擎', drain: number++ % 2 > 0 }),
  'POST /api/audit/verify': async () => () => who.auditor.post('/api/audit/verify'),
  'POST /api/jobs/{id}/cancel': async () => {
    const id = 1000000 + number++ // one that another server's worker would have: nobody here takes it up or ends it
    await statement(`INSERT INTO job(id, kind, state, lease_until, created_at, updated_at) VALUES(${id}, 'ingest', 'running', 9e15, 1, 1)`)
    return () => who.guardian.post(`/api/jobs/${id}/cancel`)
  },
  'POST /api/exchanges/{receipt}/feedback': async () => {
    const receipt = await asked()
    return () => who.citizen.post(`/api/exchanges/${receipt}/feedback`, { useful: false, reason: '看不懂' })
  },
  'POST /api/handoffs': async () => {
    const question = `第${number++}件事找谁办`
    return () => who.citizen.post('/api/handoffs', { question, contact: '13800138000' })
  },
  'POST /api/handoffs/{receipt}/take': async () => {
    const receipt = await handoff()
    return () => who.clerk.post(`/api/handoffs/${encodeURIComponent(receipt)}/take`)
  },
  'POST /api/handoffs/{receipt}/release': async () => {
    const receipt = await handoff()
    ok(await who.clerk.post(`/api/handoffs/${encodeURIComponent(receipt)}/take`))
    return () => who.clerk.post(`/api/handoffs/${encodeURIComponent(receipt)}/release`)
  },
  'POST /api/handoffs/{receipt}/reply': async () => {
    const receipt = await handoff()
    const { questions, citations } = standard()
    return () => who.clerk.post(`/api/handoffs/${encodeURIComponent(receipt)}/reply`, { reply: '请到窗口登记。', standard: { questions, citations } })
  },
  'POST /api/standard-answers': async () => {
    const body = standard()
    return () => who.guardian.post('/api/standard-answers', body)
  },
  'PUT /api/standard-answers/{id}': async () => {
    const { id } = ok(await who.guardian.post('/api/standard-answers', standard()))
    return () => who.guardian.put(`/api/standard-answers/${id}`, standard())
  },
  'DELETE /api/standard-answers/{id}': async () => {
    const { id } = ok(await who.guardian.post('/api/standard-answers', standard()))
    return () => who.guardian.delete(`/api/standard-answers/${id}`)
  },
  'POST /api/standard-answers/{id}/approve': async () => {
    const { questions, citations } = standard()
    const { standard: s } = ok(await who.clerk.post(`/api/handoffs/${encodeURIComponent(await handoff())}/reply`, { reply: '请到窗口登记。', standard: { questions, citations } }))
    return () => who.guardian.post(`/api/standard-answers/${s.id}/approve`)
  },
  'POST /api/knowledge/versions/{id}/confirm': async () => {
    const id = await version(who.head)
    return () => who.second.post(`/api/knowledge/versions/${id}/confirm`, {})
  },
  'POST /api/knowledge/versions/{id}/withdraw': async () => {
    const id = await version()
    return () => who.guardian.post(`/api/knowledge/versions/${id}/withdraw`, { reason: '测试' })
  },
  'POST /api/drafts/{receipt}/take': async () => {
    const { receipt } = await draft()
    return () => who.guardian.post(`/api/drafts/${receipt}/take`)
  },
  'PUT /api/drafts/{receipt}': async () => {
    const receipt = await waitingAnswer()
    return () => who.guardian.put(`/api/drafts/${receipt}`, { revision: 1, sentences: [{ text: '请您到窗口登记。', citations: [1] }] })
  },
  'POST /api/drafts/{receipt}/sign': async () => {
    const receipt = await waitingAnswer()
    return () => who.guardian.post(`/api/drafts/${receipt}/sign`, { revision: 1 })
  },
  'POST /api/drafts/sign': async () => {
    const { receipt } = await draft()
    ok(await who.guardian.post(`/api/drafts/${receipt}/take`))
    return () => who.guardian.post('/api/drafts/sign', { items: [{ receipt, revision: 1 }] })
  },
  'POST /api/drafts/{receipt}/return': async () => {
    const receipt = await waitingAnswer()
    return () => who.guardian.post(`/api/drafts/${receipt}/return`, { reason: '测试' })
  },
  'POST /api/drafts/{receipt}/hand': async () => {
    const { receipt } = await draft()
    return () => who.guardian.post(`/api/drafts/${receipt}/hand`, { login: 'luo.jing' })
  },
  'POST /api/drafts/{receipt}/withdraw': async () => {
    const { receipt } = await draft()
    return () => who.clerk.post(`/api/drafts/${receipt}/withdraw`, { reason: '测试' })
  },
  'POST /api/spot-checks/{id}': async () => {
    const id = 100 + number++, receipt = await asked()
    await statement(`INSERT INTO spot_check(id, exchange_id, risk, created_at) SELECT ${id}, id, 10, 1 FROM exchange WHERE receipt = '${receipt}'`)
    return () => who.guardian.post(`/api/spot-checks/${id}`, { right: true })
  },
  'PUT /api/employees/{key}': async () => () => who.guardian.put('/api/employees/minzheng-wenda', { form: { about: `第${number++}次` }, reason: '测试' }),
  'POST /api/employees/{key}/undo': async () => {
    const { changes } = ok(await who.guardian.put('/api/employees/minzheng-wenda', { form: { about: `第${number++}次` }, reason: '测试' }))
    return () => who.guardian.post('/api/employees/minzheng-wenda/undo', { change: changes[0].id, reason: '测试' })
  },
  'POST /api/employees/{key}/switch': async () => () => who.guardian.post('/api/employees/minzheng-wenda/switch', { off: false, reason: '测试' }),
  'POST /api/employees/{key}/steps': async () => {
    await onTrial()
    return () => who.second.post('/api/employees/huiqi-pipei/steps', { reason: '测试' })
  },
  'POST /api/employees/{key}/steps/{id}': async () => {
    await onTrial()
    const { steps } = ok(await who.second.post('/api/employees/huiqi-pipei/steps', { reason: '测试' }))
    return () => who.head.post(`/api/employees/huiqi-pipei/steps/${steps[0].id}`, { do: 'sign' })
  },
  'POST /api/employees/{key}/verdicts': async () => {
    const receipt = await itsAnswer()
    return () => who.guardian.post('/api/employees/minzheng-wenda/verdicts', { receipt, agrees: true })
  },
  'POST /api/leaves': async () => () => who.guardian.post('/api/leaves', { from: '2099-01-01', to: '2099-01-02' }),
  'DELETE /api/leaves/{id}': async () => {
    const { id } = ok(await who.guardian.post('/api/leaves', { from: '2099-01-01', to: '2099-01-02' }))
    return () => who.guardian.delete(`/api/leaves/${id}`)
  },
  'POST /api/corrections': async () => {
    const receipt = await itsAnswer()
    return () => who.guardian.post('/api/corrections', { receipt, kind: 'note', answer: '应到窗口登记。' })
  },
  'POST /api/corrections/{id}/siblings': async () => {
    const { id } = ok(await who.guardian.post('/api/corrections', { receipt: await itsAnswer(), kind: 'note', answer: '应到窗口登记。' }))
    const sibling = 500000 - number++ // below those that corrections found by themselves
    await statement(`INSERT INTO correction_sibling(id, correction_id, standard_answer_id, why) SELECT ${sibling}, ${id}, min(id), 'clause' FROM standard_answer`)
    return () => who.guardian.post(`/api/corrections/${id}/siblings`, { sibling, do: 'keep' })
  },
  'POST /api/incidents/{number}': async () => {
    const name = `I20990101-${10000 + number++}`
    await statement(`INSERT INTO incident(number, rule, title, severity, owner_role, opened_at, last_at) VALUES('${name}', 'fault', '测试', 'low', 'security_officer', 1, 1)`)
    return () => who.officer.post(`/api/incidents/${name}`, { do: 'take' })
  },
  'POST /api/incidents/check': async () => () => who.officer.post('/api/incidents/check'),
  ...entriesOf({
    get server() { return server },
    get who() { return who },
    newcomer, colleague, ok, statement, next: () => number++,
  }),
  'POST /api/knowledge/documents/{id}/classification': async () => {
    const { result } = await over(ok(await who.guardian.upload('/api/knowledge/documents?classification=internal', policy())).job)
    const { document } = ok(await who.guardian.get(`/api/knowledge/versions/${result.versions[0].id}`))
    return () => who.guardian.post(`/api/knowledge/documents/${document}/classification`, { classification: 'sensitive', reason: '含个案情况' })
  },
  // last, for its jobs go on by themselves, and one whose own call failed comes back minutes later
  'POST /api/knowledge/documents': async () => {
    const files = policy()
    return () => who.guardian.upload('/api/knowledge/documents', files)
  },
}

// Whole tables are read row by row here: of these so many first calls are tried, and the last, which write.
const longest = {
  'POST /api/words': 20,
  'POST /api/audit/verify': 20, 'POST /api/incidents/check': 20, 'POST /api/corrections': 30, 'POST /api/personal': 10, 'POST /api/personal/{receipt}/carry': 10,
  ...Object.fromEntries(['PUT /api/employees/{key}', ...['undo', 'switch', 'steps', 'steps/{id}'].map((what) => `POST /api/employees/{key}/${what}`)].map((name) => [name, 20])),
}
const LAST = 30, NEVER = 1e9
// So many in a row that did the request no harm: what was asked for is kept by then, and the rest only tells
// the search or the gateway of it, which may read hundreds of rows, one more after each try.
const CALM = 20

test('every route that changes something is tried here', async () => {
  const all = JSON.parse((await run(['routes', '--json'])).stdout)
    .filter((r) => r.method !== 'GET' && r.kind !== 'relay').map((r) => `${r.method} ${r.path}`)
  assert.deepEqual(Object.keys(routes).concat('POST /api/ask').sort(), all.sort())
})

// One try: the n-th call fails. Resolves with the reply and how many calls were made.
async function attempt(request, n, code) {
  set(0, n, code)
  const reply = await request()
  const made = calls()
  set(0, 0, 0)
  return { reply, made }
}

const verified = async () => assert.equal(ok(await who.auditor.post('/api/audit/verify')).ok, true)

// Resolves with { refused, through }: whether the n-th call's failing was told; whether there was no n-th.
async function once(make, n) {
  const request = await make()
  const before = await kept()
  const { reply, made } = await attempt(request, n, n % 2 ? FULL : BUSY)
  const through = made < n, refused = reply.status >= 400
  if (through) assert.ok(!refused, reply.text)
  if (refused) {
    assert.equal(reply.status, 503, `call ${n}: ${reply.text}`)
    assert.ok(['store', 'busy'].includes(reply.json.error.code), reply.text)
    assert.match(reply.json.error.message, /[\u4e00-\u9fff]{4}/)
    const left = changed(await kept(), before)
    assert.deepEqual(left, [], `call ${n} failed and left something in ${left}: ${reply.text}`)
  }
  return { refused, through }
}

// Counted from the end, which moves: what is read grows with every try.
async function lastCalls(make) {
  let refused = 0
  for (let back = LAST, through = false; !through; back--) {
    assert.ok(back > -LAST, 'never got through')
    const { reply, made } = await attempt(await make(), NEVER, 0)
    assert.ok(reply.status < 300, reply.text)
    const tried = await once(make, Math.max(1, made - back))
    refused += tried.refused
    through = tried.through
  }
  assert.ok(refused >= 3, `of the last calls ${refused} were refused`)
}

for (const [name, make] of Object.entries(routes)) {
  test(`${name}: a call that fails is said in words and leaves nothing half done`, async () => {
    let refused = 0, unharmed = 0, over = false
    for (let n = 1; !over && n <= (longest[name] ?? MOST); n++) {
      const tried = await once(make, n)
      refused += tried.refused
      unharmed = tried.refused ? 0 : unharmed + 1
      over = tried.through || unharmed === CALM
    }
    // a form that is looked through asks the database nothing
    if (name !== 'POST /api/orders/check') assert.ok(refused >= 1, 'nothing was ever refused')
    if (longest[name]) await lastCalls(make)
    else assert.ok(over, `still failing after ${MOST} calls`)
    await verified()
  })
}

test('POST /api/ask: a call that fails is said in words, and no question is left as if it were still running', async () => {
  let refused = 0
  for (let n = 1, through = false; !through; n++) {
    assert.ok(n < MOST)
    const p = server.person()
    const { reply, made } = await attempt(() => p.ask('办狗证多少钱'), n, n % 2 ? FULL : BUSY)
    if (reply.error) {
      refused++
      assert.ok(['store', 'busy'].includes(reply.error.code), JSON.stringify(reply.error))
      assert.match(reply.error.message, /[\u4e00-\u9fff]{4}/)
    } else {
      assert.ok(reply.done, `call ${n}: ${reply.status} ${JSON.stringify(reply.events.at(-1))}`)
      const stored = ok(await p.get(`/api/exchanges/${reply.get('start').receipt}`))
      assert.deepEqual(stored.done, reply.done)
    }
    through = made < n
  }
  assert.ok(refused >= 3, `${refused}`)
  await verified()
})

test('what was saved while the search could not be told is found a moment later', async () => {
  const question = '给鹦鹉开暂住证明去哪个窗口'
  let saved
  for (let n = 1; !saved; n++) {
    assert.ok(n < MOST, 'the call in question was never met')
    const body = { ...standard(), questions: [question], answer: '请到三楼鹦鹉窗口。' }
    const before = server.lines('search').length
    const { id } = ok(await who.head.post('/api/standard-answers', body))
    const { reply } = await attempt(() => who.second.post(`/api/standard-answers/${id}/approve`), n, FULL)
    if (reply.status !== 200) continue
    saved = server.lines('search').slice(before).some((l) => l.msg.startsWith('refresh=failed'))
    if (!saved) ok(await who.head.delete(`/api/standard-answers/${reply.json.id}`))
  }
  const answer = () => who.citizen.ask(question)
  await eventually(async () => (await answer()).sentences.some((s) => s.text.includes('鹦鹉窗口')), { ms: 20000, every: 500 })
})
