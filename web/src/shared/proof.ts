// When very many come at once, the server asks a page for a little work before it goes on (guard/flood.h): a number n
// so that SM3 of "<challenge>:<n>" begins with 14 zero bits. A fraction of a second, and nobody has to do anything.
const BITS = 14
const rotl = (x: number, n: number): number => (x << (n & 31)) | (x >>> (32 - (n & 31) & 31))

/** SM3 (GB/T 32905-2016) of ASCII text; its first 32 bits. */
export function sm3Head(text: string): number {
  const size = ((text.length + 8) >> 6) + 1
  const words = new Int32Array(size * 16)
  for (let i = 0; i < text.length; i++) words[i >> 2] = (words[i >> 2] as number) | (text.charCodeAt(i) << (24 - (i & 3) * 8))
  words[text.length >> 2] = (words[text.length >> 2] as number) | (0x80 << (24 - (text.length & 3) * 8))
  words[size * 16 - 1] = text.length * 8
  const v = new Int32Array([0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e])
  const w = new Int32Array(68)
  for (let block = 0; block < size; block++) {
    for (let i = 0; i < 16; i++) w[i] = words[block * 16 + i] as number
    for (let i = 16; i < 68; i++) {
      const x = (w[i - 16] as number) ^ (w[i - 9] as number) ^ rotl(w[i - 3] as number, 15)
      w[i] = x ^ rotl(x, 15) ^ rotl(x, 23) ^ rotl(w[i - 13] as number, 7) ^ (w[i - 6] as number)
    }
    let [a, b, c, d, e, f, g, h] = Array.from(v) as [number, number, number, number, number, number, number, number]
    for (let i = 0; i < 64; i++) {
      const s1 = rotl((rotl(a, 12) + e + rotl(i < 16 ? 0x79cc4519 : 0x7a879d8a, i)) | 0, 7)
      const s2 = s1 ^ rotl(a, 12)
      const t1 = ((i < 16 ? a ^ b ^ c : (a & b) | (a & c) | (b & c)) + d + s2 + ((w[i] as number) ^ (w[i + 4] as number))) | 0
      const t2 = ((i < 16 ? e ^ f ^ g : (e & f) | (~e & g)) + h + s1 + (w[i] as number)) | 0
      d = c; c = rotl(b, 9); b = a; a = t1; h = g; g = rotl(f, 19); f = e; e = t2 ^ rotl(t2, 9) ^ rotl(t2, 17)
    }
    ;[a, b, c, d, e, f, g, h].forEach((x, i) => { v[i] = (v[i] as number) ^ x })
  }
  return (v[0] as number) >>> 0
}

/** What to send as x-proof. Lets the page breathe while it works. */
export async function prove(challenge: string): Promise<string> {
  for (let n = 0; ; n++) {
    if (n % 2000 === 1999) await new Promise((go) => setTimeout(go))
    if (sm3Head(`${challenge}:${n}`) >>> (32 - BITS) === 0) return `${challenge}:${n}`
  }
}
