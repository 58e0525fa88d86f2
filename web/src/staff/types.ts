// Staff's part of docs/api.md.
import type { DocumentItem, Exchange, PassageSpan } from '../shared/types'

export type Perm = 'staff' | 'handoff' | 'knowledge_read' | 'knowledge_write' | 'review' | 'audit_read' | 'user_read' | 'user_write' | 'operate' | 'overview'
  | 'key_read' | 'key_write' | 'use_read' | 'employee_write' | 'employee_stop' | 'incident_read' | 'incident_write' | 'confirm' | 'sign' | 'order'
export interface Staff {
  login: string; name: string; role: string; role_title: string
  department: string; department_name: string; must_change: boolean
}
export interface SessionView { staff: Staff; csrf: string; second: 'none' | 'needed' | 'enrol'; perms: Perm[] }
export type HandoffState = 'waiting' | 'taken' | 'replied' | 'closed'
export interface InboxItem {
  receipt: string; state: HandoffState; state_title: string; question: string; reason: string; reason_title: string
  department: string; department_name: string; created_at: string; taken_by: string; taken_by_name: string; replied_at: string | null
}
export interface CitationRef { document_number: string; clause: string }
export interface Standard {
  id: number; questions: string[]; answer: string; citations: CitationRef[]; department: string; department_name: string
  state: 'approved' | 'proposed' | 'withdrawn'; state_title: string; source: string
  approved_by_name: string; approved_at: string | null; valid_from: string | null; valid_to: string | null; updated_at: string
}
export interface InboxDetail extends InboxItem {
  contact: string; reply: string; replied_by_name: string; may_release: boolean; put_back: boolean; exchange: Exchange | null; standard: Standard | null
}
export interface KnowledgeItem extends DocumentItem {
  version: number; state: 'confirmed' | 'proposed' | 'withdrawn'; state_title: string; doubts: number; created_at: string
}
export interface Note { field: string; message: string; doubt?: boolean } // doubt false: only a remark
export interface VersionRead {
  id: number; document: number; number: number; state: string; state_title: string
  title: string; document_number: string; issuing_body: string
  issued_on: string | null; effective_from: string | null; expires_on: string | null
  repeals: { title: string; document_number: string }[]; plain: string; passages: PassageSpan[]; notes: Note[]
  file_name: string; digest: string; confirmed_by_name?: string; confirmed_at?: string | null
}
export interface IngestResult {
  added: number; updated: number; unchanged: number
  skipped: { file: string; why: string }[]
  versions: { id: number; document: number; title: string; state: string; doubts: number }[]
}
export interface Job {
  id: number; kind: string; kind_title: string; state: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled'
  done: number; total: number; message: string; result: Partial<IngestResult>; created_at: string; updated_at: string
}
export interface User {
  login: string; name: string; role: string; role_title: string; department: string; department_name: string; title: string
  state: 'active' | 'locked' | 'disabled'; locked_until: string | null; must_change: boolean; last_seen: string | null; created_at: string
}
export interface AuditRow {
  id: number; at: string; actor: string; role: string; role_title: string; address: string; verb: string; object: string
  outcome: string; request_id: string; detail: string; prev: string; hash: string
}
export interface ExchangeItem {
  receipt: string; question: string; outcome: string; outcome_title: string; created_at: string
  model: string; withheld: number; feedback: { useful: boolean; reason: string } | null
}
export interface Trail extends Omit<Exchange, 'passages'> {
  model: string; prompt_version: string; reasoning: string; timings: Record<string, number | string>
  withheld: { text: string; why: string }[]
  passages: { passage: number; version: number; digest: string; score: number; rank: number }[]
  handoffs: InboxItem[]; audit: AuditRow[]
}
export interface PartState { name: string; title: string; state: 'green' | 'amber' | 'red'; message: string; todo: string }
export interface FetchState { name: string; label: string; state: string; done: number; total: number; message: string }
export interface DayFigures { day: string; asked: number; answered: number; not_found: number }
export interface Overview {
  today: { asked: number; answered: number; standard: number; not_found: number; handoffs: number; useful: number; not_useful: number; withheld: number }
  days: DayFigures[]; outcomes: { outcome: string; title: string; count: number }[]
  top_clauses: { document: number; title: string; clause: string; count: number }[]
  latency: { first_clause_p50: number | null; first_word_p50: number | null; whole_p50: number | null }
  knowledge: { documents: number; in_force: number; expiring_90d: number; proposed: number; passages: number; embedded: number }
  parts: PartState[]; fetch: FetchState[]
}

export type Priority = 'hotline' | 'window' | 'staff' | 'batch'
export interface Engine {
  name: string; role: 'chat' | 'embedding' | 'rerank' | 'speech'; kind: string; chip: string; weights: string; models: string[]
  state: 'absent' | 'starting' | 'ready' | 'failed'; breaker: 'closed' | 'suspect' | 'full' | 'open' | 'half_open'; message: string; since: string | null
  running: number; slots: number; waiting: number; context: number; trusted: boolean; personal: 'mask' | 'refuse' | 'allow'; personal_title: string; personal_reason: string; drain: boolean; drained_by_file: boolean; canary: number
  served: number; failed: number; prompt_tokens: number; cached_tokens: number; answer_tokens: number
  first_ms: number; tokens_per_second: number; cached_share: number; last_error: string
}
export interface EngineClass { name: Priority; title: string; share: number; ceiling: number; longest_s: number; running: number; waiting: number; waited_ms: number }
/** What went through in the span_ms before `at`. */
export interface Beat {
  at: number; span_ms: number; requests: number; refused: number; failed: number; left: number
  prompt_tokens: number; cached_tokens: number; answer_tokens: number; masked: number; blocked: number
  first_p50_ms: number | null; first_p95_ms: number | null; overhead_ms: number | null
}
export interface Engines { engines: Engine[]; classes: EngineClass[]; generation: number; mistake: string; now: number; pulse: Beat[] }
export type Keeping = 'full' | 'masked' | 'digest'
export type Injected = 'refuse' | 'mark'
export interface KeyLimits { requests_minute: number; tokens_minute: number; tokens_day: number; concurrent: number }
export interface AppKey {
  id: number; name: string; department: string; department_name: string; hint: string; state: 'active' | 'expired' | 'revoked'
  priority: Priority; priority_title: string; keeping: Keeping; keeping_title: string; injection: Injected; injection_title: string; scopes: string[]; models: string[]; addresses: string[]
  limits: KeyLimits; expires_on: string | null; revoked_at: string | null; rotated_at: string | null; previous_until: string | null
  created_at: string | null; created_by: string; note: string
}
export interface KeySecret { secret: string; key: AppKey }
export type UsageBy = 'day' | 'hour' | 'department' | 'key' | 'model' | 'engine'
export interface UsageRow {
  id: string; name: string; requests: number; errors: number; estimated: number
  prompt_tokens: number; cached_tokens: number; answer_tokens: number; reasoning_tokens: number; tokens: number; cost_yuan: number
}
export interface Usage { from: string; to: string; by: UsageBy; items: UsageRow[]; total: UsageRow }
export interface CallFigures {
  priority?: Priority; stream?: boolean; from_cache?: boolean; tries?: number; estimated?: boolean; cost?: number
  prompt_tokens?: number; cached_tokens?: number; answer_tokens?: number; reasoning_tokens?: number
  wait_us?: number; first_us?: number; total_us?: number; overhead_us?: number; masked?: number; blocked?: string
}
export interface Call {
  request_id: string; trace_id: string; at: string | null; key: string; department: string; department_name: string; verb: string
  asked: string; model: string; engine: string; outcome: string; status: number; keeping: Keeping; keeping_title: string
  digest: string; kept: boolean; figures: CallFigures
}
export interface CallContent extends Call { prompt: string; answer: string }
