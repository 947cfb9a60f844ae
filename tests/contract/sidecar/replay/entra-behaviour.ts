import type { EntraBehaviour, Json } from './recording.ts'

export interface Grant {
  readonly kind: 'grant'
  readonly afterMs?: number
  /** The response is held back until this promise is resolved. */
  readonly after?: Promise<void>
  readonly expiresInSeconds?: number
  readonly refreshInSeconds?: number
  /** The scopes that were granted according to the response. Default: those that were requested. */
  readonly scope?: string
  /** The name of the member that Entra leaves out of its response. */
  readonly leftOut?: string
}

/** How one token request ends. */
export type TokenOutcome =
  | Grant
  | {
      readonly kind: 'response'
      readonly status: number
      readonly headers: Record<string, string>
      readonly body: string
    }
  | { readonly kind: 'destroy' }
  | { readonly kind: 'hang' }

export interface Behaviour {
  readonly keysAvailable: boolean
  readonly outcome: (form: URLSearchParams, requestNumber: number) => TokenOutcome
}

const grant: TokenOutcome = { kind: 'grant' }

/** The recordings' names for token requests. If a text begins with several names, the one listed first counts. */
const requestPredicates: Readonly<Record<string, (form: URLSearchParams, requestNumber: number) => boolean>> =
  {
    'every token request': () => true,
    'every token': () => true,
    'token requests': () => true,
    'the first two token requests': (_form, number) => number <= 2,
    'T1 requests': isForT1,
    'requests with fmi_path': isForT1,
    'requests with client_id of the agent': form => !isForT1(form),
    'client_credentials of the agent without fmi_path': form =>
      !isForT1(form) && form.get('grant_type') === 'client_credentials',
    'grant_type=user_fic': isForAgentUser,
    'the answers to grant_type=user_fic': isForAgentUser,
    'grant_type=refresh_token': form => form.get('grant_type') === 'refresh_token',
    'the second agent as client_id': form => form.get('client_id') === secondAgent,
    'fmi_path of the second agent': form => form.get('fmi_path') === secondAgent,
  }

const secondAgent = 'bbbbbbbb-0000-4000-8000-0000000000b2'

function isForT1(form: URLSearchParams): boolean {
  return form.has('fmi_path')
}

function isForAgentUser(form: URLSearchParams): boolean {
  return form.get('grant_type') === 'user_fic'
}

/** Turns a recording's sentences into the scripted Entra's behaviour. Of several sentences on a request, the last counts. */
export function readBehaviour(entra: EntraBehaviour): Behaviour {
  if (entra === 'discovery and keys: 503') return { keysAvailable: false, outcome: () => grant }
  const rules =
    typeof entra === 'string'
      ? entra
          .split('; ')
          .filter(sentence => !sentence.endsWith('normal'))
          .map(readSentence)
      : Object.entries(entra).map(([who, { status, body }]) => ({
          applies: readRequests(who).applies,
          outcome: responseOutcome(status, JSON.stringify(body)),
        }))
  const outcome: Behaviour['outcome'] = (form, number) =>
    rules.findLast(({ applies }) => applies(form, number))?.outcome ?? grant
  return { keysAvailable: true, outcome }
}

function readSentence(sentence: string) {
  const { who, applies } = readRequests(sentence)
  return { applies, outcome: readOutcome(sentence.slice(who.length).replace(/^:? /, '')) }
}

function readRequests(text: string) {
  const [who, applies] = Object.entries(requestPredicates).find(([name]) => text.startsWith(name)) ?? []
  if (!who || !applies) throw new Error(`The recording describes Entra in unknown words: ${text}`)
  return { who, applies }
}

function readOutcome(text: string): TokenOutcome {
  if (text === 'connection destroyed') return { kind: 'destroy' }
  if (text === 'are never answered') return { kind: 'hang' }
  const [, seconds] = /^is answered after (\d+) s$/.exec(text) ?? []
  if (seconds) return { kind: 'grant', afterMs: Number(seconds) * 1000 }
  const [, lifetime] = /^has expires_in (\d+)$/.exec(text) ?? []
  if (lifetime) return { kind: 'grant', expiresInSeconds: Number(lifetime) }
  const [, leftOut] = /^leave (\w+) out$/.exec(text) ?? []
  if (leftOut) return { kind: 'grant', leftOut }
  const [, refused, error, code] = /^(\d{3}) (\w+) AADSTS(\d+)$/.exec(text) ?? []
  if (refused && error && code)
    return responseOutcome(Number(refused), JSON.stringify(errorBody(error, code)))
  const [, status, retryAfter, body] =
    /^(\d{3})(?:, Retry-After: (\d+)|, no Retry-After)?,? (?:body )?(.*)$/.exec(text) ?? []
  if (!status || body === undefined)
    throw new Error(`The recording describes Entra in unknown words: ${text}`)
  return responseOutcome(Number(status), body, retryAfter ? { 'retry-after': retryAfter } : {})
}

function responseOutcome(status: number, body: string, headers: Record<string, string> = {}): TokenOutcome {
  return { kind: 'response', status, body, headers: { 'content-type': 'application/json', ...headers } }
}

// biome-ignore format: table
const errorTexts: Readonly<Record<string, string>> = {
  50057: 'The user account is disabled.',
  501051: 'Application is not assigned to a role for the application.',
  7000215: 'Invalid client secret provided.',
  7002137: 'No matching federated identity record found.',
}

/** The body of a refusal that a recording names by its code alone. */
function errorBody(error: string, code: string): Json {
  if (!errorTexts[code]) throw new Error(`No recording shows Entra's text with AADSTS${code}.`)
  const ids = `Trace ID: ${fakeId(1)} Correlation ID: ${fakeId(2)} Timestamp: 2026-01-01 00:00:00Z`
  return { error, error_description: `AADSTS${code}: ${errorTexts[code]} ${ids}` }
}

function fakeId(number: number): string {
  return `00000000-0000-0000-0000-${`${number}`.padStart(12, '0')}`
}
