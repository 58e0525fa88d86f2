// text/event-stream over fetch: EventSource cannot POST.
export interface ServerEvent { event: string; data: unknown }

const SILENCE_MS = 45_000 // the server says ": ping" every 15 s

function parse(block: string): ServerEvent | null {
  let event = 'message'
  const data: string[] = []
  for (const line of block.split('\n')) {
    if (line.startsWith('event:')) event = line.slice(6).trim()
    else if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''))
  }
  if (!data.length) return null
  return { event, data: JSON.parse(data.join('\n')) as unknown }
}

/** Calls `on` for every event until the stream ends; throws when it breaks or falls silent. */
export async function readEvents(body: ReadableStream<Uint8Array>, on: (e: ServerEvent) => void): Promise<void> {
  const reader = body.getReader()
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let rest = ''
  for (;;) {
    let timer = 0
    const silence = new Promise<never>((_, reject) => {
      timer = window.setTimeout(() => reject(new Error('silence')), SILENCE_MS)
    })
    let step: ReadableStreamReadResult<Uint8Array>
    try {
      step = await Promise.race([reader.read(), silence])
    } catch (e) {
      void reader.cancel().catch(() => undefined)
      throw e
    } finally {
      clearTimeout(timer)
    }
    if (step.done) return
    rest = (rest + decoder.decode(step.value, { stream: true })).replace(/\r\n?/g, '\n')
    for (let cut = rest.indexOf('\n\n'); cut >= 0; cut = rest.indexOf('\n\n')) {
      const e = parse(rest.slice(0, cut))
      rest = rest.slice(cut + 2)
      if (e) on(e)
    }
  }
}
