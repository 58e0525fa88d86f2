/** Puts words on the clipboard; without https a browser has none, and the old way must do. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch { /* not allowed, or not there */ }
  const box = document.createElement('textarea')
  const back = document.activeElement as HTMLElement | null
  box.value = text
  ;(back?.closest('dialog') ?? document.body).append(box) // a window that is open keeps the rest of the page inert
  box.select()
  const done = document.execCommand('copy')
  box.remove()
  back?.focus()
  return done
}
