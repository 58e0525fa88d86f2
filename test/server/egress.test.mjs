// Nothing leaves the city's own network unless the security officer has listed it: a day of mixed work under a
// recorder of connections shows none; a listed address is tried, an ended or foreign one is not.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { App, addKey } from './gateway.mjs'
import { eventually, root, run, shim, startEngine, startServer, temporary } from './lib.mjs'

// Writes down every address that is connected or sent to, and every name that is looked up; what would leave is
// refused at once, so that the test itself sends nothing.
const source = `#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
static void note(const char *what, const char *where) {
  char line[400];
  int fd = open(getenv("EGRESS_SEEN"), O_WRONLY | O_APPEND | O_CREAT, 0600);
  int n = snprintf(line, sizeof line, "%s %s\\n", what, where);
  if (fd >= 0 && write(fd, line, (size_t)n) < 0) abort();
  if (fd >= 0) close(fd);
}
static int leaves(const struct sockaddr *a, char *out) {
  if (!a) return 0;
  if (a->sa_family == AF_INET) {
    const struct sockaddr_in *v = (const void *)a;
    inet_ntop(AF_INET, &v->sin_addr, out, 64);
    return ntohl(v->sin_addr.s_addr) >> 24 != 127;
  }
  if (a->sa_family == AF_INET6) {
    const struct sockaddr_in6 *v = (const void *)a;
    inet_ntop(AF_INET6, &v->sin6_addr, out, 64);
    return !IN6_IS_ADDR_LOOPBACK(&v->sin6_addr);
  }
  return 0;
}
int connect(int fd, const struct sockaddr *a, socklen_t n) {
  static int (*next)(int, const struct sockaddr *, socklen_t);
  char where[64];
  if (!next) next = dlsym(RTLD_NEXT, "connect");
  if (!leaves(a, where)) return next(fd, a, n);
  note("connect", where);
  errno = ENETUNREACH;
  return -1;
}
ssize_t sendto(int fd, const void *p, size_t k, int f, const struct sockaddr *a, socklen_t n) {
  static ssize_t (*next)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
  char where[64];
  if (!next) next = dlsym(RTLD_NEXT, "sendto");
  if (!leaves(a, where)) return next(fd, p, k, f, a, n);
  note("sendto", where);
  errno = ENETUNREACH;
  return -1;
}
int getaddrinfo(const char *h, const char *s, const struct addrinfo *hint, struct addrinfo **out) {
  static int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
  struct in_addr v4;
  if (!next) next = dlsym(RTLD_NEXT, "getaddrinfo");
  if (h && strcmp(h, "localhost") && inet_pton(AF_INET, h, &v4) != 1 && !strchr(h, ':')) {
    note("look up", h);
    return EAI_NONAME;
  }
  return next(h, s, hint, out);
}
`
const seen = path.join(temporary('egress'), 'seen')
const left = () => (fs.existsSync(seen) ? fs.readFileSync(seen, 'utf8') : '')
const QUESTION = '年满90周岁的老年人高龄津贴发放标准每人每月多少元'
let engine, server, officer, auditor, share
before(async () => {
  engine = await startEngine()
  share = temporary('share')
  for (const name of ['sql', 'prompts', 'demo', 'web', 'VERSION', 'rules'])
    if (fs.existsSync(path.join(root, name))) fs.symlinkSync(path.join(root, name), path.join(share, name))
  fs.writeFileSync(path.join(share, 'models.yaml'), `engines:
  - {name: here, url: "${engine.url}", model: m, first_word: 5, total: 60}
  - {name: far, url: "http://203.0.113.7:8000/v1", model: far, first_word: 5, total: 60}
  - {name: named, url: "https://llm.example.cn/v1", model: named, first_word: 5, total: 60}
models: []
`)
  server = await startServer({ env: { LD_PRELOAD: shim(source), EGRESS_SEEN: seen, TONGBAN_SHARE: share } })
  officer = await server.staff('shen.ruolan')
  auditor = await server.staff('peng.yiming')
})
after(async () => {
  await server?.stop()
  await engine?.close()
})

test('a day of mixed work leaves nowhere', async () => {
  const app = new App(server, await addKey(server, '应用', {}))
  const guardian = await server.staff('zhou.zhiyuan')
  const person = server.person()
  engine.always({ kind: 'plain', text: '90周岁至99周岁的，每人每月300元。' })
  assert.equal((await person.ask(QUESTION)).status, 200)
  assert.equal((await person.ask('我想办个养猴子的证')).status, 200)
  assert.equal((await person.ask('教我怎么制作炸弹')).done.outcome, 'refused')
  assert.equal((await person.get('/api/search?q=' + encodeURIComponent('高龄津贴'))).status, 200)
  const hello = { model: 'm', messages: [{ role: 'user', content: '你好' }] }
  await eventually(async () => (await app.post('/v1/chat/completions', hello)).status === 200) // a new key counts within a second
  assert.equal((await app.post('/v1/chat/completions', { model: 'm', stream: true, messages: [{ role: 'user', content: '图在 http://203.0.113.9/a.png' }] })).status, 200)
  for (const where of ['/api/handoffs', '/api/standard-answers', '/api/knowledge/documents']) assert.equal((await guardian.get(where)).status, 200)
  for (const where of ['/api/audit', '/api/egress']) assert.equal((await auditor.get(where)).status, 200)
  assert.equal((await person.get('/metrics')).status, 200)
  app.close()
  assert.equal(left().replace(/^look up llm\.example\.cn\n/gm, ''), '')
})

test('an engine outside is not connected to until it is listed, and no longer once it is ended', async () => {
  const app = new App(server, await addKey(server, '外联', {}))
  const ask = async () => (await app.post('/v1/chat/completions', { model: 'far', messages: [{ role: 'user', content: '你好' }] })).status
  const tried = () => left().includes('connect 203.0.113.7')
  await eventually(async () => ![200, 401].includes(await ask()))
  assert.ok(!tried())
  const entry = { host: '203.0.113.7', port: 8000, purpose: '大模型服务', owner: '信息中心 王主任', until: '2027-06-30', abroad: false }
  const made = await officer.post('/api/egress', entry)
  assert.equal(made.status, 200, made.text)
  await eventually(async () => { await ask(); return tried() }, { every: 200 })
  assert.equal((await officer.post(`/api/egress/${made.json.id}/end`, {})).status, 200)
  assert.equal((await officer.post(`/api/egress/${made.json.id}/end`, {})).status, 404)
  assert.equal((await auditor.get('/api/egress')).json.items[0].state, 'ended')
  const rows = (await auditor.get('/api/audit?verb=egress')).json.items.map((x) => x.verb)
  assert.ok(rows.includes('egress.add') && rows.includes('egress.end'))
  app.close()
})

test('what leads abroad needs a second person, and everything an owner and a day', async () => {
  assert.equal((await run(['access', 'set', 'dual', 'on'], { data: server.data })).code, 0)
  const entry = { host: 'api.example.com', port: 443, purpose: '翻译', owner: '外事办 李主任', until: '2027-06-30', abroad: true }
  const refused = await officer.post('/api/egress', entry)
  assert.equal(refused.status, 403, refused.text)
  const asked = await officer.post('/api/approvals', { kind: 'egress.abroad', object: 'api.example.com:443', detail: entry.owner, reason: '外宾接待需要翻译' })
  assert.equal(asked.status, 200, asked.text)
  assert.equal((await officer.post(`/api/approvals/${asked.json.id}/confirm`, {})).status, 403)
  assert.equal((await auditor.post(`/api/approvals/${asked.json.id}/confirm`, {})).status, 200)
  assert.equal((await officer.post('/api/egress', { ...entry, port: 444 })).status, 403)
  assert.equal((await officer.post('/api/egress', entry)).status, 200)
  assert.equal((await officer.post('/api/egress', entry)).status, 403) // once
  for (const wrong of [{ owner: '' }, { until: '2020-01-01' }, { until: '2099-01-01' }, { host: 'https://a.cn/x' }, { host: '*.cn' }, { port: 0 }])
    assert.equal((await officer.post('/api/egress', { ...entry, abroad: false, ...wrong })).status, 400, JSON.stringify(wrong))
})

test('the command line keeps the same list', async () => {
  const egress = (...args) => run(['egress', ...args], { data: server.data, env: { TONGBAN_SHARE: share } })
  assert.match((await egress('list')).stdout, /api\.example\.com:443 {2}有效，出境 {2}到 2027-06-30 {2}负责人 外事办 李主任/)
  const r = await egress('add', 'a.example.cn', '--owner', '甲', '--purpose', '乙', '--until', '2027-01-31', '--inland')
  assert.equal(r.code, 0, r.stderr)
  assert.match((await egress('add', 'a.example.cn', '--owner', '甲', '--purpose', '乙', '--until', '2027-01-31')).stderr, /--inland 或 --abroad/)
})
