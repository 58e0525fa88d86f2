// The shapes of docs/api.md.
export type Validity = 'in_force' | 'not_yet' | 'expired' | 'repealed'
export type Outcome = 'standard' | 'answered' | 'partial' | 'not_found' | 'refused' | 'failed' | 'referred' | 'waiting' | 'signed' | 'cancelled' | 'broken'

export interface Clause {
  n: number; passage: number; document: number; version: number
  title: string; document_number: string; issuing_body: string
  clause: string; heading: string; text: string
  validity: Validity; validity_title: string
  effective_from: string | null; expires_on: string | null; repealed_on: string | null
  score: number
}
export interface Sentence { n: number; text: string; citations: number[] }
export interface Place { name: string; address: string; hours: string; phone: string }
export interface NextStep { department: string; phone: string; windows: Place[] }
export interface ReceiptCode { receipt: string; query_code: string }
export interface Call { number: string; name: string }
/** What the guard found: why it is not answered, or (care) whom to telephone first. */
export interface Risk { kind: string; title: string; care: string; numbers: Call[] }
export interface Done {
  outcome: Outcome; message: string; withheld: number
  next: NextStep | null; handoff: ReceiptCode | null; risk?: Risk | null
  label: string; timings: Record<string, number>
}
export interface Start { conversation: string; receipt: string; as_of: string; masked: string[] }
export interface Feedback { useful: boolean; reason: string }
export interface Exchange {
  receipt: string; conversation: string; question: string; as_of: string; masked?: string[]
  outcome: Outcome | ''; clauses: Clause[]; sentences: Sentence[]; done: Done | null
  created_at: string; feedback: Feedback | null; correction?: { text: string; at: string } | null
}
export interface Conversation { code: string; exchanges: Exchange[] }

export interface HandoffView {
  receipt: string; state: 'waiting' | 'taken' | 'replied' | 'closed'; state_title: string
  question: string; reply: string; replied_at: string | null; department: string
}
export interface Department { id: string; name: string; short: string; phone: string; windows: Place[] }
export interface City {
  name: string; hotline: string; today: string; departments: Department[]
  ready: { engine: Part; embeddings: Part }; examples?: string[]
  portal?: { placeholder?: string; footer?: string }
}
export interface Part { ready: boolean; message: string }

export interface List<T> { items: T[]; total: number }
export interface DocumentItem {
  id: number; title: string; document_number: string; issuing_body: string
  effective_from: string | null; expires_on: string | null
  validity: Validity; validity_title: string; versions: number
}
export interface PassageSpan { id: number; clause: string; heading: string; kind: string; begin: number; end: number }
export interface VersionItem {
  id: number; number: number; title: string; document_number: string
  issued_on: string | null; effective_from: string | null; expires_on: string | null; repealed_on: string | null
  validity: Validity; validity_title: string; state: string; supersedes: number | null; repealed_by: number | null
}
export interface DocumentFull extends Omit<DocumentItem, 'versions'> {
  version: number; issued_on: string | null; repealed_on: string | null
  plain: string; passages: PassageSpan[]; versions: VersionItem[]; digest: string; file_name: string
  classification?: string // for staff only
}
