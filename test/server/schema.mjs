// The part of JSON Schema that docs/openapi.yaml uses, read strictly: an object may hold only what
// its properties name, so that what the description leaves out is found too.
import { execFileSync } from 'node:child_process'

export function readApi(text) {
  const typed = 'import sys, yaml, json; json.dump(yaml.safe_load(sys.stdin.read()), sys.stdout, default=str)'
  return JSON.parse(execFileSync('/usr/bin/python3', ['-c', typed], { input: text, encoding: 'utf8', maxBuffer: 1 << 26 }))
}

export function follow(api, node) {
  while (node?.$ref) node = node.$ref.slice(2).split('/').reduce((at, key) => at[key], api)
  return node
}

const kind = (v) => (v === null ? 'null' : Array.isArray(v) ? 'array' : Number.isInteger(v) ? 'integer' : typeof v)

// All complaints about value, as strings.
export function faults(api, schema, value, at = '$') {
  const s = follow(api, schema)
  if (s.oneOf) {
    const tries = s.oneOf.map((o) => faults(api, o, value, at))
    return tries.some((t) => t.length === 0) ? [] : tries.sort((a, b) => a.length - b.length)[0]
  }
  if (s.allOf) return faults(api, merge(api, s.allOf), value, at)
  const found = []
  const types = s.type === undefined ? [] : [s.type].flat()
  if (types.length && !types.includes(kind(value)) && !(types.includes('number') && kind(value) === 'integer'))
    return [`${at} is ${kind(value)}, not ${types.join(' or ')}`]
  if (s.const !== undefined && value !== s.const) found.push(`${at} is ${JSON.stringify(value)}, not ${s.const}`)
  if (s.enum && !s.enum.includes(value)) found.push(`${at} is ${JSON.stringify(value)}, none of ${s.enum}`)
  if (typeof value === 'string') {
    if (s.pattern && !new RegExp(s.pattern, 'u').test(value)) found.push(`${at} does not look like ${s.pattern}: ${value}`)
    if (s.minLength && value.length < s.minLength) found.push(`${at} is too short`)
  }
  if (typeof value === 'number' && s.minimum !== undefined && value < s.minimum) found.push(`${at} is below ${s.minimum}`)
  if (Array.isArray(value)) value.forEach((v, i) => found.push(...faults(api, s.items, v, `${at}[${i}]`)))
  if (kind(value) === 'object') found.push(...inObject(api, s, value, at))
  return found
}

function inObject(api, s, value, at) {
  const found = []
  for (const name of s.required ?? []) if (!(name in value)) found.push(`${at}.${name} is missing`)
  for (const [name, v] of Object.entries(value)) {
    const p = s.properties?.[name] ?? s.additionalProperties
    if (p === undefined || p === false) found.push(`${at}.${name} is not described`)
    else if (p !== true) found.push(...faults(api, p, v, `${at}.${name}`))
  }
  return found
}

function merge(api, parts) {
  const out = { type: 'object', required: [], properties: {} }
  for (const part of parts.map((p) => follow(api, p))) {
    const p = part.allOf ? merge(api, part.allOf) : part
    out.required.push(...(p.required ?? []))
    Object.assign(out.properties, p.properties)
  }
  return out
}
