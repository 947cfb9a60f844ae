import { readdirSync } from 'node:fs'
import { parse, stringify } from 'yaml'
import manifest from '../../../package.json' with { type: 'json' }
import type { KubernetesObject } from '../../support/kubernetes.ts'
import { chart, type Rendering, readChartFile } from './render.ts'

/** The lines that say everything about an object, or about the notes, by its name. */
type Listing = ReadonlyMap<string, readonly string[]>

const version = new RegExp(`(?<![\\d.])${manifest.version.replaceAll('.', '\\.')}(?![\\d.])`, 'g')
const ofRelease = {
  'app.kubernetes.io/name': 'entra-bedrock-agent',
  'app.kubernetes.io/instance': 'demo',
  'app.kubernetes.io/version': manifest.version,
  'app.kubernetes.io/managed-by': 'Helm',
  'helm.sh/chart': `entra-bedrock-agent-${manifest.version}`,
}
const podLabels =
  /app\.kubernetes\.io\/name: entra-bedrock-agent, app\.kubernetes\.io\/instance: demo, app\.kubernetes\.io\/component: ([\w-]+)/g
/** Writes a value with the members of each object in the order of their names, as Helm does. */
const inOrder = (value: unknown) => stringify(value, { sortMapEntries: true })

/** The chart's files by their contents, which are not listed. */
const files = new Map(
  readdirSync(`${chart}/files`).map(name => {
    const text = readChartFile(`files/${name}`)
    return [name.endsWith('.mjs') ? text : inOrder(parse(text)), `<files/${name}>`]
  }),
)

/** Lists every field of every object, one a line, without versions and hashes. */
export function list({ objects, notes }: Rendering): Listing {
  const listed = objects.map(
    object => [mask(`${object.kind} ${object.metadata.name}`), listObject(object)] as const,
  )
  const lines = notes.split('\n').filter(line => line.trim() !== '')
  return new Map([...listed.sort(([a], [b]) => (a < b ? -1 : 1)), ['Notes', lines]])
}

export function printListing(listing: Listing): string {
  return [...listing]
    .map(([name, lines]) => [name, ...lines.map(line => `    ${line}`)].join('\n'))
    .join('\n')
}

/** What one listing has and the other lacks, as in a diff; a change of order is none. */
export function printChanges(before: Listing, after: Listing): string {
  const names = new Set([...before.keys(), ...after.keys()])
  return [...names]
    .flatMap(name => {
      const [old, now = []] = [before.get(name), after.get(name)]
      if (!after.has(name)) return [`- ${name}`]
      const gone = old?.filter(line => !now.includes(line)).map(line => `  - ${line}`) ?? []
      const made = now.filter(line => !old?.includes(line)).map(line => `  + ${line}`)
      return gone.length + made.length > 0 ? [`${old ? '' : '+ '}${name}`, ...gone, ...made] : []
    })
    .join('\n')
}

function listObject({ kind, metadata, ...object }: KubernetesObject): readonly string[] {
  const { name: _name, labels = {}, ...more } = metadata
  const own = Object.entries(labels).filter(([label, value]) => Reflect.get(ofRelease, label) !== value)
  const lines = flatten('', { metadata: { labels: Object.fromEntries(own), ...more }, ...object })
  return lines.map(line =>
    mask(line.replace('spec.template.metadata.', 'pods.').replace('spec.template.spec.', 'pod.')),
  )
}

function mask(line: string): string {
  return line
    .replace(version, '<version>')
    .replace(/\b[0-9a-f]{64}$/, '<sha256>')
    .replace(/(?<=-(?:agents|mcp)-)[0-9a-f]{10}\b/, '<hash>')
}

function flatten(path: string, value: unknown): readonly string[] {
  if (typeof value === 'string' && /^\{.*\}\s*$/s.test(value)) return flatten(path, JSON.parse(value))
  if (typeof value !== 'object' || value === null || files.has(inOrder(value)))
    return [`${path} = ${inline(value)}`]
  const size = Object.keys(value).length
  if (size === 0 || (size === 3 && /^\{ <pods of [\w-]+> \}$/.test(inline(value))))
    return [`${path} = ${inline(value)}`]
  if (!Array.isArray(value))
    return Object.entries(value).flatMap(([key, item]) => flatten(path === '' ? key : `${path}.${key}`, item))
  if (value.every(isNamed))
    return value.flatMap(({ name, ...item }) => flatten(`${path}.${name}`, item['value'] ?? item))
  if (value.some(item => typeof item === 'object')) return value.map(item => `${path}[] = ${inline(item)}`)
  return [`${path} = ${inline(value)}`]
}

function isNamed(item: unknown): item is Readonly<Record<string, unknown>> {
  return typeof item === 'object' && item !== null && 'name' in item
}

function inline(value: unknown): string {
  // Most values are such words, and formatting YAML takes long.
  if (typeof value === 'string' && /^(?!true$|false$|null$)[a-z][\w./-]*$/i.test(value)) return value
  const file = files.get(typeof value === 'string' ? value.replaceAll('$$', '$') : inOrder(value))
  if (file !== undefined) return file
  if (Array.isArray(value) && value.every(item => typeof item !== 'object'))
    return `[${value.map(inline).join(', ')}]`
  const text = stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim()
  return text.replace(podLabels, '<pods of $1>')
}
