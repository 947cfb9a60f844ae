import { agent } from '@entra-agents/identity/testing/fixtures'
import type { TurnRequest } from '../running-turn.ts'

/** For turns in which no call waits. */
export const noApprovals = {
  pause: () => Promise.reject(new Error('No turn waits here.')),
}

/** A question in the autonomous flow, without a signed-in user, with its trace shown. */
export function turnRequest(log: TurnRequest['log']): TurnRequest {
  return {
    requestId: 'request-1',
    message: 'Where is order 7?',
    history: [],
    agent,
    flow: 'autonomous',
    signedIn: undefined,
    resumed: undefined,
    pausesForConsent: false,
    showsTrace: true,
    connection: new AbortController(),
    log,
  }
}
