// What a key may do, in words; and how an application uses it.
import { day } from '../shared/text'
import { big } from './gateway'
import type { AppKey, Injected, KeyLimits, Keeping, Priority } from './types'

export const PRIORITIES: readonly [Priority, string, string][] = [
  ['hotline', '热线', '市民在电话里等，最先'], ['window', '窗口', '有人站在柜台前'], ['staff', '办公', '工作人员在用'], ['batch', '批量', '没有人等，最后'],
]
export const KEEPINGS: readonly [Keeping, string, string][] = [
  ['masked', '脱敏后留存', '个人信息换成记号再存，一般选这个'], ['digest', '只留摘要', '内容不存，只能核对有没有改过'], ['full', '全文加密留存', '原样加密存，只有安全审计员能看'],
]
export const INJECTED: readonly [Injected, string, string][] = [
  ['refuse', '拦下', '这样的请求不给模型，一般选这个'], ['mark', '标记后放行', '那段文字标成资料再给模型，回复里说明'],
]
export const SCOPES: readonly [string, string][] = [['chat', '对话'], ['completion', '续写'], ['embedding', '向量'], ['rerank', '重排'], ['speech', '语音转写'], ['model', '看模型列表']]
export const LIMITS: readonly [keyof KeyLimits, string, string][] = [
  ['requests_minute', '每分钟请求', '次'], ['tokens_minute', '每分钟 token', '个'], ['tokens_day', '每天 token', '个'], ['concurrent', '同时进行', '个'],
]
export const STATE = { active: { word: '在用', kind: 'success' }, expired: { word: '已到期', kind: 'warning' }, revoked: { word: '已停用', kind: 'info' } } as const

export const scopeWords = (k: AppKey): string => (k.scopes.length ? SCOPES.filter(([s]) => k.scopes.includes(s)).map(([, t]) => t).join('、') : '所有用途')
export const modelWords = (k: AppKey): string => (k.models.length ? k.models.join('、') : '所有模型')
export const addressWords = (k: AppKey): string => (k.addresses.length ? k.addresses.join('、') : '任何地址')
export function limitWords(l: KeyLimits): string {
  const said = LIMITS.filter(([n]) => l[n]).map(([n, title, unit]) => `${title} ${big(l[n])}${l[n] >= 1e4 ? '' : ' '}${unit}`)
  return said.length ? said.join('，') : '不限'
}

const DAY_MS = 86_400_000
/** Days until a key ends, 0 today; null when it does not. */
export function daysLeft(k: AppKey, today: string): number | null {
  return k.expires_on && k.state === 'active' ? Math.round((Date.parse(k.expires_on) - Date.parse(today)) / DAY_MS) : null
}
export function expiryWords(k: AppKey, today: string): string {
  const left = daysLeft(k, today)
  if (!k.expires_on) return '长期有效'
  if (left !== null && left <= 30) return left ? `${day(k.expires_on)}到期，还有 ${left} 天` : '今天到期'
  return `${day(k.expires_on)}${k.state === 'expired' ? '已到期' : '到期'}`
}

/** "qwen*" holds for qwen2.5-7b. */
function allowed(k: AppKey, model: string): boolean {
  return !k.models.length || k.models.some((p) => (p.endsWith('*') ? model.startsWith(p.slice(0, -1)) : p === model))
}
/** A model that this key may ask for. */
export const sampleModel = (k: AppKey, models: string[]): string => models.find((m) => allowed(k, m)) ?? k.models.find((m) => !m.endsWith('*')) ?? 'default'

export interface Sample { name: string; text: string }
export function samples(base: string, secret: string, model: string): Sample[] {
  return [
    { name: 'curl', text: `curl ${base}/chat/completions \\\n  -H "Authorization: Bearer ${secret}" \\\n  -H "Content-Type: application/json" \\\n  -d '{"model": ${JSON.stringify(model)}, "messages": [{"role": "user", "content": "你好"}]}'` },
    { name: 'Python', text: `from openai import OpenAI\n\nclient = OpenAI(\n    base_url="${base}",\n    api_key="${secret}",\n)\nanswer = client.chat.completions.create(\n    model=${JSON.stringify(model)},\n    messages=[{"role": "user", "content": "你好"}],\n)\nprint(answer.choices[0].message.content)` },
  ]
}
