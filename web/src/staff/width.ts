// Below this a table's lesser columns move under its first one.
import { type Ref, ref } from 'vue'

function matches(query: string): Ref<boolean> {
  const q = matchMedia(query)
  const on = ref(q.matches)
  q.addEventListener('change', (e) => { on.value = e.matches })
  return on
}
export const narrow = matches('(max-width: 1000px)')
export const phone = matches('(max-width: 600px)')
