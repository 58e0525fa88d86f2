// Addresses live after the #, so that any static server can hand out the pages.
import { reactive } from 'vue'

export const route = reactive({ path: '/', query: {} as Record<string, string> })

function read(): void {
  const [path = '/', q = ''] = location.hash.replace(/^#/, '').split('?')
  route.path = path || '/'
  route.query = Object.fromEntries(new URLSearchParams(q))
}
read()
addEventListener('hashchange', read)

export function href(path: string, query: Record<string, string | number | null | undefined> = {}): string {
  const q = new URLSearchParams()
  for (const [k, v] of Object.entries(query)) if (v !== null && v !== undefined && v !== '') q.set(k, String(v))
  const s = q.toString()
  return '#' + path + (s ? '?' + s : '')
}
export function go(path: string, query: Record<string, string | number | null | undefined> = {}): void {
  location.hash = href(path, query)
}
/** Filters change the address without a new step in the history. */
export function refine(query: Record<string, string | number | null | undefined>): void {
  history.replaceState(null, '', href(route.path, { ...route.query, ...query }))
  read()
}
