import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { EnvironmentReader } from '@entra-agents/service-kit'
import { approvalProblem } from './problems.ts'

/** A key of AES-256-GCM. */
export interface SealKey {
  readonly kid: string
  /** 32 bytes. */
  readonly key: Uint8Array
}

/** The keys of all replicas. */
export interface SealKeys {
  /**
   * The key to seal with.
   *
   * @throws {ProblemError} APPROVAL_UNAVAILABLE
   */
  current(): SealKey
  /**
   * The key with this id; `undefined` if there is none.
   *
   * @throws {ProblemError} APPROVAL_UNAVAILABLE
   */
  find(kid: string): SealKey | undefined
}

/** For how long turns are opened with the keys that were read last. */
const rereadMs = 1_000

/**
 * Reads keys from a file. Each line has the id of a key and its 32 bytes in Base64. The first key seals, the others
 * open what was sealed before a rotation. The file is read again whenever a turn is sealed, and once a second while
 * turns are opened, so that a key that was taken away opens nothing.
 *
 * @throws {Error} if the file cannot be read or a line is no key
 */
export function readSealKeys(file: string): SealKeys {
  const parse = () => parseKeys(readFileSync(file, 'utf8'))
  let keys = parse()
  let readAtMs = -rereadMs
  const read = () => {
    try {
      keys = parse()
    } catch (cause) {
      throw approvalProblem('APPROVAL_UNAVAILABLE', 'The file of its keys cannot be used.', { cause })
    }
    readAtMs = performance.now()
    return keys
  }
  return {
    current: () => read()[0],
    find(kid) {
      const known = performance.now() - readAtMs < rereadMs ? keys : read()
      return known.find(key => key.kid === kid)
    },
  }
}

/** The keys in the file that `SEAL_KEYS_FILE` names; `undefined` if it names none, and this process makes a key of its own. */
export function readSealKeyFile(env: EnvironmentReader): SealKeys | undefined {
  const file = env.optional('SEAL_KEYS_FILE')
  try {
    return file === undefined ? undefined : readSealKeys(file)
  } catch (error) {
    env.fault(`SEAL_KEYS_FILE (${file}) cannot be used: ${error instanceof Error ? error.message : error}`)
    return undefined
  }
}

/** Makes a key for this process only: other processes cannot open what it seals; after a restart, nobody can. */
export function createSealKeys(): SealKeys {
  const made = { kid: 'process', key: randomBytes(32) }
  return { current: () => made, find: kid => (kid === made.kid ? made : undefined) }
}

type Keys = readonly [SealKey, ...SealKey[]]

/** @throws {Error} if a line is no key, if there is no key, or if two keys have one id; the message quotes no key */
export function parseKeys(text: string): Keys {
  const lines = text.split('\n').filter(line => line.trim() !== '')
  const keys = lines.map((line, index) => {
    const [kid = '', encoded = '', ...rest] = line.trim().split(/\s+/)
    const key = Buffer.from(encoded, 'base64')
    if (!/^[\w.-]{1,64}$/.test(kid) || rest.length > 0 || key.length !== 32)
      throw new Error(`Line ${index + 1} is no key: an id and 32 bytes in Base64.`)
    return { kid, key }
  })
  const [first, ...others] = keys
  if (!first) throw new Error('It has no key.')
  if (new Set(keys.map(({ kid }) => kid)).size < keys.length) throw new Error('Two keys have the same id.')
  return [first, ...others]
}
