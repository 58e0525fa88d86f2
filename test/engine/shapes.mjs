// What an engine with the OpenAI API says, shape by shape: deltas of a stream, whole replies of each
// endpoint, usage. engine.mjs decides what is said and what goes wrong on the way.

export function pieces(text, size) {
  const all = [...text]
  const out = []
  for (let i = 0; i < all.length; i += size) out.push(all.slice(i, i + size).join(''))
  return out
}

/** One event of a chat's stream, or of /v1/completions when `text` is. */
export function delta(request, fields, finish = null, index = 0, more = {}) {
  const chat = request.path !== '/v1/completions'
  const choice = chat ? { index, delta: fields, finish_reason: finish }
    : { index, text: fields.content ?? '', logprobs: null, finish_reason: finish }
  return `data: ${JSON.stringify({
    id: 'chatcmpl-test', object: chat ? 'chat.completion.chunk' : 'text_completion', created: 1790000000,
    model: request.model, choices: [choice], ...more,
  })}\n\n`
}

/** request.tokens and request.cached, where a script has set them, stand for the prompt's. */
export function usageOf(request, text) {
  const prompt = request.tokens ?? Math.ceil([...request.prompt].length * 0.7)
  const answer = [...text].length
  return { prompt_tokens: prompt, completion_tokens: answer, total_tokens: prompt + answer,
           prompt_tokens_details: { cached_tokens: request.cached ?? Math.min(40, prompt) } }
}

export function usageEvent(request, text) {
  return `data: ${JSON.stringify({
    id: 'chatcmpl-test', object: 'chat.completion.chunk', created: 1790000000, model: request.model,
    choices: [], usage: usageOf(request, text),
  })}\n\n`
}

/** calls of a behaviour as the API has them: [{ name, arguments }] with an id each */
export function toolCalls(calls) {
  return calls.map((c, i) => ({
    id: c.id ?? `call_${i + 1}`, type: 'function',
    function: { name: c.name, arguments: typeof c.arguments === 'string' ? c.arguments : JSON.stringify(c.arguments ?? {}) },
  }))
}

// The same calls as a stream brings them: the name first, then the arguments in pieces.
export function toolDeltas(calls, size) {
  return toolCalls(calls).flatMap((c, index) => [
    { tool_calls: [{ index, ...c, function: { name: c.function.name, arguments: '' } }] },
    ...pieces(c.function.arguments, size).map((part) => ({ tool_calls: [{ index, function: { arguments: part } }] })),
  ])
}

function chatWhole(request, b, text) {
  const message = { role: 'assistant', content: text }
  if (b.kind === 'reasoning') message[b.field ?? 'reasoning_content'] = b.reasoning ?? '先看依据。'
  if (b.calls) Object.assign(message, { content: b.text ?? null, tool_calls: toolCalls(b.calls) })
  return {
    id: 'chatcmpl-test', object: 'chat.completion', created: 1790000000, model: request.model,
    choices: Array.from({ length: request.body.n ?? 1 }, (_, index) => ({
      index, message: { ...message, ...(b.texts && { content: b.texts[index] }) }, logprobs: null,
      finish_reason: b.finish ?? (b.calls ? 'tool_calls' : 'stop'),
    })),
    ...(b.usage !== false && { usage: usageOf(request, text) }),
  }
}

function completionWhole(request, b, text) {
  return {
    id: 'cmpl-test', object: 'text_completion', created: 1790000000, model: request.model,
    choices: [{ index: 0, text, logprobs: null, finish_reason: b.finish ?? 'stop' }],
    usage: usageOf(request, text),
  }
}

const VECTOR = 8
function vectorOf(text) { // the same text has the same one; of length 1
  const v = new Float32Array(VECTOR)
  for (const [i, c] of [...String(text)].entries()) v[(c.codePointAt(0) + i) % VECTOR] += 1
  const length = Math.hypot(...v) || 1
  return v.map((x) => x / length)
}

function embeddings(request) {
  const inputs = [request.body.input ?? ''].flat()
  return {
    object: 'list', model: request.model,
    data: inputs.map((text, index) => {
      const v = vectorOf(text)
      const embedding = request.body.encoding_format === 'base64' ? Buffer.from(v.buffer).toString('base64') : [...v]
      return { object: 'embedding', index, embedding }
    }),
    usage: { prompt_tokens: inputs.join('').length, total_tokens: inputs.join('').length },
  }
}

function rerank(request) {
  const { query = '', documents = [], top_n, return_documents } = request.body
  const texts = documents.map((d) => (typeof d === 'string' ? d : d.text))
  const score = (text) => [...new Set(query)].filter((c) => text.includes(c)).length / Math.max(1, new Set(query).size)
  const results = texts.map((text, index) => ({
    index, relevance_score: score(text), ...(return_documents && { document: { text } }),
  })).sort((a, b) => b.relevance_score - a.relevance_score)
  const tokens = query.length + texts.join('').length
  return { id: 'rerank-test', model: request.model, results: results.slice(0, top_n ?? results.length), usage: { total_tokens: tokens } }
}

/** A whole reply of the endpoint that was asked: an object, or a text for a transcription as text. */
export function wholeOf(request, b, text) {
  if (request.path === '/v1/embeddings') return embeddings(request)
  if (request.path === '/v1/rerank') return rerank(request)
  if (request.path === '/v1/audio/transcriptions')
    return request.body.response_format === 'text' ? `${text}\n` : { text, usage: { type: 'duration', seconds: 3 } }
  if (request.path === '/v1/completions') return completionWhole(request, b, text)
  return chatWhole(request, b, text)
}

/** The fields of a multipart form; a file is { name, type, bytes }. */
export function formOf(bytes, type) {
  const mark = /boundary="?([^";]+)/.exec(type)?.[1]
  const form = {}
  if (!mark) return form
  const text = bytes.toString('latin1')
  for (const part of text.split(`--${mark}`).slice(1, -1)) {
    const end = part.indexOf('\r\n\r\n')
    const head = part.slice(0, end)
    const name = /name="([^"]*)"/.exec(head)?.[1]
    const file = /filename="([^"]*)"/.exec(head)?.[1]
    const value = Buffer.from(part.slice(end + 4, -2), 'latin1')
    form[name] = file === undefined ? value.toString('utf8')
      : { name: Buffer.from(file, 'latin1').toString('utf8'), type: /content-type:\s*(\S+)/i.exec(head)?.[1], bytes: value.length }
  }
  return form
}
