// 诉求: the form as the server reads it (docs/api.md), kept on this device until it is sent.
import { api } from '../shared/http'
import { forget, keep, kept } from '../shared/device'

export interface OrderForm { title: string; text: string; wanted: string; happened: string; place: string; name: string; phone: string; kind: string; secret: boolean }
export interface Missing { field: keyof OrderForm; ask: string; must: boolean }
export interface OwnStep { at: string; verb: string; title: string; state_title: string; department_name: string }
export interface OwnOrder {
  receipt: string; state: string; state_title: string; title: string; text: string; place: string; department_name: string; merged_into: string
  reply: string; replied_by: string; answered_at: string | null; created_at: string; due_at: string | null; satisfaction: number; may: string[]; steps: OwnStep[]
}
export interface OrderMade { receipt: string; query_code: string; again: boolean; urgent: boolean; message: string; order: OwnOrder }

const EMPTY: OrderForm = { title: '', text: '', wanted: '', happened: '', place: '', name: '', phone: '', kind: '', secret: false }
export const FIELDS: readonly { field: keyof OrderForm; title: string; hint: string; auto?: string; mode?: 'tel' }[] = [
  { field: 'place', title: '在哪里', hint: '区、街道、小区或路口' },
  { field: 'happened', title: '什么时候', hint: '可以不写' },
  { field: 'wanted', title: '希望怎么解决', hint: '可以不写' },
  { field: 'name', title: '怎么称呼您', hint: '可以不写', auto: 'name' },
  { field: 'phone', title: '联系电话', hint: '只给办理的人看', auto: 'tel', mode: 'tel' },
]

export const draftOf = (): OrderForm => ({ ...EMPTY, ...kept<Partial<OrderForm>>('order-draft', {}) })
export const keepDraft = (f: OrderForm): void => keep('order-draft', f)
/** What was said in a talk becomes the beginning of a form: 边聊边填. */
export function beginFrom(words: string[]): void {
  keepDraft({ ...EMPTY, text: words.filter(Boolean).join('\n') })
  forget('order-key')
}
/** One number for one form, however often it is sent. */
function keyOf(): string {
  const had = kept('order-key', '')
  if (had) return had
  const made = Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join('')
  keep('order-key', made)
  return made
}
export const check = (f: OrderForm): Promise<{ form: OrderForm; missing: Missing[] }> => api.post('/api/orders/check', f)
export async function sendOrder(f: OrderForm): Promise<OrderMade> {
  const made = await api.post<OrderMade>('/api/orders', { ...f, key: keyOf() })
  forget('order-draft', 'order-key')
  return made
}
export const ownOrders = async (): Promise<OwnOrder[]> => (await api.get<{ items: OwnOrder[] }>('/api/orders/mine')).items
export const findOrder = (receipt: string, phone: string): Promise<OwnOrder> => api.post('/api/orders/find', { receipt, phone })
export const stepOwn = (receipt: string, body: Record<string, unknown>): Promise<OwnOrder> => api.post(`/api/orders/${encodeURIComponent(receipt)}/steps`, body)
