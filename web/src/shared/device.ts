// What stays on this device. Storage may be full, forbidden or cleared: then nothing is kept, and
// the page works on.
const PREFIX = 'tongban.'

export function keep(name: string, value: unknown): void {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value))
  } catch { /* private mode or full */ }
}

export function kept<T>(name: string, otherwise: T): T {
  try {
    const raw = localStorage.getItem(PREFIX + name)
    return raw === null ? otherwise : (JSON.parse(raw) as T)
  } catch {
    return otherwise
  }
}

export function forget(...names: string[]): void {
  try {
    for (const n of names) localStorage.removeItem(PREFIX + n)
  } catch { /* nothing was kept */ }
}
