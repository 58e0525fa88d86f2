// 热线: the shapes the seat's pages read, and what their words mean.
import { api, query } from '../shared/http'

export interface OrderLine {
  receipt: string; state: string; state_title: string; version: number; source: string; secret: boolean
  class1: string; class2: string; class3: string; kind: string; kind_title: string; urgency: number; urgency_title: string
  department: string; department_name: string; supervised: boolean; escalated: number; merged_into: string; votes: number; satisfaction: number
  district: string; street: string; community: string; x: number | null; y: number | null
  created_at: string; due_at: string | null; accept_by: string | null; answered_at: string | null; closed_at: string | null; late: boolean; title: string
}
export interface OrderStepDone { at: string; verb: string; title: string; state_title: string; by: string; reason: string; department_name: string }
export interface Choice { value: string; name?: string; sure: number; certain: boolean; words: string[] }
export interface Verdict {
  class1: Choice; class2: Choice; class3: Choice; kind: Choice; department: Choice; urgency: Choice; mood: Choice
  duty: string; duty_at: string; candidates: { value: string; sure: number }[]; helpers: string[]; accused: string
  deadline: string; deadline_days: number; parts: { text: string; class1: string; department: string }[]
  person: boolean; person_at_once: boolean; person_why: string; repeat: boolean; secret: boolean
}
export interface OrderVerb { verb: string; title: string; reason: boolean }
export interface Order extends OrderLine {
  text: string; wanted: string; happened: string; place: string; asker: { name: string; phone: string } | null; helpers: string[]; verdict: Verdict | null
  reply: string; replied_by: string; satisfaction_reason: string; warning: string; may: OrderVerb[]; steps: OrderStepDone[]; merged: OrderLine[]
}
export interface Board {
  desk: boolean; warning: string; states: { state: string; title: string; n: number }[]
  departments: { department: string; name: string; open: number; late: number; supervised: number; returned: number }[]
}
export interface BulkDone { items: { receipt: string; done: boolean; message: string }[]; total: number }

export const KINDS = [['inquiry', '咨询'], ['help', '求助'], ['complaint', '投诉'], ['tip', '举报'], ['suggestion', '建议']] as const
export const URGENCIES = ['一般', '较急', '紧急', '特急'] as const
export const SOURCES: Record<string, string> = { page: '网页', talk: '智能问答', api: '接口', staff: '登记', phone: '电话', import: '导入', mail: '邮件' }
export const STATES = [['', '没办完的'], ['intake', '待分拨'], ['dispatched', '待签收'], ['returned', '退单'], ['in_work', '办理中'], ['signing', '待签发'], ['answered', '已答复'], ['all', '全部']] as const

export const orderPath = (receipt: string): string => '/api/staff/orders/' + encodeURIComponent(receipt)
export const openOrder = (receipt: string): Promise<Order> => api.get(orderPath(receipt))
export const stepOrder = (o: { receipt: string; version: number }, verb: string, more: Record<string, unknown> = {}): Promise<Order> =>
  api.post(orderPath(o.receipt) + '/steps', { verb, version: o.version, ...more })
export const listOrders = (q: Record<string, string | number | undefined>): Promise<{ items: OrderLine[]; total: number; next: string }> => api.get('/api/staff/orders' + query(q))
export const bulk = (items: { receipt: string; version: number }[], step: Record<string, unknown>): Promise<BulkDone> => api.post('/api/staff/orders/bulk', { items, step })
export const placeOf = (o: OrderLine): string => [o.district, o.street, o.community].filter(Boolean).join(' ')
export const percent = (sure: number): string => Math.round(sure * 100) + '%'
/** What the seat's one key sends: the triage's department, or the one a number chose. */
export function suggested(o: Order): string[] {
  const v = o.verdict
  if (!v) return []
  return [...new Set([v.department.value, ...v.candidates.map((c) => c.value)].filter(Boolean))].slice(0, 3)
}
