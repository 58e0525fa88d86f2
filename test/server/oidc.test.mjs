// A single sign-on as it should be, and every way in which it could be bent.
import assert from 'node:assert/strict'
import { createHash, createHmac, generateKeyPairSync, sign } from 'node:crypto'
import fs from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { startServer } from './lib.mjs'

const url64 = (b) => Buffer.from(b).toString('base64url')
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }), other = generateKeyPairSync('rsa', { modulusLength: 2048 }), ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwk = (k, kid) => ({ ...k.publicKey.export({ format: 'jwk' }), kid, use: 'sig' })
const tokenOf = (head, claims, key = rsa) => {
  const text = `${url64(JSON.stringify(head))}.${url64(JSON.stringify(claims))}`
  const s = head.alg === 'none' ? '' : head.alg === 'HS256' ? createHmac('sha256', rsa.publicKey.export({ type: 'spki', format: 'pem' })).update(text).digest()
    : sign('sha256', Buffer.from(text), head.alg === 'ES256' ? { key: key.privateKey, dsaEncoding: 'ieee-p1363' } : key.privateKey)
  return `${text}.${url64(s)}`
}

// The provider: `bend` changes what it answers.
let provider, issuer, bend, codes, server
const now = () => Math.floor(Date.now() / 1000)
before(async () => {
  provider = http.createServer((q, r) => {
    const json = (v, status = 200) => r.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(v))
    const at = new URL(q.url, issuer)
    if (at.pathname === '/.well-known/openid-configuration')
      return json({ issuer, authorization_endpoint: `${issuer}/authorize?tenant=1`, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/keys`, ...bend.discovery })
    if (at.pathname === '/keys') return json({ keys: [jwk(other, 'old'), jwk(rsa, 'k1'), jwk(ec, 'e1')] })
    let body = ''
    q.on('data', (d) => (body += d)).on('end', () => {
      const form = new URLSearchParams(body), given = codes.get(form.get('code'))
      const proof = createHash('sha256').update(form.get('code_verifier') ?? '').digest('base64url')
      codes.delete(form.get('code'))
      if (!given || proof !== given.challenge || form.get('client_secret') !== 'geheim' || form.get('redirect_uri') !== given.redirect) return json({ error: 'invalid_grant' }, 400)
      if (bend.token) return json(bend.token)
      const claims = { iss: issuer, aud: 'tongban', sub: '1', preferred_username: 'lin.wanqing', nonce: given.nonce, iat: now(), exp: now() + 300, ...bend.claims }
      json({ id_token: tokenOf({ alg: 'RS256', kid: 'k1', ...bend.head }, claims, bend.key), token_type: 'Bearer', access_token: 'x' })
    })
  })
  await new Promise((ready) => provider.listen(0, '127.0.0.1', ready))
  issuer = `http://127.0.0.1:${provider.address().port}`
  server = await startServer()
  await server.stop()
  fs.writeFileSync(path.join(server.data, 'oidc.secret'), 'geheim\n')
  fs.writeFileSync(path.join(server.data, 'sign_in.yaml'), `oidc:
  title: 省统一身份认证
  issuer: ${issuer}
  client_id: tongban
  client_secret_file: ${server.data}/oidc.secret
  redirect: https://zw.example/api/sign-in/oidc/back
`)
  await server.start()
})
after(async () => {
  await server?.stop()
  provider?.close()
})
beforeEach(() => {
  bend = {}
  codes = new Map()
})

// What the browser does at the provider: signs in there, and is sent back with a code.
async function go(p) {
  const r = await p.get('/api/sign-in/oidc')
  assert.equal(r.status, 303, r.text)
  const to = new URL(r.headers.location), q = to.searchParams
  const code = `c${Math.random()}`
  codes.set(code, { challenge: q.get('code_challenge'), nonce: q.get('nonce'), redirect: q.get('redirect_uri') })
  return { to, q, code, cookie: r.headers['set-cookie'].find((c) => c.startsWith('tb_oidc=')) }
}
const back = (p, code, state) => p.get(`/api/sign-in/oidc/back?code=${encodeURIComponent(code)}&state=${encodeURIComponent(state)}`)
const refused = async (r, why = 'unauthorised') => {
  assert.equal(r.status, 303, r.text)
  assert.equal(r.headers.location, `/staff.html#/today?sign_in=${why}`)
  assert.ok(!String(r.headers['set-cookie']).includes('tb_session'))
}

test('a person comes back signed in, with the trail saying how', async () => {
  const p = server.person(), { to, q, code, cookie } = await go(p)
  assert.equal(to.origin, issuer)
  assert.deepEqual([q.get('response_type'), q.get('client_id'), q.get('code_challenge_method'), q.get('tenant')], ['code', 'tongban', 'S256', '1'])
  assert.match(cookie, /HttpOnly; Secure/)
  assert.match(cookie, /SameSite=Lax/)
  const r = await back(p, code, q.get('state'))
  assert.equal(r.headers.location, '/staff.html')
  const me = (await p.get('/api/session')).json
  assert.equal(me.staff.login, 'lin.wanqing')
  const auditor = await server.staff('peng.yiming')
  assert.equal((await auditor.get('/api/audit?verb=session.start&actor=lin.wanqing')).json.items[0].detail, 'how=oidc code=none')
  await refused(await back(p, code, q.get('state'))) // once
})

test('ES256 is taken too, and a list of audiences with azp', async () => {
  for (const b of [{ head: { alg: 'ES256', kid: 'e1' }, key: ec }, { claims: { aud: ['x', 'tongban'], azp: 'tongban' } }, { head: { alg: 'RS256', kid: undefined } }]) {
    bend = b
    const p = server.person(), { q, code } = await go(p)
    assert.equal((await back(p, code, q.get('state'))).headers.location, '/staff.html', JSON.stringify(b.head ?? b.claims))
  }
})

test('a token that is bent in any way opens nothing', async () => {
  for (const [name, b] of Object.entries({
    'no signature': { head: { alg: 'none' } }, 'signed with the public key as a secret': { head: { alg: 'HS256' } }, 'another’s key under our key’s name': { key: other },
    'an unknown key’s name': { head: { kid: 'zz' } }, 'an algorithm that is not the key’s': { head: { alg: 'ES256', kid: 'k1' }, key: ec }, 'a critical header': { head: { crit: ['x'] } },
    'another issuer': { claims: { iss: 'https://evil' } }, 'for another': { claims: { aud: 'other' } }, 'for several without azp': { claims: { aud: ['tongban', 'other'] } }, 'azp of another': { claims: { azp: 'other' } },
    expired: { claims: { exp: now() - 120 } }, 'from the future': { claims: { iat: now() + 600 } }, 'another nonce': { claims: { nonce: 'x'.repeat(43) } }, 'no nonce': { claims: { nonce: undefined } },
    'nobody here': { claims: { preferred_username: 'no.such' } }, 'no login': { claims: { preferred_username: undefined } }, 'a login of another shape': { claims: { preferred_username: "x' OR 1=1" } },
  })) {
    bend = b
    const p = server.person(), { q, code } = await go(p)
    await refused(await back(p, code, q.get('state')))
    assert.equal((await p.get('/api/session')).status, 401, name)
  }
  for (const token of [{ id_token: 'a.b' }, { id_token: 'a.b.c.d' }, { id_token: '' }, {}, [], { id_token: 'x'.repeat(20000) }]) {
    bend = { token }
    const p = server.person(), { q, code } = await go(p)
    assert.match((await back(p, code, q.get('state'))).headers.location, /sign_in=(unauthorised|upstream)$/)
  }
})

test('another’s state, another browser, a wrong code, an answer of refusal', async () => {
  const p = server.person(), mine = await go(p), thief = server.person(), theirs = await go(thief)
  await refused(await back(thief, mine.code, mine.q.get('state'))) // another browser's state: a forced sign-in
  await refused(await back(server.person(), theirs.code, theirs.q.get('state'))) // without the cookie
  await refused(await back(p, mine.code, ''))
  const fresh = await go(p)
  await refused(await back(p, theirs.code, fresh.q.get('state')), 'upstream') // a code of another: its verifier does not fit
  const again = await go(p)
  await refused(await p.get(`/api/sign-in/oidc/back?error=access_denied&state=${again.q.get('state')}`))
})

test('a provider that lies of itself, points elsewhere or is away changes nothing', async () => {
  const p = server.person()
  for (const discovery of [{ issuer: 'https://evil' }, { token_endpoint: undefined }, { authorization_endpoint: 'javascript:alert(1)' }]) {
    bend = { discovery }
    assert.equal((await p.get('/api/sign-in/oidc')).status, 502, JSON.stringify(discovery))
  }
  bend = {}
  const next = await go(p)
  bend = { discovery: { token_endpoint: 'http://127.0.0.1:9/token' } } // not the issuer's: the way out is closed
  await refused(await back(p, next.code, next.q.get('state')), 'forbidden')
  bend = { discovery: { jwks_uri: 'http://169.254.169.254/keys' } }
  const third = await go(p)
  await refused(await back(p, third.code, third.q.get('state')), 'invalid') // a cloud's metadata
  bend = {}
  const last = await go(p)
  provider.close()
  provider.closeAllConnections?.()
  await refused(await back(p, last.code, last.q.get('state')), 'upstream')
  assert.equal((await p.get('/api/sign-in/oidc')).status, 502)
})
