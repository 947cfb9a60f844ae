import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import type { Variables } from '@entra-bedrock-agent/service-kit'
import type { Check } from './finding.ts'
import { trouble } from './problems.ts'

/** The variables that services would get from a `.env` file and the shell, and what is wrong with the file. */
export interface Dotenv {
  readonly env: Variables
  readonly check?: Check
}

/** Reads a `.env` file as `node --env-file` does: variables of the shell win. */
export function readDotenv(path: string, shell: Variables): Dotenv {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return { env: shell }
    const why = code === 'EISDIR' ? `${path} is a directory.` : `${path} can’t be read: ${message}.`
    return { env: shell, check: failingCheck(path, why, `Make ${path} a file that you can read.`) }
  }
  const encoding = encodingOf(bytes)
  if (encoding) {
    const why = `${path} is in ${encoding}, of which Node reads nothing or the wrong names.`
    return { env: shell, check: failingCheck(path, why, utf8Hint) }
  }
  const variables = parseEnv(bytes.toString('utf8'))
  const hidden = Object.keys(variables).filter(
    name => shell[name] !== undefined && shell[name] !== variables[name],
  )
  const result =
    hidden.length > 0
      ? trouble('VARIABLE_OF_SHELL', `The shell has its own ${hidden.join(', ')}, which win over ${path}.`)
      : `${path} has ${Object.keys(variables).length} variables.`
  return { env: { ...variables, ...shell }, check: { name: path, run: async () => result } }
}

const utf8Hint =
  'Save it as UTF-8 without a byte order mark (in PowerShell: Set-Content -Encoding utf8NoBOM).'

function encodingOf(bytes: Buffer): string | undefined {
  const marks = {
    'UTF-8 with a byte order mark': [0xef, 0xbb, 0xbf],
    'UTF-16': [0xff, 0xfe],
    'UTF-16 (big-endian)': [0xfe, 0xff],
  }
  const marked = Object.entries(marks).find(([, mark]) => mark.every((byte, index) => bytes[index] === byte))
  return marked?.[0] ?? (bytes.includes(0) ? 'UTF-16' : undefined)
}

function failingCheck(name: string, detail: string, hint: string): Check {
  return { name, run: () => Promise.reject(trouble('CONFIGURATION_INVALID', detail, hint)) }
}
