// What the gateway's figures say, in words; and the lines that are drawn of them.
import type { Beat, Engine, EngineClass, Engines } from './types'

export const KEPT_MS = 600_000 // ten minutes, as the server keeps them
const NOW_MS = 10_000 // what counts as "now"

const sum = (beats: Beat[], of: (b: Beat) => number): number => beats.reduce((a, b) => a + of(b), 0)

/** Beats of the last ten minutes: those that were there and those that came. */
export function joined(before: Beat[], after: Beat[], now: number): Beat[] {
  const last = before.length ? before[before.length - 1]!.at : 0
  return [...before, ...after.filter((b) => b.at > last)].filter((b) => b.at > now - KEPT_MS)
}

/** 12345 → 1.2 万. */
export function big(n: number): string {
  const short = (v: number): string => String(Math.round(v * 10) / 10)
  return n >= 1e8 ? `${short(n / 1e8)} 亿` : n >= 1e4 ? `${short(n / 1e4)} 万` : short(n)
}
export function ms(v: number | null): string {
  if (v === null) return '—'
  if (v < 1) return `${Math.max(0.01, v).toFixed(2)} 毫秒`
  return v < 1000 ? `${v < 10 ? v.toFixed(1) : Math.round(v)} 毫秒` : `${(v / 1000).toFixed(1)} 秒`
}
export const percent = (part: number, whole: number): string => (whole ? `${Math.round((part / whole) * 100)}%` : '—')
export const clock = (at: number): string => new Date(at + 8 * 3600e3).toISOString().slice(11, 19)

/** How many a second, lately. */
function rate(beats: Beat[], now: number, of: (b: Beat) => number): number {
  const lately = beats.filter((b) => b.at > now - NOW_MS)
  const span = sum(lately, (b) => b.span_ms)
  return span ? (sum(lately, of) / span) * 1000 : 0
}
const newest = (beats: Beat[], of: (b: Beat) => number | null): number | null => [...beats].reverse().map(of).find((v) => v !== null) ?? null

export interface Vital { key: string; title: string; value: string; unit: string; note: string; points: { at: number; value: number | null }[]; say: (v: number) => string }

export function vitals(beats: Beat[], now: number): Vital[] {
  const line = (of: (b: Beat) => number | null): Vital['points'] => beats.map((b) => ({ at: b.at, value: of(b) }))
  const perSecond = (of: (b: Beat) => number) => (b: Beat) => (of(b) / Math.max(1, b.span_ms)) * 1000
  const asked = sum(beats, (b) => b.requests), bad = sum(beats, (b) => b.failed), no = sum(beats, (b) => b.refused)
  const read = sum(beats, (b) => b.prompt_tokens), cached = sum(beats, (b) => b.cached_tokens)
  const masked = sum(beats, (b) => b.masked), blocked = sum(beats, (b) => b.blocked)
  const fault = [bad && `${bad} 次没有办成`, no && `${no} 次被拒绝`].filter(Boolean).join('，')
  return [
    { key: 'requests', title: '应用请求', value: big(rate(beats, now, (b) => b.requests)), unit: '次 / 秒', note: asked ? `10 分钟里 ${big(asked)} 次${fault ? '，' + fault : '，都办成了'}` : '10 分钟里没有请求', points: line(perSecond((b) => b.requests)), say: (v) => `${big(v)} 次 / 秒` },
    { key: 'tokens', title: '写出', value: big(rate(beats, now, (b) => b.answer_tokens)), unit: 'token / 秒', note: `读入 ${big(rate(beats, now, (b) => b.prompt_tokens))} token / 秒，含市民问答`, points: line(perSecond((b) => b.answer_tokens)), say: (v) => `${big(v)} token / 秒` },
    { key: 'first', title: '等到第一个字', value: ms(newest(beats, (b) => b.first_p50_ms)), unit: '', note: newest(beats, (b) => b.first_p95_ms) === null ? '10 分钟里没有' : `一半更快；95% 在 ${ms(newest(beats, (b) => b.first_p95_ms))}以内`, points: line((b) => b.first_p50_ms), say: ms },
    { key: 'cached', title: '缓存命中', value: percent(cached, read), unit: '', note: read ? `读入的 ${big(read)} token 里有 ${percent(cached, read)} 不用再算` : '10 分钟里没有读入', points: line((b) => (b.prompt_tokens ? (b.cached_tokens / b.prompt_tokens) * 100 : null)), say: (v) => `${Math.round(v)}%` },
    { key: 'overhead', title: '网关自身用时', value: ms(newest(beats, (b) => b.overhead_ms)), unit: '', note: '每个请求平均，不含引擎和排队', points: line((b) => b.overhead_ms), say: ms },
    { key: 'guard', title: '安全拦截', value: String(blocked), unit: '次 / 10 分钟', note: `遮住个人信息 ${masked} 处`, points: line((b) => b.masked + b.blocked), say: (v) => `${v} 处` },
  ]
}

export const STATE: Record<Engine['state'], { word: string; kind: 'success' | 'warning' | 'danger' | 'info' }> = {
  ready: { word: '可用', kind: 'success' }, starting: { word: '正在启动', kind: 'warning' }, absent: { word: '还没有装好', kind: 'warning' }, failed: { word: '不可用', kind: 'danger' },
}
/** The word beside an engine: what it is in, or what it is kept from. */
export function stateOf(e: Engine): { word: string; kind: 'success' | 'warning' | 'danger' | 'info' } {
  if (e.state !== 'ready') return STATE[e.state]
  if (e.drain) return { word: '已停止接收', kind: 'info' }
  return e.breaker === 'full' ? { word: '已满', kind: 'warning' } : e.breaker === 'half_open' ? { word: '试用中', kind: 'warning' } : STATE.ready
}
export const BREAKER: Record<Engine['breaker'], string> = { closed: '正常放行', suspect: '刚有失败，先观察', full: '引擎说满了，稍后再放行', open: '已断开，定时试探', half_open: '放行一个试用' }
export const ROLE: Record<Engine['role'], string> = { chat: '对话', embedding: '向量', rerank: '重排', speech: '语音' }
export const KIND: Record<string, string> = { child: '本机内置', vllm: 'vLLM', sglang: 'SGLang', mindie: 'MindIE', llama: 'llama-server', deepseek: 'DeepSeek', openai: 'OpenAI 接口' }

/** One sentence for the whole. */
export function headline(v: Engines): string {
  const bad = v.engines.filter((e) => e.state === 'failed'), good = v.engines.filter((e) => e.state === 'ready' && !e.drain)
  const drained = v.engines.filter((e) => e.state === 'ready' && e.drain).length, coming = v.engines.length - bad.length - good.length - drained
  const waiting = v.classes.reduce((a, c) => a + c.waiting, 0)
  const said = [bad.length && `${bad.map((e) => e.name).join('、')}不可用`, `${good.length} 个引擎可用`, drained && `${drained} 个已停止接收`, coming && `${coming} 个还没有准备好`].filter(Boolean)
  const first = !v.engines.length ? '还没有引擎' : said.length === 1 && !bad.length ? `${good.length} 个引擎都可用` : said.join('，')
  return `${first}；${waiting ? `${waiting} 个请求在排队` : '没有排队'}。`
}
export const waited = (c: EngineClass): string => (c.waiting ? ms(c.waited_ms) : '—')

/** Beats added up by the minute, newest first, for the table. */
export function byMinute(beats: Beat[]): (string | number)[][] {
  const minutes = new Map<string, Beat[]>()
  for (const b of beats) {
    const m = clock(b.at).slice(0, 5)
    minutes.set(m, [...(minutes.get(m) ?? []), b])
  }
  return [...minutes].reverse().map(([m, l]) => [
    m, sum(l, (b) => b.requests), sum(l, (b) => b.failed + b.refused), big(sum(l, (b) => b.prompt_tokens)), big(sum(l, (b) => b.answer_tokens)),
    ms(newest(l, (b) => b.first_p50_ms)), ms(newest(l, (b) => b.overhead_ms)), sum(l, (b) => b.masked), sum(l, (b) => b.blocked),
  ])
}
