import type { Flow, TokenCard, TokenRole } from '@entra-bedrock-agent/identity-trace'
import { flowWords } from '../words/flows.ts'

/** `coming` = asked for and not here yet; `missing` = not issued; `unseen` = known from the protocol alone. */
type PlateState = 'seen' | 'unseen' | 'coming' | 'missing'

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
  readonly state: 'allowed' | 'denied' | 'next' | 'answered'
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
}

/** The formula in words, for those who do not see it. */
export function tellFormula({ terms, exchange, result, gate }: Formula): string {
  const tokens = terms
    .map(({ token }) => (token === 'T1' ? 'T1 as the agent’s credential' : token))
    .join(' and ')
  return `With ${tokens}, Entra ID ${exchange.verb}. ${result.token}: ${result.lines.join(', ')}. ${gate.title}: ${gate.lines.join(', ')}.`
}

/** What tokens are called where people read of them. */
export const plateTitles: Readonly<Record<TokenRole, string>> = {
  T1: 'Blueprint’s token',
  T2: 'Agent’s exchange token',
  Tc: 'Your token',
  TR: 'Agent’s token',
}

/** The two tokens that Entra ID is shown, as they are known before anybody asked. */
export const termLines: Readonly<Record<Exclude<TokenRole, 'TR'>, readonly string[]>> = {
  T1: ['the agent’s credential', 'not seen'],
  T2: ['stands for the agent’s user account', 'not seen'],
  Tc: ['lets the agent act for you'],
}

/** The exchange of a flow, before anybody asked. */
export function sampleFormula(flow: Flow): Formula {
  const terms = flowWords[flow].terms.map(
    (token): Plate => ({
      token,
      title: plateTitles[token],
      lines: token === 'TR' ? [] : termLines[token],
      state: token === 'T1' || token === 'T2' ? 'unseen' : 'seen',
    }),
  )
  return {
    terms,
    exchange: { verb: 'issues TR', failed: false },
    result: { token: 'TR', title: plateTitles.TR, lines: ['opens one API only'], state: 'seen' },
    gate: { state: 'allowed', title: 'An API', lines: ['checks TR, decides'] },
    isRunning: false,
  }
}
