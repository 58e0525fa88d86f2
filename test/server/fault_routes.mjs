// Entries of fault.test.mjs for the routes of signing in, second persons, the trail's keeping, personal
// requests, egress and word lists. entriesOf(city) gives { 'METHOD path': make }: each make prepares what the
// request needs while nothing fails, and gives the request, which succeeds when nothing fails.
// city: { server, who, newcomer, colleague, ok, statement, next } as getters, for they are there only later.
import { PASSWORD, totp } from './lib.mjs'

const DAY = 24 * 3600 * 1000
const GATEWAY = '127.0.0.2'

// In force for the certificate's route: what a city writes into sign_in.yaml.
export const signInWays = `certificate:
  gateways: [${GATEWAY}]
  header: X-SSL-Client-Subject
  verified: X-SSL-Client-Verify
`

export function entriesOf(city) {
  const { ok, statement, next } = city
  const post = async (by, target, body) => ok(await by.post(target, body))

  // One clerk for all that is about second factors: it is taken off by hand before each try.
  let bound
  const member = async () => (bound ??= await city.colleague())
  const again = async (p) => {
    const q = city.server.person()
    q.csrf = (await post(q, '/api/session', { login: p.login, password: PASSWORD })).csrf
    return q
  }
  const without = async () => {
    const p = await member()
    for (const table of ['staff_totp', 'staff_recovery'])
      await statement(`DELETE FROM ${table} WHERE staff_id = (SELECT id FROM staff WHERE login = '${p.login}')`)
    return p
  }
  const begun = async () => {
    const p = await without()
    return { p, ...(await post(p, '/api/session/totp')) }
  }
  const enrolled = async () => {
    const { p, secret } = await begun()
    await post(p, '/api/session/totp/confirm', { code: totp(secret, Date.now() - 30000) })
    return { p, secret }
  }
  const approval = async () => (await post(city.who.auditor, '/api/approvals', exported())).id
  const exported = () => ({ kind: 'audit.export', object: '', detail: `from=&to=&verb=fault${next()}&actor=&object=`, reason: '按工作安排办理' })
  const outside = () => ({ host: `fault${next()}.example.cn`, port: 443, purpose: '测试', owner: '信息中心 王主任', until: new Date(Date.now() + 30 * DAY).toISOString().slice(0, 10), abroad: false })
  // As `tongban words import` leaves it, twice.
  const words = async () => {
    const name = `fault-${next()}`
    for (const version of [1, 2])
      await statement(`INSERT INTO word_list(name, version, kind, way, words, left_out, why, made_by, made_at) VALUES('${name}', ${version}, 'A.1 f', 'both', '黄铁矿暗号${version}', '', 'import', 'cli', 1)`)
    return name
  }
  const personal = (kind, subject) => ({ kind, way: 'value', subject, note: '窗口核验身份证原件' })

  // The desk's people are asked for once; each order is new.
  let desk
  const seat = async () => (desk ??= await city.server.staff('gu.min'))
  const form = () => ({ text: `第${next()}盏路灯坏了，请尽快修好`, place: '青溪路', phone: '13800138000' })
  const order = async () => (await post(city.who.citizen, '/api/orders', form())).receipt

  return {
    'POST /api/orders': async () => {
      const body = form()
      return () => city.who.citizen.post('/api/orders', body)
    },
    'POST /api/orders/check': async () => () => city.who.citizen.post('/api/orders/check', form()),
    'POST /api/orders/find': async () => {
      const receipt = await order()
      return () => city.who.citizen.post('/api/orders/find', { receipt, phone: '13800138000' })
    },
    'POST /api/orders/{receipt}/steps': async () => {
      const receipt = await order()
      return () => city.who.citizen.post(`/api/orders/${receipt}/steps`, { verb: 'urge' })
    },
    'POST /api/staff/orders': async () => {
      const by = await seat(), body = form()
      return () => by.post('/api/staff/orders', body)
    },
    'POST /api/staff/orders/{receipt}/reply-check': async () => {
      const by = await seat(), receipt = await order()
      return () => by.post(`/api/staff/orders/${receipt}/reply-check`, { reply: '路灯已修好。' })
    },
    'POST /api/staff/orders/import': async () => {
      const by = await seat(), bytes = `内容,地点,电话\n第${next()}盏路灯坏了，请尽快修好,青溪路,13800138000\n`
      return () => by.upload('/api/staff/orders/import', [{ name: 'a.csv', bytes }])
    },
    'POST /api/staff/orders/bulk': async () => {
      const by = await seat(), receipt = await order()
      return () => by.post('/api/staff/orders/bulk', { items: [{ receipt, version: 1 }], step: { verb: 'dispatch', department: 'zhujian' } })
    },
    'POST /api/staff/orders/{receipt}/steps': async () => {
      const by = await seat(), receipt = await order()
      return () => by.post(`/api/staff/orders/${receipt}/steps`, { verb: 'answer', version: 1, reply: '您好，已转维修班组。' })
    },
    'POST /api/sign-in/certificate': async () => {
      const { login } = await city.newcomer()
      return () => city.server.person({ from: GATEWAY }).post('/api/sign-in/certificate', {}, { 'x-ssl-client-subject': `CN=${login},O=mingchuan`, 'x-ssl-client-verify': 'SUCCESS' })
    },
    'POST /api/session/totp': async () => {
      const p = await without()
      return () => p.post('/api/session/totp')
    },
    'POST /api/session/totp/confirm': async () => {
      const { p, secret } = await begun()
      return () => p.post('/api/session/totp/confirm', { code: totp(secret) })
    },
    'POST /api/session/totp/remove': async () => {
      const { p, secret } = await enrolled()
      return () => p.post('/api/session/totp/remove', { code: totp(secret) })
    },
    'POST /api/session/code': async () => {
      const { p, secret } = await enrolled(), q = await again(p)
      return () => q.post('/api/session/code', { code: totp(secret) })
    },
    'DELETE /api/session/list/{id}': async () => {
      const p = await without()
      await again(p)
      const { items } = ok(await p.get('/api/session/list'))
      return () => p.delete(`/api/session/list/${items.find((s) => !s.current).id}`)
    },
    'DELETE /api/users/{login}/sessions/{id}': async () => {
      const p = await without()
      await again(p)
      const mine = ok(await p.get('/api/session/list')).items.find((s) => !s.current)
      return () => city.who.officer.delete(`/api/users/${p.login}/sessions/${mine.id}`)
    },
    'POST /api/users/{login}/totp': async () => { // the last of the clerk's: it ends every session
      const { p } = await enrolled()
      return () => city.who.officer.post(`/api/users/${p.login}/totp`)
    },
    'PUT /api/access/rules': async () => {
      ok(await city.who.officer.put('/api/access/rules', { purpose: true }))
      return () => city.who.officer.put('/api/access/rules', { purpose: false })
    },
    'POST /api/approvals': async () => {
      const body = exported()
      return () => city.who.auditor.post('/api/approvals', body)
    },
    ...Object.fromEntries(['confirm', 'refuse'].map((verb) => [`POST /api/approvals/{id}/${verb}`, async () => {
      const id = await approval()
      return () => city.who.officer.post(`/api/approvals/${id}/${verb}`)
    }])),
    'POST /api/purpose': async () => () => city.who.auditor.post('/api/purpose', { kind: 'audit', note: '三季度例行抽查投诉' }),
    'PUT /api/departments/{id}': async () => {
      ok(await city.who.officer.put('/api/departments/minzheng', { parent: 'renshe' }))
      return () => city.who.officer.put('/api/departments/minzheng', { parent: '' })
    },
    'PUT /api/audit/hold': async () => {
      ok(await city.who.auditor.put('/api/audit/hold', { held: true, reason: '案件办结前保留' }))
      return () => city.who.auditor.put('/api/audit/hold', { held: false })
    },
    'POST /api/personal': async () => () => city.who.officer.post('/api/personal', personal('find', '13800138000')),
    'POST /api/personal/{receipt}/carry': async () => {
      const contact = `139${String(next()).padStart(8, '0')}`
      await post(city.who.citizen, '/api/handoffs', { question: `第${next()}件事找谁办`, contact })
      const { receipt, found } = await post(city.who.officer, '/api/personal', personal('erase', contact))
      if (found.length !== 1) throw new Error(`${found.length} found`)
      return () => city.who.officer.post(`/api/personal/${receipt}/carry`)
    },
    'POST /api/mail/{id}/sign': async () => () => city.who.officer.post('/api/mail/incident/sign'),
    'POST /api/words': async () => () => city.who.officer.post('/api/words', { name: `故障${city.next()}`, kind: 'A.1 f', words: '黄铁矿暗号甲' }),
    'PUT /api/limits': async () => () => city.who.admin.put('/api/limits', { person: { burst: 200 + city.next(), per_second: 2 } }),
    'POST /api/limits/undo': async () => {
      await city.who.admin.put('/api/limits', { person: { burst: 300 + city.next(), per_second: 2 } })
      return () => city.who.admin.post('/api/limits/undo')
    },
    'POST /api/egress': async () => {
      const entry = outside()
      return () => city.who.officer.post('/api/egress', entry)
    },
    'POST /api/egress/{id}/end': async () => {
      const { id } = await post(city.who.officer, '/api/egress', outside())
      return () => city.who.officer.post(`/api/egress/${id}/end`)
    },
    ...Object.fromEntries(['undo', 'drop'].map((verb) => [`POST /api/words/{name}/${verb}`, async () => {
      const name = await words()
      return () => city.who.officer.post(`/api/words/${name}/${verb}`)
    }])),
  }
}
