// The sample city (../../demo) read well enough for developing pages: this is no model of the real
// extraction, only of its shapes.
import { readFileSync, readdirSync } from 'node:fs'

const DEMO = new URL('../../demo/', import.meta.url)
const bytes = (s) => Buffer.byteLength(s)
const iso = (s) => {
  const m = /(\d{4})年(\d{1,2})月(\d{1,2})日/.exec(s ?? '')
  return m ? `${m[1]}-${m[2].padStart(2, '0')}-${m[3].padStart(2, '0')}` : null
}
const TITLE = { in_force: '现行有效', not_yet: '尚未施行', expired: '失效', repealed: '已废止' }

export function validityOn(v, day) {
  if (v.repealed_on && day >= v.repealed_on) return 'repealed'
  if (v.expires_on && day > v.expires_on) return 'expired'
  return v.effective_from && day < v.effective_from ? 'not_yet' : 'in_force'
}
export const validityTitle = (v) => TITLE[v]

/** Articles (第五条 …) or items (一、 …) with their byte places in the text. */
function passagesOf(plain, firstId) {
  const out = []
  let at = 0, heading = '', open = null
  for (const line of plain.split('\n')) {
    const article = /^(第[一二三四五六七八九十百]+条)[\s\u3000]/.exec(line) ?? /^([一二三四五六七八九十]+)、/.exec(line)
    if (line.startsWith('## ')) heading = line.slice(3)
    if (article || line.startsWith('#')) open = null
    if (article) out.push(open = { id: firstId + out.length, clause: article[1], heading, kind: 'article', begin: at, end: at })
    if (open && line.trim()) open.end = at + bytes(line)
    at += bytes(line) + 1
  }
  return out
}

export function readVersion(plain, id) {
  const field = (name) => new RegExp(`^${name}：(.*)$`, 'm').exec(plain)?.[1] ?? ''
  return {
    id, title: plain.split('\n')[0].replace(/^#\s*/, ''), document_number: field('发文字号'), issuing_body: field('印发机关'),
    issued_on: iso(field('成文日期')), effective_from: iso(field('施行日期')), expires_on: iso(field('失效日期')),
    repealed_on: null, repealed_by: null, supersedes: null, state: 'confirmed', plain, passages: passagesOf(plain, id * 1000),
    digest: 'd' + id, notes: [], repeals: [], created_at: '2026-11-20T09:00:00+08:00',
  }
}

export function loadDocuments() {
  const documents = new Map(), versions = []
  for (const [i, file] of readdirSync(new URL('policies/', DEMO)).sort().entries()) {
    const v = { ...readVersion(readFileSync(new URL('policies/' + file, DEMO), 'utf8'), 100 + i), file_name: file }
    if (!documents.has(v.title)) documents.set(v.title, { id: documents.size + 1, title: v.title, versions: [] })
    const doc = documents.get(v.title)
    v.document = doc.id
    doc.versions.push(v)
    versions.push(v)
  }
  for (const doc of documents.values()) {
    doc.versions.sort((a, b) => (a.effective_from < b.effective_from ? -1 : 1))
    doc.versions.forEach((v, i) => {
      v.number = i + 1
      const before = doc.versions[i - 1]
      if (before) { v.supersedes = before.id; before.repealed_by = v.id; before.repealed_on = v.effective_from }
    })
  }
  return { documents: [...documents.values()], versions }
}

export function loadStaff() {
  const line = /\{login: ([\w.]+),\s*name: ([^,]+),\s*role: (\w+),\s*department: (\w+),\s*title: ([^}]+)\}/g
  return [...readFileSync(new URL('users.yaml', DEMO), 'utf8').matchAll(line)]
    .map(([, login, name, role, department, title]) => ({ login, name, role, department, title }))
}

export function loadDepartments() {
  const text = readFileSync(new URL('city.yaml', DEMO), 'utf8')
  return text.slice(text.indexOf('departments:')).split(/^ {2}- id: /m).slice(1).map((block) => {
    const one = (s, name) => new RegExp(`^\\s*(?:- )?${name}: (.*)$`, 'm').exec(s)?.[1] ?? ''
    const windows = (block.split('windows:')[1] ?? '').split(/^\s+- name: /m).slice(1)
      .map((w) => ({ name: w.split('\n')[0], address: one(w, 'address'), hours: one(w, 'hours'), phone: one(w, 'phone') }))
    return { id: block.split('\n')[0].trim(), name: one(block, 'name'), short: one(block, 'short'), phone: one(block.split('windows:')[0], 'phone'), windows }
  })
}

export function loadStandards() {
  return readFileSync(new URL('standard_answers.yaml', DEMO), 'utf8').split(/^- id: /m).slice(1).map((b, i) => ({
    id: i + 1,
    questions: [...(b.split('questions:')[1]?.split('answer:')[0] ?? '').matchAll(/^\s+- (.*)$/gm)].map((m) => m[1]),
    answer: /^\s+answer: (.*)$/m.exec(b)?.[1] ?? '',
    citations: [...b.matchAll(/\{document: ([^,]+), clause: ([^}]+)\}/g)].map((m) => ({ document_number: m[1], clause: m[2] })),
    department: /^\s+department: (.*)$/m.exec(b)?.[1] ?? '',
  }))
}
