import { readdirSync, readFileSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'

export type Json = Readonly<Record<string, unknown>>

export interface RecordedRequest {
  /** `NONLOOPBACK` is a GET through an address of the machine that is not loopback. */
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** The claims of the token that replaces `<Tc>` in the headers. */
  readonly bearerClaims?: Json | null
}

export interface RecordedResponse {
  readonly status?: number
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly tokenClaims?: Json
  /** How long the call took, such as `6 s`; recorded only if it was slow. */
  readonly roundTrip?: string
  /** Set if there was no response: the caller closed the connection after `roundTrip`. */
  readonly error?: string
}

export interface EntraRequest {
  readonly method: string
  readonly path: string
  /** The fields of a token request; assertions are decoded into header and claims. */
  readonly form?: Json
  /** Headers are known of replayed requests only: recordings leave them out. */
  readonly headers?: IncomingHttpHeaders
}

export interface RecordedCall {
  readonly request?: RecordedRequest
  readonly response?: RecordedResponse
  readonly entra?: readonly EntraRequest[]
  /** Without a request: what was done before the next request, such as `waited 12 s`. */
  readonly did?: string
}

/** How Entra behaved: the name of a behaviour, or Entra's responses to some requests. */
export type EntraBehaviour =
  | string
  | Readonly<Record<string, { readonly status: number; readonly body: Json }>>

export interface Recording {
  readonly scenario: string
  readonly environment: Readonly<Record<string, string | null>>
  readonly entra: EntraBehaviour
  readonly healthzAtStart: { readonly status: number; readonly body: string }
  readonly calls: readonly RecordedCall[]
}

const folder = new URL('../recordings/', import.meta.url)

export const commonEnvironment = readJson<Readonly<Record<string, string>>>('common-environment')

export const scenarioNames = readdirSync(folder)
  .filter(name => name.endsWith('.json') && name !== 'common-environment.json')
  .map(name => name.slice(0, -'.json'.length))
  .sort()

export function readRecording(scenario: string): Recording {
  return readJson<Recording>(scenario)
}

function readJson<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as T
}
