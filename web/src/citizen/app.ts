// What the whole citizens' page shares: the city, elder mode, the one quiet notice, open windows.
import { reactive, watch } from 'vue'
import { api } from '../shared/http'
import type { City, Clause } from '../shared/types'
import { keep, kept } from '../shared/device'

/** A clause's words without its own number, which stands in the line above. */
export const words = (c: Clause): string => (c.clause && c.text.startsWith(c.clause) ? c.text.slice(c.clause.length).trim() : c.text)

export interface Source { clause: Clause; asOf: string }

export const app = reactive({
  city: kept<City | null>('city', null),
  elder: kept('elder', false),
  notice: '',
  source: null as Source | null,
  handoff: null as { receipt: string; question: string } | null,
  keysOpen: false,
})

export function applyElder(): void {
  document.documentElement.classList.toggle('elder', app.elder)
}
watch(() => app.elder, (on) => { keep('elder', on); applyElder() })

export async function loadCity(): Promise<void> {
  try {
    app.city = await api.get<City>('/api/city')
    keep('city', app.city)
  } catch { /* the kept one, or the general words, must do */ }
}

let timer = 0
/** A sentence in the corner, read out by screen readers; it leaves by itself but not in a hurry. */
export function tell(sentence: string): void {
  app.notice = sentence
  clearTimeout(timer)
  timer = window.setTimeout(() => { app.notice = '' }, app.elder ? 20_000 : 10_000)
}

export const hotline = (): string => app.city?.hotline || '12345'

let opener: HTMLElement | null = null
export function openSource(clause: Clause, asOf: string): void {
  if (!app.source) opener = document.activeElement as HTMLElement | null
  app.source = { clause, asOf }
}
/** Closes the source and gives the focus back to what opened it. */
export function closeSource(): void {
  app.source = null
  opener?.focus({ preventScroll: true })
  opener = null
}
