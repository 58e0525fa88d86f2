// Reading aloud with the browser's own voice. Many 信创 machines have none: then say so, and say
// what to do instead.
import { ref } from 'vue'
import { hotline, tell } from './app'

export const speaking = ref(false)

function chinese(): SpeechSynthesisVoice | undefined {
  return speechSynthesis.getVoices().find((v) => /^(zh|cmn)/i.test(v.lang))
}

/** Voices may arrive late: wait for them a second at most. */
async function voice(): Promise<SpeechSynthesisVoice | undefined> {
  if (chinese()) return chinese()
  await new Promise<void>((ready) => {
    const t = setTimeout(ready, 1000)
    speechSynthesis.addEventListener('voiceschanged', () => { clearTimeout(t); ready() }, { once: true })
  })
  return chinese()
}

export function hush(): void {
  if ('speechSynthesis' in window) speechSynthesis.cancel()
  speaking.value = false
}

export async function readAloud(sentences: string[]): Promise<void> {
  if (speaking.value) return hush()
  const none = `这台设备没有中文语音，读不出来。可以打 ${hotline()}，请人念给您听。`
  if (!('speechSynthesis' in window)) return tell(none)
  speaking.value = true
  const v = await voice()
  if (!v) {
    speaking.value = false
    return tell(none)
  }
  let left = sentences.length
  for (const s of sentences) {
    const u = new SpeechSynthesisUtterance(s)
    Object.assign(u, { voice: v, lang: v.lang, rate: 0.9 })
    u.onend = u.onerror = () => { if (--left <= 0) speaking.value = false }
    speechSynthesis.speak(u)
  }
}
addEventListener('pagehide', hush)
