// 热点、民情报告、相似工单: the shapes their panels read.
import { api, query } from '../shared/http'

export interface HotIssue {
  name: string; place: string; subject: string; why: string; heat: number; count: number; people: number; votes: number; growth: number
  first: string | null; last: string | null; parts: { title: string; value: number; points: number }[]; phrases: { text: string; count: number }[]
  days: number[]; members: { receipt: string; title: string; place: string; state: string; at: string | null }[]; spots: { place: string; x: number; y: number; count: number }[]
}
export interface Hot { from: string; to: string; messages: number; left_out: number; issues: HotIssue[]; warnings: { name: string; say: string; people: number; expected: number }[] }
export interface MapLine { name: string; line: number[] }
export interface CityMapData { width: number; height: number; districts: MapLine[]; water: MapLine[]; streets: { name: string; x: number; y: number }[] }
export interface Figure { key: string; title: string; unit: string; value: number | null; before: number; digits: number; query: string }
export interface Report {
  kind: string; title: string; first: string; last: string; figures: Figure[]; tables: { key: string; title: string; query: string; rows: { id: string; name: string; count: number; before: number }[] }[]
  sentences: { part: string; text: string; figures: string[] }[]; days: { day: string; received: number; answered: number }[]
}
export interface AlikeOrder { receipt: string; title: string; place: string; state_title: string; department: string; is: 'kind' | 'matter' | 'copy'; same_asker: boolean; near: number; reply?: string }
export interface Alike { same: AlikeOrder[]; answered: AlikeOrder[] }

export const KINDS = [['day', '日报'], ['week', '周报'], ['month', '月报']] as const
export const SPANS = [[7, '7 天'], [14, '14 天'], [30, '30 天']] as const
export const PARTS = [['summary', '概况'], ['change', '变化'], ['handling', '办理'], ['hot', '热点'], ['advice', '建议']] as const
export const ALIKE = { copy: '内容相同', matter: '同一事项', kind: '同类' } as const
export const getHot = (days: number, to?: string): Promise<Hot> => api.get('/api/hotline/hot' + query({ days, to }))
export const getReport = (kind: string, to?: string): Promise<Report> => api.get('/api/hotline/report' + query({ kind, to }))
export const reportFile = (kind: string, to: string, as: string): string => '/api/hotline/report/export' + query({ kind, to, as })
export const figure = (f: Figure): string => (f.value === null ? '—' : f.value.toFixed(f.digits))
/** "10月22日", from "2026-10-22". */
export const dayOf = (day: string): string => `${Number(day.slice(5, 7))}月${Number(day.slice(8, 10))}日`
/** The days from `from` on, as many as there are. */
export const daysFrom = (from: string, n: number): string[] => Array.from({ length: n }, (_, i) => new Date(Date.parse(from + 'T00:00Z') + i * 86_400_000).toISOString().slice(0, 10))
