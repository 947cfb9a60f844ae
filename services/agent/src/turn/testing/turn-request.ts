import { agent } from '../../identity/testing/fixtures.ts'
import type { TurnRequest } from '../running-turn.ts'

/** A question in the autonomous flow, by nobody who signed in, with its trace shown. */
export function turnRequest(log: TurnRequest['log']): TurnRequest {
  return {
    requestId: 'request-1',
    message: 'Weather in Dallas?',
    history: [],
    agent,
    flow: 'autonomous',
    signedIn: undefined,
    showsTrace: true,
    connection: new AbortController(),
    log,
  }
}
