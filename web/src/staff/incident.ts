// 预警与处置: the API's shapes and the words of its page.
export type IncidentState = 'open' | 'handling' | 'resolved' | 'reviewed'
export interface IncidentStep { text: string; done_by: string; done_at: string | null }
export interface Incident {
  number: string; rule: string; subject: string; title: string; severity: 'high' | 'medium' | 'low'; severity_title: string
  state: IncidentState; state_title: string; employee_name: string; owner_title: string; owner_name: string; seen: number
  steps: IncidentStep[]; review: string; opened_at: string; last_at: string; resolved_at: string | null; reviewed_at: string | null; may_handle: boolean
  events?: { at: string; by_name: string; kind: string; text: string }[]
}
export const KIND = { high: 'danger', medium: 'warning', low: 'info' } as const
export const STATES: readonly [string, string][] = [['active', '没处置完的'], ['resolved', '待复盘'], ['reviewed', '已复盘'], ['', '全部']]
export const DEED: Record<string, string> = { open: '预警', again: '又发生', take: '接手', note: '记录', step: '完成一步', resolve: '处置完', review: '复盘', reopen: '重新处置' }
