import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { isObject } from '@entra-agents/emulator-kit'
import { LineCounter, parseDocument } from 'yaml'
import { type Fault, quote } from '../errors/shape.ts'
import demo from './demo.json' with { type: 'json' }

/** In bytes. */
export const largestFile = 128 * 1024

/** The text of a small file; anything else, such as a device that never ends, is a fault. */
export function readSmallFile(path: string, fault: Fault): string | undefined {
  try {
    const found = statSync(path)
    if (found.isFile() && found.size <= largestFile) return readFileSync(path, 'utf8')
    fault(found.isFile() ? `has ${found.size} bytes; at most ${largestFile} are read` : 'is no ordinary file')
  } catch (error) {
    fault(`can't be read (${(error as NodeJS.ErrnoException).code})`)
  }
  return undefined
}

/**
 * The content of a small file of YAML 1.2, of which JSON is a part; `undefined` after a fault, which says where it is, but shows nothing of the text, which
 * may have secrets. Aliases are few, so that no small file becomes a large tree.
 */
export function readYamlFile(path: string, fault: Fault): unknown {
  const yaml = readSmallFile(path, fault)
  if (yaml === undefined) return undefined
  const lines = new LineCounter()
  const strictness = { prettyErrors: false, stringKeys: true, resolveKnownTags: false }
  try {
    const document = parseDocument(yaml, { lineCounter: lines, ...strictness })
    if (document.contents === null) fault('is empty')
    const problems = [...document.errors, ...document.warnings]
    for (const { code, pos } of problems) {
      // The position may be that of the white space before the problem.
      const { line, col } = lines.linePos(pos[0] + yaml.slice(pos[0]).search(/\S|$/))
      fault(`is not YAML (${code} at line ${line}, column ${col})`)
    }
    return problems.length > 0 ? undefined : document.toJS({ maxAliasCount: 100 })
  } catch (error) {
    // Too many aliases, or more brackets in one another than the stack holds.
    fault(`is not YAML that can be read: ${(error as Error).message}`)
    return undefined
  }
}

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
  if (base === undefined || (isObject(base) && !Object.hasOwn(base, 'extends'))) return base
  tell(isObject(base) ? 'extends a file itself; it may not' : 'is no mapping')
  return undefined
}

/** Puts one tree of mappings over another; what is no mapping is replaced. No key reaches a prototype. */
export function merge(below: unknown, above: unknown): unknown {
  if (!isObject(below) || !isObject(above)) return above ?? below
  const names = Object.keys({ ...below, ...above })
  return Object.fromEntries(names.map(name => [name, merge(memberOf(below, name), memberOf(above, name))]))
}

/** What a tree of mappings has at a path such as `apps.orders`. */
export function memberOf(tree: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce((node, name) => (isObject(node) && Object.hasOwn(node, name) ? node[name] : undefined), tree)
}
