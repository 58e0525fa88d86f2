import { createApp } from 'vue'
import App from './App.vue'
import { applyElder } from './app'
import './style.css'
import { talk } from './talk'

// The box of index.html works before this script does: what was typed there goes on.
const early = document.getElementById('question') as HTMLTextAreaElement | null
const typing = early !== null && document.activeElement === early
if (early?.value) talk.draft = early.value
applyElder()
createApp(App).mount('#app')
if (typing) document.getElementById('question')?.focus()
