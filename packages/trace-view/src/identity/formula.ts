import type { Flow, TokenCard, TokenRole } from '@entra-agents/trace'
import { type FormulaTerm, flowWords } from '../words/flows.ts'

/** A token in the formula. */
export interface TokenPlate {
  readonly token: TokenRole
  readonly title: string
  /** One line of at most 21 letters, so that it fits the plate. */
  readonly line: string
  /** What the token carries since a stronger sign-in. */
  readonly tag?: string | undefined
  /**
   * A token is `coming` if it was requested but is not here yet, `missing` if it was not issued, `unseen` if it is known only
   * from the protocol, and `next` if it was not requested so far.
   */
  readonly state: 'seen' | 'unseen' | 'coming' | 'missing' | 'next'
  /** What can be shown of the token. */
  readonly card?: TokenCard | undefined
}

/** The API at the end of the formula, and whether it accepted TR. */
export interface ApiGate {
  readonly state: 'allowed' | 'denied' | 'next' | 'answered' | 'waiting'
  readonly title: string
  readonly line: string
  /** How many checks TR passed there: "7 of 7 checks". */
  readonly passed?: string | undefined
}

/** A try that lacked something: the API wanted more, and then got a better token. */
export interface FirstTry {
  readonly at: string | undefined
  readonly lack: string
}

/** How TR came about, as a formula: `T1 + Tc → TR`, and the API that TR was sent to. */
export interface Formula {
  readonly terms: readonly TokenPlate[]
  /** What Entra ID does with the tokens on the left. */
  readonly exchange: { readonly verb: string; readonly failed: boolean }
  readonly result: TokenPlate
  readonly gate: ApiGate
  /** Whether Entra ID is being asked at this moment. */
  readonly isRunning: boolean
  readonly firstTry?: FirstTry
  /** What the dashed plates mean. */
  readonly legend?: string
}

/** The formula in words, for screen readers. */
export function tellFormula({ terms, exchange, result, gate }: Formula): string {
  const tokens = terms.map(({ token }) => token).join(' and ')
  return `${tokens}: Entra ID ${exchange.verb}. ${result.token}: ${result.line}. ${gate.title}: ${gate.line}.`
}

/** Tokens that the sidecar presents to Entra ID, as shown before a question is asked. Only sidecar and Entra see the `unseen` ones. */
export const termPlates: Readonly<Record<FormulaTerm, TokenPlate>> = {
  T1: { token: 'T1', title: 'Blueprint’s token', line: 'vouches for the agent', state: 'unseen' },
  T2: { token: 'T2', title: 'Agent’s token', line: 'for its own account', state: 'unseen' },
  Tc: { token: 'Tc', title: 'Your token', line: 'lets it act for you', state: 'seen' },
}

/** What Entra ID does in a flow, in one word. */
export function exchangeVerb(flow: Flow): string {
  return flowWords[flow].terms.length > 1 ? 'exchanges' : 'issues'
}
