import { resolve } from 'node:path'
import demo from './demo.json' with { type: 'json' }
import { readYamlFile } from './file.ts'
import { type Fault, quote } from './names.ts'

/** Puts a seed over the one that it `extends`: the demo's, or another file, which extends none. `undefined` after a fault. */
export function extendSeed(content: unknown, folder: string | null, fault: Fault): unknown {
  const name = memberOf(content, 'extends')
  if (typeof name !== 'string') return content
  const tell: Fault = sentence => fault(`the file extends ${quote(name)}, which ${sentence}`)
  const base = name === 'demo' ? demo : readBase(folder, name, tell)
  return base && merge(base, content)
}

function readBase(folder: string | null, name: string, tell: Fault): unknown {
  if (folder === null) tell('is a file; only seed files can name any')
  const base = folder === null ? undefined : readYamlFile(resolve(folder, name), tell)
  if (base === undefined || (isMapping(base) && !Object.hasOwn(base, 'extends'))) return base
  tell(isMapping(base) ? 'extends a file itself; it may not' : 'is no mapping')
  return undefined
}

/** Puts one tree of mappings over another; what is no mapping is replaced. No key reaches a prototype. */
export function merge(below: unknown, above: unknown): unknown {
  if (!isMapping(below) || !isMapping(above)) return above ?? below
  const names = Object.keys({ ...below, ...above })
  return Object.fromEntries(names.map(name => [name, merge(memberOf(below, name), memberOf(above, name))]))
}

/** What a tree of mappings has at a path such as `apps.orders`. */
export function memberOf(tree: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce((node, name) => (isMapping(node) && Object.hasOwn(node, name) ? node[name] : undefined), tree)
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
