// The pages, and the right each needs. The server decides; here only what would be refused is hidden.
import { may } from './session'
import type { Perm } from './types'

export interface Page { path: string; title: string; icon: 'phone' | 'chart' | 'inbox' | 'book' | 'chat' | 'users' | 'shield' | 'pulse' | 'key' | 'coin' | 'person' | 'warn'; need: Perm; aside?: true } // aside: reached by a link, not from the row of pages
export const PAGES: readonly Page[] = [
  { path: '/today', title: '今天', icon: 'chart', need: 'overview' },
  { path: '/inbox', title: '收件箱', icon: 'inbox', need: 'handoff' },
  { path: '/orders', title: '热线', icon: 'phone', need: 'order' },
  { path: '/review', title: '审签台', icon: 'shield', need: 'sign' },
  { path: '/knowledge', title: '知识库', icon: 'book', need: 'knowledge_read' },
  { path: '/standards', title: '标准问答', icon: 'chat', need: 'knowledge_read' },
  { path: '/employees', title: '数智员工', icon: 'person', need: 'staff' },
  { path: '/incidents', title: '预警与处置', icon: 'warn', need: 'incident_read' },
  { path: '/gateway', title: '模型网关', icon: 'pulse', need: 'use_read' },
  { path: '/keys', title: '应用密钥', icon: 'key', need: 'key_read' },
  { path: '/usage', title: '用量', icon: 'coin', need: 'use_read' },
  { path: '/users', title: '用户', icon: 'users', need: 'user_read' },
  { path: '/audit', title: '审计', icon: 'shield', need: 'audit_read' },
  { path: '/shield', title: '外联与词表', icon: 'shield', need: 'user_read' },
  { path: '/limits', title: '限流', icon: 'pulse', need: 'operate' },
  { path: '/approvals', title: '双人确认', icon: 'users', need: 'confirm' },
  { path: '/me', title: '我的账号', icon: 'key', need: 'staff', aside: true },
]
export const openPages = (): Page[] => PAGES.filter((p) => may(p.need))
