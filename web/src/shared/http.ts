// One way to the server. Every failure becomes a sentence that says what happened and what to do.
import { prove } from './proof'

export class ApiError extends Error {
  constructor(readonly status: number, readonly code: string, message: string, readonly retryAfter = 0) {
    super(message)
  }
}

let proof = '' // of work done, when very many come at once
let csrf = ''
export function setCsrf(token: string): void { csrf = token }
export const csrfToken = (): string => csrf

const FALLBACK: Record<number, string> = {
  400: '内容的格式不对，请改一下再试。',
  401: '登录已经过期，请重新登录。',
  403: '您没有这项权限。需要的话，请找安全保密员。',
  404: '没有找到。可能已经撤下。',
  409: '别人刚刚改过，请刷新后再试。',
  413: '文件或文字太大，请缩小后再试。',
  429: '现在人有点多，请稍等一会儿再试。',
  503: '系统正在准备，请一分钟后再试。',
}

/** The sentence for a status when the server gave none. */
function sentenceFor(status: number): string {
  return FALLBACK[status] ?? (status >= 500 ? '服务器出了问题，内容没有丢。请稍后再试。' : '没有办成，请再试一次。')
}

export const OFFLINE = '网络断了。您写的话还在，连上后再试。'

export async function failure(res: Response): Promise<ApiError> {
  let code = '', message = '', retry = Number(res.headers.get('retry-after') ?? 0) || 0
  try {
    const body = (await res.json()) as { error?: { code?: string; message?: string; retry_after?: number } }
    code = body.error?.code ?? ''
    message = body.error?.message ?? ''
    retry = body.error?.retry_after ?? retry
  } catch { /* not JSON: the status alone must do */ }
  return new ApiError(res.status, code, message || sentenceFor(res.status), retry)
}

export async function send(method: string, path: string, body?: unknown, signal?: AbortSignal, again = true): Promise<Response> {
  const headers: Record<string, string> = {}
  const form = body instanceof FormData
  if (body !== undefined && !form) headers['content-type'] = 'application/json'
  if (csrf && method !== 'GET') headers['x-csrf-token'] = csrf
  if (proof) headers['x-proof'] = proof
  let res: Response
  try {
    res = await fetch(path, {
      method, headers, signal, credentials: 'same-origin', cache: 'no-store',
      body: body === undefined ? undefined : form ? (body as FormData) : JSON.stringify(body),
    })
  } catch (e) {
    if (signal?.aborted) throw e
    throw new ApiError(0, 'offline', OFFLINE)
  }
  const challenge = res.status === 429 ? res.headers.get('x-challenge') : null
  if (challenge && again) {
    proof = await prove(challenge)
    return send(method, path, body, signal, false)
  }
  if (!res.ok) throw await failure(res)
  return res
}

async function json<T>(method: string, path: string, body?: unknown): Promise<T> {
  const res = await send(method, path, body)
  const text = await res.text()
  return (text ? JSON.parse(text) : {}) as T
}

export const api = {
  get: <T>(path: string) => json<T>('GET', path),
  post: <T>(path: string, body: unknown = {}) => json<T>('POST', path, body),
  put: <T>(path: string, body: unknown) => json<T>('PUT', path, body),
  del: <T>(path: string) => json<T>('DELETE', path),
}

/** "?a=1&b=2" of what is set; "" when nothing is. */
export function query(of: Record<string, string | number | null | undefined>): string {
  const q = new URLSearchParams()
  for (const [k, v] of Object.entries(of)) if (v !== null && v !== undefined && v !== '') q.set(k, String(v))
  const s = q.toString()
  return s ? '?' + s : ''
}

export function sentenceOf(e: unknown): string {
  return e instanceof Error && e.message ? e.message : '没有办成，请再试一次。'
}
