// 数智员工: the API's shapes, and the words of its page.
import type { EChartsCoreOption } from 'echarts/core'
import type { Clause } from '../shared/types'
import type { ChartTable } from './ChartBox.vue'

export interface Keeper { login: string; name: string; able: boolean; away: boolean }
export interface Hours { days: number[]; from: string; to: string }
export interface EmployeeForm {
  name: string; about: string; category: string; department: string; scenarios: string[]; serves: string[]; knowledge: string[]; checks: string[]
  guardian: string; deputy: string; sensitivity: 'low' | 'medium' | 'high'; priority: 'hotline' | 'window' | 'staff' | 'batch'; prompt: string; hours: Hours[]
  personal: 'mask' | 'refuse' | 'allow'; personal_reason: string
}
export interface Figures {
  asked: number; answered: number; standard: number; not_found: number; referred: number; handed_over: number; corrected: number; incidents: number
  judged: number; useful: number; not_useful: number; tokens: number; cost_yuan: number
  agreement: number | null; unsupported: number | null; refusals_right: number | null; satisfaction: number | null
}
export type Phase = 'trial' | 'internal' | 'public'
export interface EmployeeItem {
  key: string; form: EmployeeForm; name: string; category_title: string; department_name: string; check_titles: string[]
  guardian: Keeper | null; deputy: Keeper | null; phase: Phase; phase_title: string; phase_since: string | null; sensitivity_title: string; personal_title: string
  off: boolean; off_reason: string; duty: 'ready' | 'off' | 'no_guardian' | 'guardian_away' | 'after_hours'; duty_title: string
  revision: number; updated_at: string | null; record: Figures
}
export interface GateLine { name: string; title: string; is: number | null; need: number; most: boolean; ok: boolean }
export interface Step {
  id: number; from_title: string; to: Phase; to_title: string; kind: 'file' | 'form' | 'fall'; state: 'waiting' | 'done' | 'withdrawn'; reason: string
  guardian_name: string; guardian_at: string | null; admin_name: string; admin_at: string | null; created_at: string; done_at: string | null
}
export interface Change { id: number; revision: number; by_name: string; reason: string; undone: boolean; created_at: string; before: Partial<EmployeeForm>; after: Partial<EmployeeForm> }
export interface DayRow { day: string; asked: number; handed_over: number; judged: number; agreed: number }
export interface Employee extends EmployeeItem {
  days: DayRow[]; gate: { to: Phase; to_title: string; passed: boolean; lines: GateLine[] } | null; steps: Step[]; changes: Change[]
  keepers: { login: string; name: string; department_name: string }[]
  may: { change: boolean; stop: boolean; start: boolean; sign_guardian: boolean; sign_admin: boolean; judge: boolean }
}
export interface Said { receipt: string; question: string; answer: string; outcome: string; clauses: Clause[]; created_at: string; agrees: boolean | null }
export interface Sibling { id: number; receipt: string; standard: boolean; question: string; answer: string; why_title: string; state: 'open' | 'kept' | 'corrected' }
export interface Correction { id: number; receipt: string; kind: 'standard' | 'note'; text: string; question: string; answer: string; consent: boolean; by_name: string; created_at: string; open: number; siblings: Sibling[] }
export interface LeaveRow { id: number; login: string; name: string; from: string; to: string; reason: string }

export const DUTY = { ready: 'success', off: 'info', no_guardian: 'danger', guardian_away: 'warning', after_hours: 'info' } as const
export const PHASES: readonly [Phase, string][] = [['trial', '试用'], ['internal', '内部使用'], ['public', '对外服务']]
export const percent = (v: number | null): string => (v === null ? '—' : `${Math.round(v * 100)}%`)
export const yuan = (v: number): string => (v ? `${v < 0.01 ? v.toFixed(4) : v.toFixed(2)} 元` : '0 元')
const WEEK = ['一', '二', '三', '四', '五', '六', '日']
export const hoursWords = (l: Hours[]): string => (l.length ? l.map((h) => `周${h.days.map((d) => WEEK[d - 1]).join('、')} ${h.from}—${h.to}`).join('；') : '全天')
/** A gate's line as people say it: 0.85 of agreement is 85%, 30 answers are 30. */
export const figure = (l: GateLine, v: number | null): string => (v === null ? '还没有' : /tried|judged/.test(l.name) ? String(Math.round(v)) : `${Math.round(v * 100)}%`)

const FIELD: Record<string, string> = {
  name: '名称', about: '说明', serves: '负责的部门', knowledge: '知识库', checks: '核对', guardian: '监护人', deputy: '代理监护人', sensitivity: '敏感程度', priority: '优先级', personal: '个人信息', personal_reason: '放行理由', prompt: '提示词', hours: '服务时间',
}
const plain = (v: unknown): string => (Array.isArray(v) ? (v.length ? v.map((x) => (typeof x === 'object' ? hoursWords([x as Hours]) : String(x))).join('、') : '空') : String(v || '空'))
/** What a change changed, one line each. */
export function differences(c: Change): string[] {
  return Object.keys(FIELD).filter((k) => JSON.stringify(c.before[k as keyof EmployeeForm]) !== JSON.stringify(c.after[k as keyof EmployeeForm]) && k in c.before)
    .map((k) => `${FIELD[k]}：${plain(c.before[k as keyof EmployeeForm])} → ${plain(c.after[k as keyof EmployeeForm])}`)
}

interface ChartProps { title: string; unit: string; option: EChartsCoreOption; table: ChartTable }
const GRID = { left: 8, right: 16, top: 40, bottom: 8, containLabel: true }
const axis = (e: Employee) => ({ type: 'category', data: e.days.map((d) => d.day.slice(5).replace('-', '/')) })

export function asked(e: Employee): ChartProps {
  const r = e.record
  return {
    title: r.asked ? `近 30 天答了 ${r.asked} 次，${r.handed_over} 次转给人工` : '近 30 天还没有人问到它', unit: '次 / 天',
    option: {
      grid: GRID, tooltip: { trigger: 'axis' }, legend: { top: 0, right: 0, icon: 'roundRect' }, xAxis: axis(e), yAxis: { type: 'value', minInterval: 1 },
      series: [
        { name: '问了', type: 'line', showSymbol: false, lineStyle: { width: 3 }, areaStyle: { opacity: .1 }, data: e.days.map((d) => d.asked) },
        { name: '转人工', type: 'line', showSymbol: false, lineStyle: { width: 2, type: 'dashed' }, data: e.days.map((d) => d.handed_over) },
      ],
    },
    table: { head: ['日期', '问了', '转人工'], rows: [...e.days].reverse().map((d) => [d.day, d.asked, d.handed_over]) },
  }
}

export function agreement(e: Employee): ChartProps {
  const r = e.record
  return {
    title: r.agreement === null ? '监护人还没有看过它的回答' : `监护人认可 ${percent(r.agreement)} 的回答`, unit: '条 / 天',
    option: {
      grid: GRID, tooltip: { trigger: 'axis' }, legend: { top: 0, right: 0, icon: 'roundRect' }, xAxis: axis(e), yAxis: { type: 'value', minInterval: 1 },
      series: [
        { name: '认可', type: 'bar', stack: 'a', data: e.days.map((d) => d.agreed) },
        { name: '不认可', type: 'bar', stack: 'a', itemStyle: { decal: { symbol: 'rect' } }, data: e.days.map((d) => d.judged - d.agreed) },
      ],
    },
    table: { head: ['日期', '看过', '认可'], rows: [...e.days].reverse().map((d) => [d.day, d.judged, d.agreed]) },
  }
}
