// The talk: questions and what came back, kept on this device from the first letter typed.
import { computed, reactive, watch } from 'vue'
import { OFFLINE, api, send, sentenceOf } from '../shared/http'
import { readEvents, type ServerEvent } from '../shared/sse'
import { nowLocal } from '../shared/text'
import type { Call, Clause, Conversation, Done, Exchange, Feedback, Sentence, Start } from '../shared/types'
import { app } from './app'
import { keep, kept } from '../shared/device'
import { addReceipt } from './receipts'

/** running: on its way; whole: `done` arrived; broken, stopped: what is shown is not all;
 *  refused: nothing came. */
export type TurnState = 'running' | 'whole' | 'broken' | 'stopped' | 'refused'
export interface Turn {
  key: string; question: string; at: string; wantedDay: string; state: TurnState
  progress: string; problem: string
  receipt: string; conversation: string; asOf: string; masked: string[]
  clauses: Clause[]; evidence: boolean; standard: boolean
  sentences: Sentence[]; done: Done | null; feedback: Feedback | null; correction?: string
  care?: { text: string; numbers: Call[] }
}

const KEPT_TURNS = 60
export const QUESTION_MAX = 1000
export const talk = reactive({
  turns: kept<Turn[]>('turns', []),
  first: kept('first', 0), // turns before this one belong to earlier talks
  draft: kept('draft', ''),
  day: '', // the day whose law is asked for; "" is today
})
export const shown = computed(() => talk.turns.slice(talk.first))
export const running = computed(() => shown.value.find((t) => t.state === 'running') ?? null)

let abort: AbortController | null = null

function save(): void {
  const extra = Math.max(0, talk.turns.length - KEPT_TURNS)
  if (extra) {
    talk.turns.splice(0, extra)
    talk.first = Math.max(0, talk.first - extra)
  }
  keep('turns', talk.turns)
  keep('first', talk.first)
}
watch(() => talk.draft, (d) => keep('draft', d))

function fresh(question: string, wantedDay: string): Turn {
  return {
    key: Date.now().toString(36) + Math.random().toString(36).slice(2, 6), question, wantedDay,
    at: nowLocal(), state: 'running', progress: '正在找文件依据…', problem: '',
    receipt: '', conversation: '', asOf: wantedDay, masked: [], clauses: [], evidence: false,
    standard: false, sentences: [], done: null, feedback: null,
  }
}

export function turnOf(x: Exchange): Turn {
  const t = fresh(x.question, x.as_of)
  Object.assign(t, {
    key: x.receipt, at: x.created_at, receipt: x.receipt, conversation: x.conversation,
    asOf: x.as_of, masked: x.masked ?? [], clauses: x.clauses, evidence: x.clauses.length > 0,
    sentences: x.sentences, standard: x.outcome === 'standard', done: x.done, feedback: x.feedback, correction: x.correction?.text,
    state: wholeEnough(x.done) ? 'whole' : 'broken', progress: '',
    problem: wholeEnough(x.done) ? '' : '这次回答没有完成。',
  })
  return t
}

/** An answer that was stopped, or that a crash of the server broke off, is none. */
const wholeEnough = (d: Done | null): boolean => d !== null && d.outcome !== 'cancelled' && d.outcome !== 'broken'

function take(t: Turn, e: ServerEvent): void {
  switch (e.event) {
    case 'start': {
      const s = e.data as Start
      Object.assign(t, { receipt: s.receipt, conversation: s.conversation, asOf: s.as_of, masked: s.masked })
      break
    }
    case 'evidence': {
      const d = e.data as { clauses: Clause[]; standard: boolean }
      Object.assign(t, { clauses: d.clauses, standard: d.standard, evidence: true, progress: '正在写回答…' })
      break
    }
    case 'care':
      t.care = e.data as { text: string; numbers: Call[] }
      break
    case 'sentence':
      t.sentences.push(e.data as Sentence)
      t.progress = '正在逐句核对…'
      break
    case 'progress':
      t.progress = (e.data as { message: string }).message || t.progress
      break
    case 'done':
      finish(t, e.data as Done)
      break
    case 'error':
      t.problem = (e.data as { message: string }).message
      break
  }
  save()
}

function finish(t: Turn, d: Done): void {
  t.done = d
  t.progress = ''
  t.state = wholeEnough(d) ? 'whole' : 'stopped'
  if (t.state === 'stopped') t.problem = d.message || '回答停下了，没有写完。'
  if (d.handoff) addReceipt(d.handoff, t.question)
}

/** Without `done` an answer is never shown as whole, unless the server has it whole after all. */
async function mend(t: Turn): Promise<void> {
  if (t.receipt) {
    try {
      const x = await api.get<Exchange>('/api/exchanges/' + encodeURIComponent(t.receipt))
      if (x.done && wholeEnough(x.done)) {
        t.sentences = x.sentences
        finish(t, x.done)
        return
      }
    } catch { /* it stays what it is: broken off */ }
  }
  t.state = 'broken'
  t.progress = ''
  t.problem ||= t.sentences.length ? '回答断了，上面不是全部。' : '回答断了，没有写出来。'
}

async function stream(t: Turn, signal: AbortSignal): Promise<void> {
  const res = await send('POST', '/api/ask', {
    question: t.question,
    ...(lastConversation() ? { conversation: lastConversation() } : {}),
    ...(t.wantedDay ? { as_of: t.wantedDay } : {}),
    ...(app.elder ? { elder: true } : {}),
  }, signal)
  if (!res.body) throw new Error(OFFLINE)
  await readEvents(res.body, (e) => take(t, e))
}

function lastConversation(): string {
  return [...shown.value].reverse().find((x) => x.conversation)?.conversation ?? ''
}

export async function ask(question: string, wantedDay = talk.day): Promise<void> {
  const q = question.trim()
  if (!q || q.length > QUESTION_MAX || running.value) return
  talk.turns.push(fresh(q, wantedDay))
  const t = talk.turns[talk.turns.length - 1] as Turn // the reactive one
  talk.draft = ''
  app.notice = ''
  save()
  abort = new AbortController()
  const { signal } = abort
  try {
    await stream(t, signal)
    if (t.state === 'running') await mend(t)
  } catch (e) {
    if (signal.aborted) {
      t.state = 'stopped'
      t.problem = t.sentences.length ? '您停下了回答，上面不是全部。' : '您停下了回答。'
    } else if (t.receipt) {
      await mend(t)
    } else {
      t.state = 'refused'
      t.problem = sentenceOf(e)
    }
    t.progress = ''
  }
  save()
}

export function stop(): void { abort?.abort() }

export function retry(t: Turn): void {
  talk.turns.splice(talk.turns.indexOf(t), 1)
  save()
  void ask(t.question, t.wantedDay)
}

/** A new talk: the earlier ones stay in 我的. */
export function startOver(): void {
  stop()
  talk.first = talk.turns.length
  save()
}

/** After a reload: what was still running has either ended on the server or broken off. */
export async function restore(): Promise<void> {
  await Promise.all(talk.turns.filter((t) => t.state === 'running').map(mend))
  save()
}

export function clearTalk(): void {
  stop()
  talk.turns = []
  talk.first = 0
  save()
}

export async function giveFeedback(t: Turn, useful: boolean, reason: string): Promise<void> {
  await api.post(`/api/exchanges/${encodeURIComponent(t.receipt)}/feedback`, reason ? { useful, reason } : { useful })
  t.feedback = { useful, reason }
  save()
}

export const conversationOf = (code: string): Promise<Conversation> =>
  api.get<Conversation>('/api/conversations/' + encodeURIComponent(code))
