// 审签台: the shapes its page reads, and what its words mean.
import type { Clause } from '../shared/types'

export interface DraftItem {
  receipt: string; kind: 'answer' | 'standard' | 'policy' | 'reply'; kind_title: string; subject: number; title: string
  state: string; state_title: string; revision: number; author: string; author_kind: string; department_name: string
  reviewer: string; reviewer_name: string; risk: number; why: string; note: string; due_at: string | null; escalated: number
  created_at: string; digest: string; signed: { name: string; at: string; way: string } | null
}
export interface DraftSentence { n: number; text: string; quoted: boolean; state: string; cover: number; citations: number[] }
export interface DraftEdit { revision: number; name: string; at: string; authored: boolean; before: unknown; after: unknown }
export interface Draft extends DraftItem {
  may_sign: boolean; why_not: string; own: boolean; open_by: string; question: string; exchange: string; body: Record<string, unknown>
  edits: DraftEdit[]; twins: { receipt: string; revision: number }[]; clauses: Clause[]; sentences: DraftSentence[]
  left_out: { text: string; state: string; missing: string }[]
  similar: { standard: number; question: string; answer: string; signed_by: string; signed_at: string | null }[]
}

export const SENTENCE_STATE: Record<string, string> = { supported: '有依据', signed: '已签发', edited: '改过，没有再核对', none: '没有依据', weak: '依据不足', number: '数字对不上' }
/** The words of an edit, whatever the kind of draft. */
export function wordsOf(body: unknown): string {
  const b = body as { sentences?: { text: string }[]; answer?: string }
  return b.sentences ? b.sentences.map((s) => s.text).join('\n') : b.answer ?? JSON.stringify(body, null, 1)
}
/** How long until it is due, in words; past due says so. */
export function dueIn(at: string | null, now = Date.now()): { text: string; late: boolean } {
  if (!at) return { text: '', late: false }
  const minutes = Math.round((new Date(at).getTime() - now) / 60_000)
  const span = Math.abs(minutes) >= 120 ? `${Math.round(Math.abs(minutes) / 60)} 小时` : `${Math.abs(minutes)} 分钟`
  return minutes < 0 ? { text: `已过 ${span}`, late: true } : { text: `还有 ${span}`, late: false }
}
