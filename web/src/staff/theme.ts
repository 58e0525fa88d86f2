import { ref, watchEffect } from 'vue'
import { keep, kept } from '../shared/device'

const system = matchMedia('(prefers-color-scheme: dark)')
export const dark = ref(kept('dark', system.matches))
watchEffect(() => document.documentElement.classList.toggle('dark', dark.value))
export function toggleDark(): void {
  dark.value = !dark.value
  keep('dark', dark.value)
}
