import { readFileSync, statSync } from 'node:fs'
import { LineCounter, parseDocument } from 'yaml'
import type { Fault } from './names.ts'

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

/** The content of a small YAML file; `undefined` after a fault. */
export function readYamlFile(path: string, fault: Fault): unknown {
  const yaml = readSmallFile(path, fault)
  return yaml === undefined ? undefined : parseYaml(yaml, fault)
}

/**
 * Reads YAML 1.2, of which JSON is a part, without its tags. A fault says where it is, but shows nothing of the text, which
 * may have secrets. Aliases are few, so that no small file becomes a large tree.
 */
export function parseYaml(yaml: string, fault: Fault): unknown {
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
