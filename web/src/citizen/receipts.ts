// Receipts of questions handed to a person: kept on this device, looked up until the reply is here.
import { computed, reactive } from 'vue'
import { ApiError, api, query } from '../shared/http'
import { nowLocal } from '../shared/text'
import type { HandoffView, ReceiptCode } from '../shared/types'
import { tell } from './app'
import { keep, kept } from '../shared/device'

export interface OwnReceipt extends ReceiptCode {
  question: string; at: string; seen: boolean; view: HandoffView | null
}

export const receipts = reactive({ items: kept<OwnReceipt[]>('receipts', []) })
export const unread = computed(() => receipts.items.filter((r) => r.view?.reply && !r.seen).length)

const save = (): void => keep('receipts', receipts.items)

export function addReceipt(code: ReceiptCode, question: string): void {
  if (receipts.items.some((r) => r.receipt === code.receipt)) return
  receipts.items.unshift({ ...code, question, at: nowLocal(), seen: false, view: null })
  save()
}

export function lookUp(receipt: string, code: string): Promise<HandoffView> {
  return api.get<HandoffView>(`/api/handoffs/${encodeURIComponent(receipt)}${query({ query_code: code })}`)
}

export async function refresh(r: OwnReceipt): Promise<void> {
  const before = r.view?.reply ?? ''
  try {
    r.view = await lookUp(r.receipt, r.query_code)
  } catch (e) {
    if (e instanceof ApiError && e.status === 404) forgetReceipt(r.receipt)
    return
  }
  if (r.view.reply && r.view.reply !== before) {
    r.seen = false
    tell('您的问题有回复了，在“我的”里看。')
  }
  save()
}

export function forgetReceipt(receipt: string): void {
  receipts.items = receipts.items.filter((r) => r.receipt !== receipt)
  save()
}

export function markSeen(): void {
  for (const r of receipts.items) if (r.view?.reply) r.seen = true
  save()
}

/** Asks for replies every 15 s while the page is looked at and something is still open. */
export function watchReplies(): void {
  const round = (): void => {
    if (document.hidden) return
    for (const r of receipts.items) if (!r.view?.reply) void refresh(r)
  }
  round()
  window.setInterval(round, 15_000)
  document.addEventListener('visibilitychange', round)
}
