// Lists: filters and page live in the address, totals are the server's, and an older answer never
// overwrites a newer one.
import { computed, reactive, watch } from 'vue'
import { api, query, sentenceOf } from '../shared/http'
import { refine, route } from '../shared/router'
import type { List } from '../shared/types'
import { ElMessage } from './ep'
import { lost, onReturn, session } from './session'

export interface Listing<T> { items: T[]; total: number; loading: boolean; problem: string; page: number; size: number; load: () => Promise<void>; turn: (page: number) => void }

export function useList<T>(path: string, filters: readonly string[], size = 20): Listing<T> {
  let newest = 0
  const page = computed(() => Math.max(1, Number(route.query.page ?? 1) || 1))
  const l = reactive({
    items: [], total: 0, loading: true, problem: '', page, size, load,
    turn: (p: number) => refine({ page: p > 1 ? p : '' }),
  }) as Listing<T>
  async function load(): Promise<void> {
    if (session.expired) return
    const mine = ++newest
    l.loading = true
    try {
      const q = Object.fromEntries(filters.map((f) => [f, route.query[f]]))
      const got = await api.get<List<T>>(path + query({ ...q, page: page.value, size }))
      if (mine !== newest) return
      Object.assign(l, { items: got.items, total: got.total, problem: '' })
    } catch (e) {
      if (mine === newest && !lost(e)) l.problem = sentenceOf(e)
    }
    if (mine === newest) l.loading = false
  }
  const base = route.path
  watch(() => [...filters.map((f) => route.query[f]), page.value], () => { if (route.path === base) void load() }, { immediate: true })
  onReturn(load)
  return l
}

/** Runs one action, says how it went, and answers whether it did. */
export async function act(done: string, run: () => Promise<unknown>): Promise<boolean> {
  try {
    await run()
    if (done) ElMessage.success(done)
    return true
  } catch (e) {
    if (!lost(e)) ElMessage.error({ message: sentenceOf(e), duration: 8000, showClose: true })
    return false
  }
}
