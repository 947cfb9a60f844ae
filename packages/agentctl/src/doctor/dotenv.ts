import { existsSync, lstatSync, readFileSync, readlinkSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parseEnv } from 'node:util'
import type { Variables } from '@entra-agents/service-kit'
import type { Check } from './finding.ts'
import { trouble } from './problems.ts'

/** The variables that services would get from a `.env` file and the shell, and what is wrong with the file. */
export interface Dotenv {
  readonly env: Variables
  readonly checks: readonly Check[]
}

/** What is wrong, and what to do. */
type Fault = readonly [detail: string, hint: string]

const example = new URL('../../../../.env.example', import.meta.url)
const assignment = /^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*("[^"]*"|'[^']*'|`[^`]*`|(?!["'`]).*)/gm

/** Reads a `.env` file as `node --env-file` does: variables of the shell win. Without the file, the shell must have the ids. */
export function readDotenv(path: string, shell: Variables): Dotenv {
  const fail = (fault: Fault): Dotenv => {
    const run = () => Promise.reject(trouble('CONFIGURATION_INVALID', ...fault))
    return { env: shell, checks: [{ name: path, run }] }
  }
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return shell['TENANT_ID'] ? { env: shell, checks: [] } : fail(explainMissing(path))
    const why = code === 'EISDIR' ? `${path} is a directory.` : `${path} can’t be read: ${message}.`
    return fail([why, `Make ${path} a file that you can read.`])
  }
  const text = bytes.toString('utf8')
  const fault = findFault(path, bytes, text)
  if (fault) return fail(fault)
  const variables = parseEnv(text)
  const hidden = Object.keys(variables).filter(
    name => shell[name] !== undefined && shell[name] !== variables[name],
  )
  const notes = [
    ...(hidden.length > 0
      ? [trouble('VARIABLE_OF_SHELL', `The shell has its own ${hidden.join(', ')}, which win over ${path}.`)]
      : []),
    ...findWrongNames(path, namesIn(text)).map(one => trouble('CONFIGURATION_INVALID', ...one)),
  ]
  const results = notes.length > 0 ? notes : [`${path} has ${Object.keys(variables).length} variables.`]
  return {
    env: { ...variables, ...shell },
    checks: results.map(result => ({ name: path, run: async () => result })),
  }
}

function explainMissing(path: string): Fault {
  if (lstatSync(path, { throwIfNoEntry: false }))
    return [`${path} is a link to ${readlinkSync(path)}, which is not there.`, 'Make the link anew.']
  if (existsSync(`${path}.txt`))
    return [`There is no ${path} here, but ${path}.txt.`, `Rename it to ${path}, without .txt.`]
  const hint = existsSync(`${path}.example`)
    ? `Copy ${path}.example to ${path} and fill it in; npx --no-install agentctl entra apply writes it too.`
    : 'Run this where your .env is; npx --no-install agentctl entra apply writes one.'
  return [`There is no ${path} in ${dirname(resolve(path))}.`, hint]
}

/** Never shows a line, which may have a secret. */
function findFault(path: string, bytes: Buffer, text: string): Fault | undefined {
  const encoding = encodingOf(bytes) ?? (/\r(?!\n)/.test(text) ? 'lines that end with CR alone' : undefined)
  if (encoding)
    return [`${path} is in ${encoding}, of which Node reads nothing or the wrong names.`, utf8Hint]
  const others = text.replace(assignment, found => found.replace(/.*/g, ''))
  const line = others.split('\n').findIndex(other => /^\s*[^\s#]/.test(other)) + 1
  if (line === 0) return undefined
  return [
    `${path} has no NAME=value in line ${line}.`,
    'Write NAME=value, close quotes, begin comments with #.',
  ]
}

/** Names that are there twice, and those that spell a variable of `.env.example` in another way (`tenant_id`, `AZURE_TENANT_ID`). */
function findWrongNames(path: string, names: readonly string[]): readonly Fault[] {
  const known = namesIn(readFileSync(example, 'utf8'))
  const lacking = known.filter(name => name.includes('_') && !names.includes(name))
  const letters = (name: string) => name.toUpperCase().replaceAll(/[^A-Z]/g, '')
  return names.flatMap((name, index): readonly Fault[] => {
    if (names.indexOf(name) < index)
      return [[`${path} has ${name} more than once: the last line counts.`, 'Delete the other lines.']]
    const meant = known.includes(name) ? undefined : lacking.find(one => letters(name).endsWith(letters(one)))
    return meant
      ? [[`${path} has ${name}, which nothing reads, and no ${meant}.`, `Write ${meant}, if that is meant.`]]
      : []
  })
}

function namesIn(text: string): readonly string[] {
  return [...text.matchAll(assignment)].map(([, name = '']) => name)
}

const utf8Hint =
  'Save it as UTF-8 without a byte order mark, with LF or CRLF at the ends of lines (in PowerShell: Set-Content -Encoding utf8NoBOM).'

function encodingOf(bytes: Buffer): string | undefined {
  const start = bytes.toString('hex', 0, 3)
  if (start === 'efbbbf') return 'UTF-8 with a byte order mark'
  return /^(fffe|feff)/.test(start) || bytes.includes(0) ? 'UTF-16' : undefined
}
