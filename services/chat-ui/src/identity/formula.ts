import type { Flow, TokenCard, TokenRole } from '@entra-bedrock-agent/identity-trace'
import { flowWords, type Term } from '../words/flows.ts'

/**
 * `coming` = asked for and not here yet; `missing` = not issued; `unseen` = known from the protocol alone; `next` = not asked
 * for yet, and only if the user wants it.
 */
type PlateState = 'seen' | 'unseen' | 'coming' | 'missing' | 'next'

/** A token in the formula. */
export interface Plate {
  readonly token: TokenRole
  readonly title: string
  readonly lines: readonly string[]
  readonly state: PlateState
  /** What can be shown of it. */
  readonly card?: TokenCard | undefined
}

/** The API at the end of the formula, and what it made of TR. */
export interface Gate {
  readonly state: 'allowed' | 'denied' | 'next' | 'answered' | 'waiting'
  readonly title: string
  readonly lines: readonly string[]
}

/** How TR came about, as people write it: `T1 + Tc → TR`, and what TR opened. */
export interface Formula {
  readonly terms: readonly Plate[]
  /** What Entra ID does when it is shown the terms. */
  readonly exchange: { readonly verb: string; readonly failed: boolean }
  readonly result: Plate
  readonly gate: Gate
  /** Entra ID is being asked at this moment. */
  readonly isRunning: boolean
  /** What its dashes mean. */
  readonly legend?: string
}

/** The formula in words, for those who do not see it. */
export function tellFormula({ terms, exchange, result, gate }: Formula): string {
  const tokens = terms.map(({ token }) => token).join(' and ')
  return `${tokens}: Entra ID ${exchange.verb}. ${result.token}: ${result.lines.join(', ')}. ${gate.title}: ${gate.lines.join(', ')}.`
}

/** What the tokens that Entra ID is shown are called. */
export const plateTitles: Readonly<Record<Term, string>> = {
  T1: 'Blueprint’s token',
  T2: 'Agent’s token',
  Tc: 'Your token',
}

/** What is known of them before anybody asked. */
export const termLines: Readonly<Record<Term, readonly string[]>> = {
  T1: ['vouches for the agent', 'not seen'],
  T2: ['for its user account', 'not seen'],
  Tc: ['lets the agent act for you'],
}

/** Whether a token stays between the sidecar and Entra ID, so that nobody here can see it. */
export function isUnseen(token: TokenRole): token is 'T1' | 'T2' {
  return token === 'T1' || token === 'T2'
}

/** The exchange of a flow, before anybody asked. */
export function sampleFormula(flow: Flow): Formula {
  const terms = flowWords[flow].terms.map(
    (token): Plate => ({
      token,
      title: plateTitles[token],
      lines: termLines[token],
      state: isUnseen(token) ? 'unseen' : 'seen',
    }),
  )
  return {
    terms,
    exchange: { verb: 'issues TR', failed: false },
    result: {
      token: 'TR',
      title: flowWords[flow].result,
      lines: ['opens one API only'],
      state: 'seen',
    },
    gate: { state: 'allowed', title: 'An API', lines: ['checks TR, decides'] },
    isRunning: false,
    legend: 'not seen by the agent',
  }
}
