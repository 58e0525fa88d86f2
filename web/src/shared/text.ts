import type { Validity } from './types'

/** 2024-07-01 → 2024年7月1日; "" stays "". */
export function day(d: string | null | undefined): string {
  const m = /^(\d{4})-(\d{2})-(\d{2})/.exec(d ?? '')
  return m ? `${m[1]}年${Number(m[2])}月${Number(m[3])}日` : ''
}

/** When a rule holds, in words. */
export function span(from: string | null, to: string | null, repealed: string | null = null): string {
  const end = repealed ? `${day(repealed)}废止` : to ? `至${day(to)}` : ''
  if (from && end) return `${day(from)}起，${end}`
  if (from) return `${day(from)}起`
  return end || '未写日期'
}

/** An RFC 3339 time as a person reads it: 11月21日 09:05, on the server's clock (+08:00), wherever the
 *  browser thinks it is; the year only when it is another one. */
export function moment(t: string | null | undefined): string {
  const m = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}:\d{2})/.exec(t ?? '')
  if (!m) return t ?? ''
  const year = Number(m[1]) === new Date().getFullYear() ? '' : `${m[1]}年`
  return `${year}${Number(m[2])}月${Number(m[3])}日 ${m[4]}`
}

/** Now, in the same form. */
export function nowLocal(): string {
  return new Date(Date.now() + 8 * 3600e3).toISOString().replace('Z', '+08:00')
}

export function isValidity(v: string): v is Validity {
  return v === 'in_force' || v === 'not_yet' || v === 'expired' || v === 'repealed'
}

export interface Line { text: string; begin: number; end: number }

/** The lines of a text with their byte offsets (UTF-8), as the server's passages count them. */
export function byteLines(plain: string): Line[] {
  const encoder = new TextEncoder()
  const lines: Line[] = []
  let at = 0
  for (const text of plain.split('\n')) {
    const end = at + encoder.encode(text).length
    lines.push({ text, begin: at, end })
    at = end + 1
  }
  return lines
}

/** Cuts a line into the parts before, inside and after the byte range [begin, end). */
export function cutLine(line: Line, begin: number, end: number): [string, string, string] {
  const from = Math.max(begin, line.begin), to = Math.min(end, line.end)
  if (from >= to) return [line.text, '', '']
  const bytes = new TextEncoder().encode(line.text)
  const d = new TextDecoder()
  const a = from - line.begin, b = to - line.begin
  return [d.decode(bytes.slice(0, a)), d.decode(bytes.slice(a, b)), d.decode(bytes.slice(b))]
}

/** Versions of a document from the oldest to the newest. */
export function inOrder<T extends { number: number; effective_from: string | null }>(versions: T[]): T[] {
  return [...versions].sort((a, b) => (a.effective_from ?? '').localeCompare(b.effective_from ?? '') || a.number - b.number)
}
