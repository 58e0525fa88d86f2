// Who is signed in, and what that person may do. What may not be done is not shown.
import { reactive } from 'vue'
import { ApiError, api, setCsrf } from '../shared/http'
import type { City } from '../shared/types'
import type { Perm, SessionView, Staff } from './types'

export const session = reactive({
  known: false, // the server has been asked
  staff: null as Staff | null,
  perms: [] as Perm[],
  city: null as City | null,
})

function take(s: SessionView): void {
  setCsrf(s.csrf)
  session.staff = s.staff
  session.perms = s.perms
}
export const may = (p: Perm): boolean => session.perms.includes(p)

export async function look(): Promise<void> {
  try {
    take(await api.get<SessionView>('/api/session'))
  } catch (e) {
    session.staff = null
    if (!(e instanceof ApiError) || e.status !== 401) console.warn(e)
  }
  session.known = true
  void api.get<City>('/api/city').then((c) => { session.city = c }).catch(() => undefined)
}
export async function signIn(login: string, password: string): Promise<void> {
  take(await api.post<SessionView>('/api/session', { login, password }))
}
export async function changePassword(old: string, next: string): Promise<void> {
  await api.post('/api/session/password', { old, new: next })
  await look()
}
export async function signOut(): Promise<void> {
  await api.del('/api/session').catch(() => undefined)
  session.staff = null
  session.perms = []
  setCsrf('')
}
/** An expired session shows the sign-in page; what was typed stays on the device. */
export function lost(e: unknown): boolean {
  if (!(e instanceof ApiError) || e.status !== 401) return false
  session.staff = null
  return true
}
