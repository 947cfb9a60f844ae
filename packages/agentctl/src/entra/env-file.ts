import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import type { Variables } from '@entra-agents/service-kit'
import { Mistake } from '../set-up/mistake.ts'

/** The variables of a `.env` file; none when there is no such file. @throws {Mistake} if it can’t be read */
export function readVariables(path: string): Variables {
  try {
    return existsSync(path) ? parseEnv(readFileSync(path, 'utf8')) : {}
  } catch (error) {
    throw new Mistake(
      `${path} can’t be read: ${(error as Error).message}`,
      'Name another file with --dotenv.',
    )
  }
}

const template = new URL('../../../../.env.example', import.meta.url)

/**
 * Sets variables in a `.env` file and leaves everything else in it as it is. A new file begins as a copy of `.env.example`.
 * Afterwards only the owner can read the file, even if others could read it before.
 */
export function setVariables(path: string, variables: Readonly<Record<string, string>>): void {
  const isNew = !existsSync(path)
  const source = isNew ? template : path
  const before = existsSync(source) ? readFileSync(source, 'utf8') : ''
  const after = Object.entries(variables).reduce(setVariable, before)
  if (!isNew) chmodSync(path, 0o600)
  if (after !== before || isNew) writeFileSync(path, after, { mode: 0o600 })
}

/** An assignment with its value, which may have several lines if it is quoted, and the comment after it. */
const assignment =
  /^([ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*=)(?:[ \t]*(?:"[^"]*"|'[^']*'|`[^`]*`))?[^\r\n#]*?([ \t]*#[^\r\n]*)?$/gm

function setVariable(text: string, [name, value]: [name: string, value: string]): string {
  const written = /^[\w.~+/=-]*$/.test(value) ? value : `"${value}"`
  let isThere = false
  const changed = text.replace(assignment, (all, start: string, known: string, comment = '') => {
    if (known !== name) return all
    isThere = true
    return start + written + comment
  })
  if (isThere) return changed
  const newline = text.includes('\r\n') ? '\r\n' : '\n'
  return `${text}${text === '' || text.endsWith('\n') ? '' : newline}${name}=${written}${newline}`
}
