// Only the parts of ECharts that are drawn with. Tooltips are drawn on the canvas: as HTML they
// would bring inline styles, which the content security policy refuses.
import { BarChart, LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent, TooltipComponent } from 'echarts/components'
import { type ECharts, init, use } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'

use([BarChart, LineChart, GridComponent, TooltipComponent, LegendComponent, CanvasRenderer])

export function makeChart(box: HTMLElement, dark: boolean): ECharts {
  const ink = dark ? '#c9d3e0' : '#47525f', line = dark ? '#333f4f' : '#dde3ec'
  const axis = { axisLine: { lineStyle: { color: line } }, axisTick: { show: false }, axisLabel: { color: ink, fontSize: 13 }, splitLine: { lineStyle: { color: line } }, nameTextStyle: { color: ink } }
  return init(box, {
    color: dark ? ['#6aa8f7', '#f0b35a', '#7fd1a5'] : ['#1b62bd', '#b26a00', '#1c7a4b'],
    backgroundColor: 'transparent',
    textStyle: { fontFamily: getComputedStyle(box).fontFamily, color: ink },
    categoryAxis: { ...axis, splitLine: { show: false } }, valueAxis: axis,
    legend: { textStyle: { color: ink } },
    tooltip: { renderMode: 'richText', backgroundColor: dark ? '#1d2836' : '#fff', borderColor: line, textStyle: { color: dark ? '#e8eef6' : '#17202b' } },
  })
}
