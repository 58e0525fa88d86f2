// What the use of models says, in a sentence, and the chart that shows it.
import type { EChartsCoreOption } from 'echarts/core'
import type { ChartTable } from './ChartBox.vue'
import { big, percent } from './gateway'
import type { Usage, UsageBy, UsageRow } from './types'

export const BYS: readonly [UsageBy, string][] = [['day', '按天'], ['hour', '按小时'], ['department', '按部门'], ['key', '按应用'], ['model', '按模型'], ['engine', '按引擎']]
export const MEASURES = [['tokens', 'token', 'token'], ['cost_yuan', '费用', '元'], ['requests', '请求', '次']] as const
export type Measure = (typeof MEASURES)[number][0]
export const yuan = (v: number): string => (v >= 10_000 ? `${big(v)} 元` : `${v > 0 && v < 0.01 ? String(Math.max(0.0001, Math.round(v * 1e4) / 1e4)) : v.toFixed(2)} 元`)
const shown = (m: Measure, v: number): string => (m === 'cost_yuan' ? yuan(v) : big(v))
const isTime = (by: UsageBy): boolean => by === 'day' || by === 'hour'
export const nameOf = (by: UsageBy, r: UsageRow): string => r.name || (by === 'key' ? (r.id === '0' || !r.id ? '密钥无效的请求' : `密钥 ${r.id}`) : by === 'department' ? r.id || '密钥无效的请求' : r.id || '没有到引擎')
const label = (by: UsageBy, r: UsageRow): string => (by === 'day' ? r.id.slice(5).replace('-', '/') : by === 'hour' ? r.id.slice(5, 16).replace('-', '/').replace('T', ' ') : nameOf(by, r))

const spoken = (by: UsageBy, r: UsageRow): string => `${Number(r.id.slice(5, 7))}月${Number(r.id.slice(8, 10))}日${by === 'hour' ? ` ${Number(r.id.slice(11, 13))} 时` : ''}`

function finding(u: Usage, m: Measure, rows: UsageRow[]): string {
  const most = [...rows].sort((a, b) => b[m] - a[m])[0]
  const what = MEASURES.find(([n]) => n === m)![1]
  if (!most || !most[m]) return '这段时间没有用过模型'
  if (isTime(u.by)) return `${spoken(u.by, most)}用得最多，${shown(m, most[m])}${m === 'cost_yuan' ? '' : ' ' + MEASURES.find(([n]) => n === m)![2]}`
  return rows.length === 1 ? `只有 ${nameOf(u.by, most)} 用过` : `${nameOf(u.by, most)}的${what === 'token' ? ' token ' : what}最多，占 ${percent(most[m], u.total[m])}`
}

/** Every day or hour of the range, those without use too: a line that jumps over them lies. */
export function steps(u: Usage): UsageRow[] {
  if (!isTime(u.by)) return u.items
  const known = new Map(u.items.map((r) => [r.id, r]))
  const zero = { name: '', requests: 0, errors: 0, estimated: 0, prompt_tokens: 0, cached_tokens: 0, answer_tokens: 0, reasoning_tokens: 0, tokens: 0, cost_yuan: 0 }
  const out: UsageRow[] = []
  const step = u.by === 'day' ? 86_400_000 : 3_600_000
  for (let t = Date.parse(u.from + 'T00:00Z'); t < Date.parse(u.to + 'T00:00Z') + 86_400_000; t += step) {
    const iso = new Date(t).toISOString()
    const id = u.by === 'day' ? iso.slice(0, 10) : u.items[0]?.id.includes('T') ? iso.slice(0, 16) : iso.slice(0, 16).replace('T', ' ')
    out.push(known.get(id) ?? { id, ...zero })
  }
  return out
}

export interface UsageChart { title: string; unit: string; option: EChartsCoreOption; table: ChartTable; bars?: number }
export function chart(u: Usage, m: Measure): UsageChart {
  const rows = steps(u), unit = MEASURES.find(([n]) => n === m)![2], title = finding(u, m, rows)
  const table = { head: ['项目', unit], rows: rows.map((r) => [label(u.by, r), shown(m, r[m])]) }
  const round = (v: number): number => Math.round(v * 10_000) / 10_000
  if (isTime(u.by))
    return {
      title, unit: `${unit} / ${u.by === 'day' ? '天' : '小时'}`, table,
      option: {
        grid: { left: 8, right: 16, top: 16, bottom: 8, containLabel: true }, tooltip: { trigger: 'axis' },
        xAxis: { type: 'category', data: rows.map((r) => label(u.by, r)) }, yAxis: { type: 'value', axisLabel: { formatter: (v: number) => big(v) } },
        series: [{ name: unit, type: 'bar', barMaxWidth: 28, data: rows.map((r) => round(r[m])), itemStyle: { borderRadius: [4, 4, 0, 0] } }],
      },
    }
  const most = [...rows].sort((a, b) => b[m] - a[m]).slice(0, 20).reverse()
  return {
    title, unit: rows.length > 20 ? `${unit}，最多的 20 项` : unit, table, bars: most.length,
    option: {
      grid: { left: 8, right: 72, top: 8, bottom: 8, containLabel: true }, tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' } },
      xAxis: { type: 'value', axisLabel: { show: false }, splitLine: { show: false } },
      yAxis: { type: 'category', data: most.map((r) => label(u.by, r)), axisLabel: { width: innerWidth < 600 ? 110 : 220, overflow: 'truncate' }, axisLine: { show: false } },
      series: [{ name: unit, type: 'bar', barMaxWidth: 18, data: most.map((r) => round(r[m])), itemStyle: { borderRadius: [0, 4, 4, 0] }, label: { show: true, position: 'right', color: 'inherit', formatter: (p: { value: number }) => (m === 'cost_yuan' ? yuan(p.value) : big(p.value)) } }],
    },
  }
}

export type Range = Record<'from' | 'to', string>
const back = (today: string, days: number): string => new Date(Date.parse(today) - days * 86_400_000).toISOString().slice(0, 10)
export const ranges = (today: string): [string, Range][] => [
  ['今天', { from: today, to: today }], ['最近 7 天', { from: back(today, 6), to: today }], ['最近 30 天', { from: back(today, 29), to: today }], ['本月', { from: today.slice(0, 8) + '01', to: today }],
]
