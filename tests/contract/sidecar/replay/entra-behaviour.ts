import { type EntraBehaviour, type Json, readRecording } from './recording.ts'

export interface Grant {
  readonly kind: 'grant'
  readonly afterMs?: number
  /** Held back until this has come to pass. */
  readonly after?: Promise<void>
  readonly expiresInSeconds?: number
  readonly refreshInSeconds?: number
  /** What the response says was granted; as asked when unset, nothing when `null`. */
  readonly scope?: string | null
}

/** How one token request ends. */
export type Outcome =
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
  readonly outcome: (form: URLSearchParams, requestNumber: number) => Outcome
}

const grant: Outcome = { kind: 'grant' }

/** Turns what a recording says about Entra into what the scripted Entra does. */
export function readBehaviour(entra: EntraBehaviour): Behaviour {
  if (typeof entra !== 'string') return { keysAvailable: true, outcome: form => respondTo(form, entra) }
  if (entra === 'discovery and keys: 503') return { keysAvailable: false, outcome: () => grant }
  const [, firstTwo] = /^the first two token requests: (.*); then normal$/.exec(entra) ?? []
  if (firstTwo)
    return { keysAvailable: true, outcome: (_form, number) => (number <= 2 ? readOutcome(firstTwo) : grant) }
  const outcome = entra === 'normal' ? grant : readOutcome(entra)
  return { keysAvailable: true, outcome: () => outcome }
}

function respondTo(form: URLSearchParams, responses: Exclude<EntraBehaviour, string>): Outcome {
  const who = form.has('fmi_path') ? 'T1 requests' : 'requests with client_id of the agent'
  const response = responses[who]
  return response ? respond(response.status, JSON.stringify(response.body)) : grant
}

function readOutcome(words: string): Outcome {
  const text = words.replace(/^every token request:? /, '')
  if (text === 'connection destroyed') return { kind: 'destroy' }
  if (text === 'token requests are never answered') return { kind: 'hang' }
  const [, seconds] = /^is answered after (\d+) s$/.exec(text) ?? []
  if (seconds) return { kind: 'grant', afterMs: Number(seconds) * 1000 }
  const [, code] = /^401 invalid_client AADSTS(\d+)$/.exec(text) ?? []
  if (code) return respond(401, JSON.stringify(errorBody(code)))
  const [, status, retryAfter, body] =
    /^(\d{3})(?:, Retry-After: (\d+)|, no Retry-After)?,? (?:body )?(.*)$/.exec(text) ?? []
  if (!status || body === undefined)
    throw new Error(`The recording describes Entra in unknown words: ${words}`)
  return respond(Number(status), body, retryAfter ? { 'retry-after': retryAfter } : {})
}

function respond(status: number, body: string, headers: Record<string, string> = {}): Outcome {
  return { kind: 'response', status, body, headers: { 'content-type': 'application/json', ...headers } }
}

/** The body of an error, as another recording holds it. */
function errorBody(code: string): Json {
  const { entra } = readRecording(`entra-says-${code}-on-t1`)
  const [response] = typeof entra === 'string' ? [] : Object.values(entra)
  if (!response) throw new Error(`No recording holds the body of AADSTS${code}.`)
  return response.body
}
