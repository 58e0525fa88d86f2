// What the figures say, in a sentence; and the charts that show it.
import type { EChartsCoreOption } from 'echarts/core'
import type { ChartTable } from './ChartBox.vue'
import type { Overview } from './types'
import { endingTitle } from './verbs'

interface ChartProps { title: string; unit: string; option: EChartsCoreOption; table: ChartTable; bars?: number }
const sum = (l: number[]): number => l.reduce((a, b) => a + b, 0)
export const share = (part: number, whole: number): number => (whole ? Math.round((part / whole) * 100) : 0)
export const seconds = (ms: number | null): string => (!ms ? '—' : ms < 1000 ? `${Math.max(1, Math.round(ms))} 毫秒` : `${(ms / 1000).toFixed(1)} 秒`)

export function headline(o: Overview, waiting: number | undefined): string {
  const red = o.parts.filter((p) => p.state === 'red').map((p) => p.title)
  const said = [o.today.asked ? `今天 ${o.today.asked} 个问题，${share(o.today.answered, o.today.asked)}% 有依据答出` : '今天还没有人问']
  if (waiting) said.push(`${waiting} 件等人回复`)
  if (red.length) said.push(`${red.join('、')}要处理`)
  return said.join('；') + '。'
}

/** Today against the same count of the days before, without today. */
export function against(o: Overview): string {
  const before = o.days.slice(-8, -1).map((d) => d.asked)
  const mean = before.length ? sum(before) / before.length : 0
  if (!mean) return '还没有前几天的数'
  const diff = Math.round(((o.today.asked - mean) / mean) * 100)
  return diff === 0 ? '和前 7 天一样' : `比前 7 天的平均${diff > 0 ? '多' : '少'} ${Math.abs(diff)}%`
}

export function knowledge(o: Overview): string {
  const k = o.knowledge
  if (k.proposed) return `${k.proposed} 件文件等着确认`
  return k.expiring_90d ? `${k.expiring_90d} 件文件 90 天内到期` : `${k.in_force} 件文件现行有效`
}

const GRID = { left: 8, right: 16, top: 40, bottom: 8, containLabel: true }

export function daily(o: Overview): ChartProps {
  const week = sum(o.days.slice(-7).map((d) => d.asked)), last = sum(o.days.slice(-14, -7).map((d) => d.asked))
  const diff = last ? Math.round(((week - last) / last) * 100) : 0
  const change = !last ? '' : diff === 0 ? '，和上一周一样' : `，比上一周${diff > 0 ? '多' : '少'} ${Math.abs(diff)}%`
  return {
    title: week ? `最近 7 天问了 ${week} 次${change}` : '最近 7 天还没有人问', unit: '次 / 天',
    option: {
      grid: GRID, tooltip: { trigger: 'axis' }, legend: { top: 0, right: 0, icon: 'roundRect' },
      xAxis: { type: 'category', data: o.days.map((d) => d.day.slice(5).replace('-', '/')) }, yAxis: { type: 'value', minInterval: 1 },
      series: [
        { name: '问了', type: 'line', smooth: .3, symbolSize: 6, showSymbol: false, lineStyle: { width: 3 }, areaStyle: { opacity: .1 }, data: o.days.map((d) => d.asked) },
        { name: '没有找到', type: 'line', smooth: .3, showSymbol: false, lineStyle: { width: 2, type: 'dashed' }, data: o.days.map((d) => d.not_found) },
        { name: '有依据答出', type: 'line', smooth: .3, showSymbol: false, lineStyle: { width: 2 }, data: o.days.map((d) => d.answered) },
      ],
    },
    table: { head: ['日期', '问了', '有依据答出', '没有找到'], rows: [...o.days].reverse().map((d) => [d.day, d.asked, d.answered, d.not_found]) },
  }
}

function bars(names: string[], counts: number[]): EChartsCoreOption {
  return {
    grid: { ...GRID, top: 8, right: 48 }, tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' } },
    xAxis: { type: 'value', minInterval: 1, axisLabel: { show: false }, splitLine: { show: false } },
    yAxis: { type: 'category', data: names, axisLabel: { width: innerWidth < 600 ? 132 : 220, overflow: 'truncate' }, axisLine: { show: false } },
    series: [{ type: 'bar', barMaxWidth: 18, data: counts, itemStyle: { borderRadius: [0, 4, 4, 0] }, label: { show: true, position: 'right', color: 'inherit' } }],
  }
}

export function outcomes(o: Overview): ChartProps {
  const all = sum(o.outcomes.map((x) => x.count))
  const good = sum(o.outcomes.filter((x) => x.outcome === 'standard' || x.outcome === 'answered').map((x) => x.count))
  const rows = [...o.outcomes].reverse()
  return {
    title: all ? `10 个问题里有 ${Math.round((good / all) * 10)} 个直接答出` : '还没有问题', unit: '次', bars: rows.length,
    option: bars(rows.map((x) => endingTitle(x.outcome)), rows.map((x) => x.count)),
    table: { head: ['结果', '次数', '占比'], rows: o.outcomes.map((x) => [endingTitle(x.outcome), x.count, share(x.count, all) + '%']) },
  }
}

export function clauses(o: Overview): ChartProps {
  const first = o.top_clauses[0], rows = [...o.top_clauses].reverse()
  const name = (c: { title: string; clause: string }): string => `${c.title.replace(/^.{2,4}市/, '')} ${c.clause}`
  return {
    title: first ? `引用最多的是《${first.title}》${first.clause}` : '还没有引用过条款', unit: '次', bars: rows.length,
    option: bars(rows.map(name), rows.map((x) => x.count)),
    table: { head: ['文件', '条款', '引用次数'], rows: o.top_clauses.map((x) => [x.title, x.clause, x.count]) },
  }
}
