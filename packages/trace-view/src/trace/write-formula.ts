import { type ApiGate, type Formula, type TokenPlate, termPlates } from '../identity/formula.ts'
import { type FormulaTerm, flowWords } from '../words/flows.ts'
import type { Names } from '../words/names.ts'
import { toReader } from '../words/reader.ts'
import { tellContexts } from './acrs.ts'
import { outcomes } from './outcomes.ts'
import { apisOfUse, startSentence, type TurnByExchange, turnBy } from './turn-by-exchange.ts'
import { isUndecided, rightsOf, type TokenUse, type TurnFacts } from './turn-facts.ts'

/** The exchange of a turn as formulas, one for each TR, and one for what a call waits for; without both, one that breaks off. */
export function writeFormulas(facts: TurnFacts, names: Names): Formula[] {
  const { uses, flow, isAsking } = facts
  const all = uses.length === 0 || isUndecided(facts) ? [...uses, undefined] : uses
  const formulas = all.map((use, index): Formula => {
    const turn = turnBy(facts, names, use)
    const legend = tellLegend(turn, index === uses.length - 1)
    return {
      terms: flowWords[flow].terms.map(role => writeTerm(role, turn)),
      exchange: writeExchange(turn),
      result: writeResult(turn),
      gate: writeGate(turn),
      isRunning: isAsking,
      ...(legend && { legend }),
    }
  })
  return toReader(formulas, names)
}

/** Explains the dashed plates. */
function tellLegend(turn: TurnByExchange, isLast: boolean): string | undefined {
  const { asked, use, isTokenAsked } = turn
  if (use || !isUndecided(turn)) return isTokenAsked && (isLast || !use) ? tellUnseenHops(turn) : undefined
  if (!asked?.isOpen) return 'did not happen'
  return `happens only ${asked.kind === 'consent' ? 'with your consent' : 'on your approval'}`
}

/** Explains the hops that the agent did not see. */
export function tellUnseenHops({ uses }: TurnFacts): string {
  return uses.length > 0 && uses.every(({ isFromCache }) => isFromCache)
    ? 'between sidecar and Entra ID, before this question: TR came from the sidecar’s cache. Not seen by the agent.'
    : 'between sidecar and Entra ID: not seen by the agent. The sidecar may also answer from its cache.'
}

function writeTerm(token: FormulaTerm, turn: TurnByExchange): TokenPlate {
  const { tokens, asked, isTokenAsked, use, running, outcome } = turn
  const plate = termPlates[token]
  const card = (token === 'Tc' && use?.userToken) || tokens[token]
  if (plate.state === 'unseen') {
    const unseen = { ...plate, card: card ?? { role: token, observed: false } }
    const isAwaited = outcome === 'approval' && !use
    return isTokenAsked && !isAwaited ? unseen : { ...unseen, lines: [tellNotAsked(turn)], state: 'next' }
  }
  if (!card)
    return { ...plate, lines: [running ? 'on its way' : 'not here'], state: running ? 'coming' : 'missing' }
  const lines =
    asked?.kind === 'step-up' && asked.isOpen
      ? ['must be renewed', `with acrs ${asked.contexts.join(' ')}`]
      : [...plate.lines, ...tellContexts(card)]
  return { ...plate, lines, card }
}

function writeExchange(turn: TurnByExchange): Formula['exchange'] {
  const { use, failure, isTokenAsked, running, outcome } = turn
  const own = use ? undefined : outcomes[outcome].exchange?.(turn)
  if (own && isUndecided(turn)) return own
  if (!isTokenAsked) return { verb: running ? 'is not asked yet' : 'was not asked', failed: false }
  if (use?.isFromCache) return { verb: 'issued TR before', failed: false }
  return (failure?.kind === 'token-request' && own) || { verb: 'issues TR', failed: false }
}

function writeResult(turn: TurnByExchange): TokenPlate {
  const { flow, running, isAsking, isTokenAsked, use, names, outcome } = turn
  const plate = { token: 'TR', title: flowWords[flow].result } as const
  if (use) {
    const hasRight = rightsOf(use.token).rights.length > 0
    const opens = hasRight ? tellAudience(use, names) : 'carries no right'
    const lines = [flowWords[flow].asWhom, opens, ...tellContexts(use.token)]
    return { ...plate, lines, state: 'seen', card: use.token }
  }
  if (outcome === 'consent') return { ...plate, lines: ['not issued yet'], state: 'next' }
  if (isAsking) return { ...plate, lines: ['on its way'], state: 'coming' }
  if (!running && isTokenAsked && outcome !== 'approval')
    return { ...plate, lines: ['not issued'], state: 'missing' }
  return { ...plate, lines: [tellNotAsked(turn)], state: running ? 'coming' : 'next' }
}

function tellNotAsked({ running, asked }: TurnByExchange): string {
  return running || asked?.isOpen ? 'not asked for yet' : 'not asked for'
}

/** Says for which API TR is, without “only” if another API shares the app id. */
function tellAudience(use: TokenUse, names: Names): string {
  const api = apisOfUse(use, names)
  return names.id(String(use.token.claims?.['aud'])) === api ? `for ${api} only` : `for ${api}`
}

function writeGate(turn: TurnByExchange): ApiGate {
  const [state, ...lines] = outcomes[turn.use?.outcome ?? turn.outcome].gate(turn)
  return { state, title: startSentence(turn.api), lines }
}
