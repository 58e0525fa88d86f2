// What an engine with automatic prefix caching (vLLM, SGLang) finds of a prompt in its memory: whole blocks from
// the beginning, each known by itself and all before it; the least lately used goes when there is no more room.
// A token is a character here. The last token is always computed, as vLLM does.
import { createHash } from 'node:crypto'

export class PrefixCache {
  /** blocks: how many of them fit; size: tokens in one (16 as vLLM has it) */
  constructor({ blocks, size = 16 }) {
    this.blocks = blocks
    this.size = size
    this.held = new Map() // digest → true, the least lately used first
  }

  /** Reads the prompt: { tokens, cached }. */
  read(prompt) {
    const all = [...prompt], digests = []
    let before = ''
    for (let at = 0; at + this.size <= all.length; at += this.size)
      digests.push(before = createHash('sha1').update(before).update(all.slice(at, at + this.size).join('')).digest('base64'))
    const missing = digests.findIndex((d) => !this.held.has(d))
    const found = missing < 0 ? digests.length : missing
    for (const d of digests.reverse()) { // the beginning is used last: an end without its beginning is worth nothing
      this.held.delete(d)
      this.held.set(d, true)
    }
    for (const d of this.held.keys()) {
      if (this.held.size <= this.blocks) break
      this.held.delete(d)
    }
    return { tokens: all.length, cached: Math.max(0, Math.min(found * this.size, all.length - 1)) }
  }
}
