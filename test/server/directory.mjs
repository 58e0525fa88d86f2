// A directory for tests that speaks enough of LDAP (RFC 4511): simple binds and searches, over BER, as
// a script says. entries: { dn: { uid, password } }; searcher: { dn, password }. `filters` is what came.
import net from 'node:net'
import tls from 'node:tls'

const tlv = (tag, ...parts) => {
  const body = Buffer.concat(parts.map((p) => (typeof p === 'string' ? Buffer.from(p) : p)))
  const n = body.length
  const length = n < 128 ? [n] : n < 256 ? [0x81, n] : [0x82, n >> 8, n & 255]
  return Buffer.concat([Buffer.from([tag, ...length]), body])
}
function read(b, at = 0) {
  if (b.length < at + 2) return null
  let n = b[at + 1], head = 2
  if (n & 0x80) {
    head += n & 0x7f
    if (b.length < at + head) return null
    n = [...b.subarray(at + 2, at + head)].reduce((v, x) => v * 256 + x, 0)
  }
  if (b.length < at + head + n) return null
  return { tag: b[at], body: b.subarray(at + head, at + head + n), end: at + head + n }
}
function all(b) {
  const out = []
  for (let at = 0, x; (x = read(b, at)); at = x.end) out.push(x)
  return out
}
// As text, values in angle brackets, so that a test sees what was one value and what was a filter.
const filterText = (f) => {
  const kids = all(f.body)
  if (f.tag === 0xa3) return `${kids[0].body}=<${kids[1].body}>`
  if (f.tag === 0x87) return `${f.body}=*`
  return `${{ 0xa0: '&', 0xa1: '|', 0xa2: '!', 0xa4: 'substrings' }[f.tag]}(${kids.map(filterText).join(' ')})`
}

// secure: { key, cert }: ldaps, or `start: true` for StartTLS (RFC 4511, 4.14): `tls` counts sessions that were encrypted.
export function startDirectory({ entries = {}, searcher = { dn: '', password: '' }, secure } = {}) {
  const d = { entries, searcher, filters: [], binds: [], mode: 'well', sockets: new Set(), tls: 0 }
  const result = (tag, code) => tlv(tag, tlv(0x0a, Buffer.from([code])), tlv(0x04), tlv(0x04))
  function answer(op, bound) {
    const f = all(op.body)
    if (op.tag === 0x60) {
      const dn = String(f[1].body), password = String(f[2].body)
      d.binds.push(dn)
      bound.ok = (dn === d.searcher.dn && password === d.searcher.password) || (password !== '' && d.entries[dn]?.password === password) || password === ''
      return [result(0x61, bound.ok ? 0 : 49)]
    }
    if (op.tag !== 0x63) return []
    d.filters.push(filterText(f[6]))
    const uid = f[6].tag === 0xa3 ? String(all(f[6].body)[1].body) : undefined
    const found = Object.entries(d.entries).filter(([, e]) => e.uid === uid).map(([dn]) => tlv(0x64, tlv(0x04, dn), tlv(0x30)))
    return [...found, result(0x65, 0)]
  }
  const talk = (s) => {
    let held = Buffer.alloc(0)
    const bound = {}
    d.sockets.add(s)
    s.on('error', () => {}).on('close', () => d.sockets.delete(s))
    s.on('data', (x) => {
      if (d.mode === 'silent') return
      if (d.mode === 'garbage') return s.end('HTTP/1.1 400 no\r\n\r\n')
      held = Buffer.concat([held, x])
      for (let m; (m = read(held)); held = held.subarray(m.end)) {
        const [id, op] = all(m.body)
        if (op.tag === 0x42) return s.end()
        if (op.tag === 0x77 && secure?.start) {
          s.write(tlv(0x30, tlv(0x02, id.body), result(0x78, 0)))
          s.removeAllListeners('data')
          return encrypted(new tls.TLSSocket(s, { isServer: true, ...secure }))
        }
        for (const a of answer(op, bound)) s.write(tlv(0x30, tlv(0x02, id.body), a))
      }
    })
  }
  const encrypted = (s) => {
    s.once('secure', () => d.tls++).once('secureConnection', () => d.tls++)
    talk(s)
  }
  const server = secure && !secure.start ? tls.createServer(secure, (s) => { d.tls++; talk(s) }).on('tlsClientError', () => {}) : net.createServer(talk)
  return new Promise((ready) => server.listen(0, '127.0.0.1', () => {
    d.port = server.address().port
    d.url = `ldap://127.0.0.1:${d.port}`
    d.close = () => { server.close(); for (const s of d.sockets) s.destroy() }
    ready(d)
  }))
}
