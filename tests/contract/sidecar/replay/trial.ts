import { decodeToken } from '@entra-agents/tokens/verify'
import { onTestFinished } from 'vitest'
import type { Clock } from '../../../../emulators/auth-sidecar/src/clock.ts'
import type { Grant, TokenOutcome } from './entra-behaviour.ts'
import { type Call, exchange } from './exchange.ts'
import type { Json, RecordedResponse, Recording } from './recording.ts'
import { recordedInstance } from './scripted-entra.ts'
import { setStage } from './stage.ts'
import { signByEntra, signByNewKey } from './tokens.ts'

export const ids = {
  tenant: '11111111-2222-4333-8444-555555555555',
  blueprint: 'cccccccc-0000-4000-8000-00000000000c',
  agent: 'bbbbbbbb-0000-4000-8000-00000000000b',
  user: 'dddddddd-0000-4000-8000-00000000000d',
} as const

export const agentQuery = `AgentIdentity=${ids.agent}`
export const autonomousPath = `/AuthorizationHeaderUnauthenticated/weatherApp?${agentQuery}`
export const onBehalfOfPath = `/AuthorizationHeader/weather?${agentQuery}`

/** A clock that tests set. `sleep` ends only when its signal aborts it, so no time-out passes. */
class ManualClock implements Clock {
  #nowMs = Date.now()

  nowMs(): number {
    return this.#nowMs
  }

  async sleep(_durationMs: number, signal?: AbortSignal): Promise<void> {
    await new Promise<void>(resolve => signal?.addEventListener('abort', () => resolve(), { once: true }))
    throw signal?.reason ?? new Error('Nobody called the waiting off.')
  }

  advanceSeconds(seconds: number): void {
    this.#nowMs += seconds * 1000
  }
}

export interface TrialOptions {
  readonly environment?: Recording['environment']
  /** The outcome of token requests. Default: a token. */
  readonly outcome?: (form: URLSearchParams, requestNumber: number) => TokenOutcome
}

export type Trial = Awaited<ReturnType<typeof beginTrial>>

/** An emulator with a scripted Entra, closed after the test. */
export async function beginTrial({ environment = {}, outcome = () => grantOf() }: TrialOptions = {}) {
  const clock = new ManualClock()
  const stage = await setStage({ environment, behaviour: { keysAvailable: true, outcome }, clock })
  onTestFinished(() => stage[Symbol.asyncDispose]())

  const call = (call: Partial<Call> & { readonly path: string }): Promise<RecordedResponse> =>
    exchange(stage.origin, { method: 'GET', headers: {}, ...call })
  /** The token requests that Entra got since this function was last called. */
  const takeTokenRequests = () => stage.entra.takeRequests().filter(({ method }) => method === 'POST')
  function userClaims(): Json {
    const now = Math.floor(clock.nowMs() / 1000)
    return {
      iss: `${recordedInstance}/${ids.tenant}/v2.0`,
      aud: ids.blueprint,
      tid: ids.tenant,
      oid: ids.user,
      sub: 'pairwise',
      scp: 'access_as_user',
      ver: '2.0',
      nbf: now,
      exp: now + 3600,
      uti: crypto.randomUUID(),
    }
  }
  return {
    clock,
    stage,
    call,
    get: (path: string, headers: Record<string, string> = {}) => call({ path, headers }),
    takeTokenRequests,
    /** An Authorization header with a user's token for the blueprint. */
    signIn: (claims: Json = {}) => ({
      authorization: `Bearer ${signByEntra({ ...userClaims(), ...claims })}`,
    }),
    /** An Authorization header with a user's token, signed with the key that Entra publishes after a rotation. */
    signInWithNewKey: () => ({ authorization: `Bearer ${signByNewKey(userClaims())}` }),
  }
}

export function grantOf(grant: Omit<Grant, 'kind'> = {}): TokenOutcome {
  return { kind: 'grant', ...grant }
}

/** The claims of the token in a response of the sidecar. */
export function claimsOf({ body = '' }: RecordedResponse): Json {
  return decodeToken(/Bearer ([^"]+)/.exec(body)?.[1] ?? '')?.claims ?? {}
}
