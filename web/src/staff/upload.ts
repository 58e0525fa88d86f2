// Sends files and says how far it is: fetch cannot tell.
import { ApiError, OFFLINE, csrfToken, failure } from '../shared/http'

export function upload<T>(path: string, form: FormData, on: (share: number) => void): Promise<T> {
  return new Promise((done, fail) => {
    const x = new XMLHttpRequest()
    x.open('POST', path)
    x.setRequestHeader('x-csrf-token', csrfToken())
    x.upload.onprogress = (e) => on(e.lengthComputable && e.total ? e.loaded / e.total : 0)
    x.onerror = () => fail(new ApiError(0, 'offline', OFFLINE))
    x.onload = () => {
      if (x.status >= 200 && x.status < 300) done(JSON.parse(x.responseText) as T)
      else void failure(new Response(x.responseText, { status: x.status })).then(fail)
    }
    x.send(form)
  })
}
