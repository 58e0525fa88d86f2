// Who is signed in, and what that person may do. What may not be done is not shown.
import { reactive, watch } from 'vue'
import { ApiError, api, setCsrf } from '../shared/http'
import type { City } from '../shared/types'
import type { Perm, SessionView, Staff } from './types'

export const session = reactive({
  known: false, // the server has been asked
  staff: null as Staff | null,
  perms: [] as Perm[],
  second: 'none' as SessionView['second'], // what is still due before anything else
  city: null as City | null,
  expired: false, // the sign-in lies over the page; what is on it stays as it was typed
  returns: 0,
})

/** Somebody is here: asking again and again for an empty chair would keep the session from ending. */
let touched = Date.now()
for (const e of ['pointerdown', 'keydown', 'wheel']) addEventListener(e, () => { touched = Date.now() }, { passive: true, capture: true })
export const attended = (): boolean => !document.hidden && !session.expired && Date.now() - touched < 10 * 60_000

function take(s: SessionView): void {
  setCsrf(s.csrf)
  session.staff = s.staff
  session.perms = s.perms
  session.second = s.second
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
export async function signIn(login: string, password: string, way = 'password'): Promise<void> {
  const before = session.staff
  const s = await api.post<SessionView>('/api/session', way === 'password' ? { login, password } : { login, password, way })
  if (before && before.login !== s.staff.login) return location.reload() // another person: nothing of the first stays
  take(s)
  session.expired = false
  if (before) session.returns++
}
export async function giveCode(code: string): Promise<void> {
  take(await api.post<SessionView>('/api/session/code', { code }))
  session.returns++
}
/** By a certificate that the gateway in front has checked. */
export async function byCertificate(): Promise<void> {
  const before = session.staff, s = await api.post<SessionView>('/api/sign-in/certificate')
  if (before && before.login !== s.staff.login) return location.reload()
  take(s)
  session.expired = false
  if (before) session.returns++
}
/** After signing in again on the same page: what could not be fetched is fetched now. */
export const onReturn = (load: () => unknown): void => { watch(() => session.returns, () => void load()) }
export async function changePassword(old: string, next: string): Promise<void> {
  await api.post('/api/session/password', { old, new: next })
  await look()
}
export async function signOut(): Promise<void> {
  await api.del('/api/session').catch(() => undefined)
  session.staff = null
  session.expired = false
  session.second = 'none'
  session.perms = []
  setCsrf('')
}
/** An expired session shows the sign-in over the page, which goes on afterwards where it was. */
export function lost(e: unknown): boolean {
  if (!(e instanceof ApiError) || e.status !== 401) return false
  session.expired = session.staff !== null
  return true
}
