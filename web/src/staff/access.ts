// 二次验证, 登录情况, 双人确认, 用途, 访问规则: what the pages share.
import { ref } from 'vue'
import { ApiError, api } from '../shared/http'
import type { List } from '../shared/types'

export interface SessionRow { id: number; created_at: string; seen_at: string; address: string; how: 'password' | 'ldap' | 'oidc' | 'certificate'; second: boolean; current: boolean }
export const HOW = { password: '密码', ldap: '目录账号', oidc: '统一认证', certificate: '国密证书' } as const
export interface Totp { enabled: boolean; recovery_left: number }
export interface TotpSecret { secret: string; uri: string; dots: string[] }
export interface Rules { totp_roles: string[]; dual: boolean; purpose: boolean; password: boolean }
/** As the server writes them: what is confirmed is this text and no other. */
export const rulesText = (r: Rules): string => JSON.stringify({ totp_roles: ROLES.map((x) => x[0]).filter((x) => r.totp_roles.includes(x)), dual: r.dual, purpose: r.purpose, password: r.password })
export const ROLES = [['clerk', '坐席员'], ['guardian', 'AI监护人'], ['department_admin', '部门管理员'], ['auditor', '安全审计员'], ['security_officer', '安全保密员'], ['system_admin', '系统管理员']] as const
export const roleTitle = (role: string): string => ROLES.find((r) => r[0] === role)?.[1] ?? role

export interface Approval {
  id: number; kind: string; kind_title: string; object: string; detail: string; reason: string
  state: 'waiting' | 'confirmed' | 'refused' | 'used' | 'done' | 'emergency' | 'expired'
  asked_by: string; asked_name: string; asked_at: string; expires_at: string; decided_by: string; decided_name: string
  decided_at: string | null; used_at: string | null; mine: boolean; may_decide: boolean
}
export const STATES = { waiting: '等待确认', confirmed: '已确认，可办理', refused: '不同意', used: '已办理', done: '已办理', emergency: '紧急操作', expired: '已过期' } as const
export const askSecond = (kind: string, object: string, detail: string, reason: string): Promise<{ id: number }> => api.post('/api/approvals', { kind, object, detail, reason })
export const approvals = (): Promise<List<Approval>> => api.get('/api/approvals')

/** Is a second person asked for? Without the right to know, the server says so when it refuses. */
export async function needsSecond(): Promise<boolean> {
  return (await api.get<Rules>('/api/access/rules').catch(() => null))?.dual ?? false
}

export interface Purpose { needed: boolean; until: string | null; kinds: { name: string; title: string }[] }
/** Set: the dialog is open, and what was to be read is read once a purpose was said. */
export const purposeAsked = ref<{ kinds: Purpose['kinds']; go: () => unknown } | null>(null)

/** Reads something sensitive; where a purpose has to be said first, asks for it. False: not read yet. */
export async function forPurpose(read: () => Promise<unknown>): Promise<boolean> {
  try {
    await read()
    return true
  } catch (e) {
    if (!(e instanceof ApiError) || e.status !== 403) throw e
    const p = await api.get<Purpose>('/api/purpose').catch(() => null)
    if (!p?.needed || p.until) throw e
    purposeAsked.value = { kinds: p.kinds, go: read }
    return false
  }
}
