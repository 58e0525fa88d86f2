// What changed between two versions: line by line, and inside a changed line piece by piece.
export interface Piece { kind: 'same' | 'add' | 'del'; text: string }
export interface DiffLine { kind: 'same' | 'add' | 'del' | 'change'; pieces: Piece[] }

/** Longest common subsequence as a list of steps. Both sides are bounded by the caller. */
function steps<T>(a: T[], b: T[]): { kind: Piece['kind']; a: number; b: number }[] {
  const w = b.length + 1
  const best = new Uint16Array((a.length + 1) * w)
  const at = (i: number, j: number): number => best[i * w + j] ?? 0
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      best[i * w + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  const out: { kind: Piece['kind']; a: number; b: number }[] = []
  let i = 0, j = 0
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) out.push({ kind: 'same', a: i++, b: j++ })
    else if (i < a.length && (j >= b.length || at(i + 1, j) >= at(i, j + 1))) out.push({ kind: 'del', a: i++, b: -1 })
    else out.push({ kind: 'add', a: -1, b: j++ })
  }
  return out
}

const MAX_LINES = 3000, MAX_CHARS = 2000

function inside(before: string, after: string): Piece[] {
  const a = [...before], b = [...after]
  if (a.length > MAX_CHARS || b.length > MAX_CHARS) return [{ kind: 'del', text: before }, { kind: 'add', text: after }]
  const out: Piece[] = []
  for (const s of steps(a, b)) {
    const text = (s.kind === 'add' ? b[s.b] : a[s.a]) ?? ''
    const last = out[out.length - 1]
    if (last?.kind === s.kind) last.text += text
    else out.push({ kind: s.kind, text })
  }
  return out
}

function pairs(s: string): Set<string> {
  const c = [...s]
  return new Set(c.slice(1).map((x, i) => c[i] + x))
}
/** Alike enough to be read as one changed line: half of their pairs of characters are the same. */
function alike(a: string, b: string): boolean {
  const p = pairs(a), q = pairs(b)
  let same = 0
  for (const x of p) if (q.has(x)) same++
  return same * 2 > (p.size + q.size) / 2
}

/** Lines gone and lines come between two lines that stayed: which became which, in order. */
function match(gone: string[], come: string[]): DiffLine[] {
  const out: DiffLine[] = []
  let j = 0
  for (const old of gone) {
    const k = gone.length * come.length > 10_000 ? -1 : come.findIndex((c, at) => at >= j && alike(old, c))
    if (k < 0) { out.push({ kind: 'del', pieces: [{ kind: 'del', text: old }] }); continue }
    for (; j < k; j++) out.push({ kind: 'add', pieces: [{ kind: 'add', text: come[j] as string }] })
    out.push({ kind: 'change', pieces: inside(old, come[j++] as string) })
  }
  for (; j < come.length; j++) out.push({ kind: 'add', pieces: [{ kind: 'add', text: come[j] as string }] })
  return out
}

const linesOf = (t: string): string[] => t.split('\n').map((l) => l.replace(/^#+\s*/, '').trim()).filter(Boolean).slice(0, MAX_LINES)

export function diffText(before: string, after: string): DiffLine[] {
  const a = linesOf(before), b = linesOf(after)
  const out: DiffLine[] = []
  let gone: string[] = [], come: string[] = []
  const settle = (): void => { out.push(...match(gone, come)); gone = []; come = [] }
  for (const s of steps(a, b)) {
    if (s.kind === 'del') gone.push(a[s.a] as string)
    else if (s.kind === 'add') come.push(b[s.b] as string)
    else { settle(); out.push({ kind: 'same', pieces: [{ kind: 'same', text: a[s.a] as string }] }) }
  }
  settle()
  return out
}
