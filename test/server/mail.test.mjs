// Mail out: an incident is told by mail to whom its role belongs, by the server that the operator named, through the
// one way out, in words that the security officer has signed as they stand. The mail server is a script.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import tls from 'node:tls'
import { after, before, test } from 'node:test'
import { eventually, root, startServer, temporary } from './lib.mjs'

// Speaks SMTP (RFC 5321) with STARTTLS (RFC 3207) and AUTH PLAIN.
function startPost(cert) {
  const post = { mails: [], sockets: new Set() }
  const talk = (s, secure) => {
    let held = '', mail = { secure, to: [], data: '' }, data = false, asked = false
    const say = (line) => s.write(line + '\r\n')
    s.on('error', () => {}).on('close', () => post.sockets.delete(s))
    post.sockets.add(s)
    s.on('data', (d) => {
      held += d
      for (let at; (at = held.indexOf('\r\n')) >= 0;) {
        const line = held.slice(0, at), verb = line.slice(0, 4).toUpperCase()
        held = held.slice(at + 2)
        if (asked) { asked = false; mail.auth = line; say('235 yes') } else if (data) {
          if (line === '.') { data = false; post.mails.push(mail); say('250 taken') } else mail.data += line + '\n'
        } else if (verb === 'EHLO') say(secure || !cert ? '250-here\r\n250 AUTH PLAIN' : '250-here\r\n250 STARTTLS')
        else if (verb === 'STAR') {
          say('220 go')
          s.removeAllListeners('data')
          return talk(new tls.TLSSocket(s, { isServer: true, key: cert.key, cert: cert.cert }), true)
        } else if (verb === 'AUTH') { asked = true; say('334 ') } else if (verb === 'MAIL') { mail.from = line; say('250 ok') }
        else if (verb === 'RCPT') { mail.to.push(line); say('250 ok') } else if (verb === 'DATA') { data = true; say('354 on') }
        else if (verb === 'QUIT') { say('221 bye'); s.end() } else say('250 ok')
      }
    })
    if (!secure) say('220 here')
  }
  const server = net.createServer((s) => talk(s, false))
  return new Promise((ready) => server.listen(0, '127.0.0.1', () => ready(Object.assign(post, {
    url: `smtp://localhost:${server.address().port}`, close: () => { server.close(); for (const s of post.sockets) s.destroy() } }))))
}

let server, officer, post, share, cert, dir
const settings = (more) => fs.writeFileSync(path.join(server.data, 'mail.yaml'), `server: ${post.url}
from: tongban@mc.example
to:
  security_officer: [shen@mc.example, duty@mc.example]
  system_admin: [ye@mc.example]
${more}`)
let wave = 0
// Somebody is refused again and again: an incident of the security officer's.
async function incident() {
  const login = ['lin.wanqing', 'zhao.hongtu', 'he.xiaoyu', 'tang.jianye', 'gu.min'][wave++]
  const clerk = await server.staff(login)
  for (let i = 0; i < 22; i++) await clerk.get('/api/users')
  await eventually(async () => { await officer.post('/api/incidents/check'); return (await officer.get('/api/incidents?state=active')).json.items.find((x) => x.subject === login) }, { every: 100 })
}
const told = () => officer.post('/api/incidents/check') // tells too
const state = async () => (await officer.get('/api/mail')).json

before(async () => {
  dir = temporary('mail')
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', `${dir}/key`, '-out', `${dir}/cert`], { stdio: 'ignore' })
  cert = { key: fs.readFileSync(`${dir}/key`), cert: fs.readFileSync(`${dir}/cert`) }
  post = await startPost(cert)
  share = temporary('share')
  for (const name of ['sql', 'prompts', 'employees', 'web', 'docs', 'VERSION', 'models.yaml']) fs.symlinkSync(path.join(root, name), path.join(share, name))
  fs.cpSync(path.join(root, 'rules'), path.join(share, 'rules'), { recursive: true })
  server = await startServer({ env: { TONGBAN_SHARE: share } })
  officer = await server.staff('shen.ruolan')
  fs.writeFileSync(`${dir}/password`, 'geheim\n')
})
after(async () => {
  await server?.stop()
  post?.close()
})

test('without mail.yaml nothing is noted and nothing sent', async () => {
  assert.equal((await state()).server, '')
  await incident()
  assert.deepEqual([(await state()).waiting, post.mails.length], [0, 0])
})

test('what is not signed is not sent; signed as it stands it goes out encrypted, to whom the role belongs', async () => {
  settings(`user: tongban\npassword_file: ${dir}/password\nca: ${dir}/cert\n`)
  await incident()
  await told()
  assert.deepEqual([(await state()).waiting, post.mails.length], [2, 0])
  assert.equal((await state()).templates[0].signed, false)
  const signed = await officer.post('/api/mail/incident/sign')
  assert.equal(signed.status, 200, signed.text)
  assert.match(signed.json.templates[0].signed_by, /^shen\.ruolan \d{4}-/)
  await told()
  await eventually(async () => { await told(); return post.mails.length === 2 }, { every: 100 })
  const [mail] = post.mails
  assert.ok(mail.secure, 'by STARTTLS')
  assert.equal(Buffer.from(mail.auth.split(' ').at(-1), 'base64').toString(), '\0tongban\0geheim')
  assert.deepEqual(post.mails.map((m) => m.to.join()).sort(), ['RCPT TO:<duty@mc.example>', 'RCPT TO:<shen@mc.example>'])
  const [head, body] = mail.data.split('\n\n')
  const text = Buffer.from(body, 'base64').toString(), subject = [...head.matchAll(/=\?UTF-8\?B\?([^?]*)\?=/g)].map((m) => Buffer.from(m[1], 'base64').toString()).join('')
  assert.match(subject, /^\[高\] 短时间内多次被拒绝访问 I\d{8}-\d{5}$/)
  assert.match(text, /系统发现：短时间内多次被拒绝访问（级别：高），已开事件 I\d{8}-\d{5}/)
  assert.ok(!text.includes('zhao.hongtu'), 'whom it is about is read inside')
  assert.ok(head.split('\n').every((l) => l.length <= 78 && /^[\x20-\x7e]*$/.test(l)), head)
  assert.match(head, /^Auto-Submitted: auto-generated$/m)
  assert.equal((await state()).waiting, 0)
  assert.ok(!server.logged.includes('geheim'))
})

test('a certificate that nobody vouches for leaves the mail waiting', async () => {
  const before = post.mails.length
  settings('')
  await incident()
  await eventually(async () => { await told(); return server.lines('mail').some((l) => /certificate|SSL/i.test(l.msg)) }, { every: 100 })
  assert.equal(post.mails.length, before)
  assert.ok((await state()).waiting > 0)
})

test('one word changed in the template, and it has to be signed again', async () => {
  const file = path.join(share, 'rules/mail.yaml')
  fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace('请登录工作台', '请尽快登录工作台'))
  assert.equal((await state()).templates[0].signed, false)
  fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace('{number}。', '{number}{subject}。'))
  assert.equal((await officer.post('/api/mail/incident/sign')).status, 400)
  assert.equal((await (await server.staff('peng.yiming')).post('/api/mail/incident/sign')).status, 403)
  fs.copyFileSync(path.join(root, 'rules/mail.yaml'), file)
  assert.equal((await officer.post('/api/mail/other/sign')).status, 404)
})

test('mistakes in mail.yaml are said with their line; passwords never go in the clear; outside needs the list', async () => {
  for (const [more, why] of [['plian: true', /第 6 行/], [`user: a\nplain: true\n`, /密码不能明文/], ['', null]]) {
    settings(more)
    const { problem } = await state()
    if (why) assert.match(problem, why)
    else assert.equal(problem, '')
  }
  fs.writeFileSync(path.join(server.data, 'mail.yaml'), 'server: https://a.cn\nfrom: a@b.cn\n')
  assert.match((await state()).problem, /smtp:\/\//)
  fs.writeFileSync(path.join(server.data, 'mail.yaml'), 'server: smtp://a.cn\nfrom: "a@b.cn\\r\\nBcc: x@y.cn"\n')
  assert.match((await state()).problem, /邮件地址/)
})
