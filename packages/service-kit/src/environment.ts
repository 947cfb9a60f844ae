import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hasMark } from './error-mark.ts'
import { loopbackHosts, readHostName } from './host-names.ts'

const configurationErrorMark = Symbol.for('@entra-agents/ConfigurationError')

/** All faults of an environment, each a sentence that names the variable. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(
      `The configuration has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n${faults.map(fault => `  - ${fault}`).join('\n')}`,
    )
    this.faults = faults
  }

  get [configurationErrorMark](): true {
    return true
  }
}

export function isConfigurationError(error: unknown): error is ConfigurationError {
  return hasMark(error, configurationErrorMark)
}

export type Variables = Readonly<Record<string, string | undefined>>

const guidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Whether a value is a GUID in the form that Entra uses, in upper or lower case. */
export function isGuid(value: unknown): value is string {
  return typeof value === 'string' && guidPattern.test(value)
}

/**
 * Reads environment variables into a typed configuration. An empty variable counts as unset.
 *
 * @throws {ConfigurationError} with all faults, if a variable was missing or wrong.
 */
export function readEnvironment<Config>(
  variables: Variables,
  read: (env: EnvironmentReader) => Config,
): Config {
  const reader = new EnvironmentReader(variables)
  const config = read(reader)
  if (reader.faults.length > 0) throw new ConfigurationError(reader.faults)
  return config
}

/** Reads single variables with a type. After a fault it returns a placeholder, which is discarded when `readEnvironment` throws. */
export class EnvironmentReader {
  readonly faults: string[] = []
  readonly #variables: Variables

  constructor(variables: Variables) {
    this.#variables = variables
  }

  /** The text of a variable, or `undefined` when it is unset or empty. */
  optional(name: string): string | undefined {
    return this.#variables[name]?.trim() || undefined
  }

  /** A text, which is required unless it has a default. */
  text(name: string, fallback?: string): string {
    const value = this.optional(name) ?? fallback
    if (value === undefined) this.fault(`${name} is not set.`)
    return value ?? ''
  }

  /** A GUID, in lower case. */
  guid(name: string, fallback?: string): string {
    const value = this.text(name, fallback)
    if (value !== '' && !isGuid(value)) this.fault(`${name} must be a GUID; it is "${value}".`)
    return value.toLowerCase()
  }

  /** A comma-separated list of GUIDs, in lower case; without any, the list of those that are given. */
  guidList(name: string, ...fallback: readonly (string | undefined)[]): readonly string[] {
    const items = this.listOf(name, 'GUIDs', isGuid).map(item => item.toLowerCase())
    return items.length > 0 ? items : fallback.filter(item => item !== undefined)
  }

  /** A GUID in lower case, or `undefined` when unset. */
  optionalGuid(name: string): string | undefined {
    return this.optional(name) === undefined ? undefined : this.guid(name)
  }

  /** An http(s) URL without a trailing slash. */
  url(name: string, fallback?: string): string {
    const value = this.text(name, fallback)
    if (value === '') return value
    const url = URL.parse(value)
    if (!url || !/^https?:$/.test(url.protocol)) {
      this.fault(`${name} must be an http or https URL; it is "${value}".`)
    } else if (url.username || url.password) {
      this.fault(`${name} must not contain a user name or password.`)
    }
    return value.replace(/(?<!\/)\/+$/, '')
  }

  /** A URL to which tokens may be sent: https, or http on loopback. */
  secureUrl(name: string, fallback?: string): string {
    const value = this.url(name, fallback)
    const url = URL.parse(value)
    if (url?.protocol === 'http:' && !loopbackHosts.includes(url.hostname)) {
      this.fault(`${name} must be https, or http to localhost: tokens travel there; it is "${url.origin}".`)
    }
    return value
  }

  /** A comma-separated list of host names and addresses; `*` stands for any. Default: those of loopback. */
  hostNames(name: string): readonly string[] {
    return this.list(name, loopbackHosts).map(item => {
      const host = item === '*' ? item : readHostName(item)
      if (host === undefined) {
        this.fault(`${name} must be * or a comma-separated list of host names; "${item}" is none.`)
      }
      return host ?? ''
    })
  }

  /** A TCP port; 0 lets the system choose. */
  port(name: string, fallback: number): number {
    return this.integer(name, fallback, 0, 65_535)
  }

  integer(name: string, fallback: number, least: number, most: number): number {
    const value = this.optional(name)
    if (value === undefined) return fallback
    const number = Number(value)
    if (!Number.isInteger(number) || number < least || number > most) {
      this.fault(`${name} must be a whole number from ${least} to ${most}; it is "${value}".`)
    }
    return number
  }

  /** A number, or `undefined` when unset. */
  optionalNumber(name: string, least: number, most: number): number | undefined {
    const value = this.optional(name)
    if (value === undefined) return undefined
    const number = Number(value)
    if (!(number >= least && number <= most))
      this.fault(`${name} must be a number from ${least} to ${most}; it is "${value}".`)
    return number
  }

  /** `LOG_LEVEL`: a level of pino, by default `info`. */
  logLevel(): string {
    return this.oneOf('LOG_LEVEL', ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'info')
  }

  /** `true` or `false`, in small or capital letters. */
  flag(name: string, fallback: boolean): boolean {
    const value = this.optional(name)?.toLowerCase()
    if (value === undefined) return fallback
    if (value !== 'true' && value !== 'false') this.fault(`${name} must be true or false; it is "${value}".`)
    return value === 'true'
  }

  oneOf<const Choice extends string>(name: string, choices: readonly Choice[], fallback: Choice): Choice {
    const value = this.optional(name)
    if (value === undefined) return fallback
    const choice = choices.find(known => known === value)
    if (choice === undefined) this.fault(`${name} must be one of ${choices.join(', ')}; it is "${value}".`)
    return choice ?? fallback
  }

  /** A comma-separated list; spaces around the items are dropped. */
  list(name: string, fallback: readonly string[]): readonly string[] {
    const value = this.optional(name)
    return value === undefined
      ? fallback
      : value
          .split(',')
          .map(item => item.trim())
          .filter(item => item !== '')
  }

  /** A comma-separated list of what `isItem` accepts; without a default. */
  listOf(name: string, inWords: string, isItem: (item: string) => boolean): readonly string[] {
    const items = this.list(name, [])
    for (const item of items) {
      if (!isItem(item))
        this.fault(`${name} must be a comma-separated list of ${inWords}; "${item}" is none.`)
    }
    return items
  }

  /**
   * The content of the JSON file that a variable names; `undefined` if the variable is unset or the file has a fault.
   *
   * @param hashName a variable with the SHA-256 in hexadecimal digits that the file must have, if it is set
   */
  jsonFile(name: string, hashName?: string): unknown {
    const file = this.optional(name)
    if (file === undefined) return undefined
    try {
      const content = readFileSync(file)
      const hash = createHash('sha256').update(content).digest('hex')
      const wanted = hashName === undefined ? hash : this.text(hashName, hash)
      if (hash !== wanted.toLowerCase()) {
        this.fault(
          `${file} (${name}) is not the file that was deployed: its SHA-256 is ${hash}, ${hashName} is ${wanted}. Find out who changed it; on Kubernetes, delete its ConfigMap and deploy again.`,
        )
        return undefined
      }
      return JSON.parse(content.toString('utf8'))
    } catch (error) {
      this.fault(
        error instanceof SyntaxError
          ? `${file} (${name}) is not JSON: ${error.message}.`
          : `${name} names ${file}, which cannot be read (${(error as NodeJS.ErrnoException).code}).`,
      )
      return undefined
    }
  }

  /** Reports a fault that the caller found, such as two variables that contradict each other. */
  fault(sentence: string): void {
    this.faults.push(sentence)
  }
}
