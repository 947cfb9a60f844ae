import { type ApiGate, exchangeVerb, type Formula, type TokenPlate, termPlates } from '../identity/formula.ts'
import { type FormulaTerm, flowWords } from '../words/flows.ts'
import type { Names } from '../words/names.ts'
import { toReader } from '../words/reader.ts'
import { outcomeDetails } from './outcome-details.ts'
import { tellContexts } from './read-token.ts'
import { apisOfUse, startSentence, type TurnByExchange, turnBy } from './turn-by-exchange.ts'
import { isUndecided, type TokenUse, type TurnFacts } from './turn-facts.ts'

/** The exchange of a turn as formulas, one for each TR, and one for what a call waits for; without both, one that breaks off. */
export function writeFormulas(facts: TurnFacts, names: Names): Formula[] {
  const { uses, isAsking } = facts
  const all = uses.length === 0 || isUndecided(facts) ? [...uses, undefined] : uses
  const formulas = all.map((use, index): Formula => {
    const turn = turnBy(facts, names, use)
    const legend = tellLegend(turn, index === uses.length - 1)
    return {
      terms: flowWords[facts.flow].terms.map(role => writeTerm(role, turn)),
      exchange: writeExchange(turn),
      result: writeResult(turn),
      gate: writeGate(turn),
      isRunning: isAsking,
      ...(isFirstTry(use, facts) && { firstTry: { at: use?.decisive?.startedAt, lack: turn.lack } }),
      ...(legend && { legend }),
    }
  })
  return toReader(formulas, names)
}

/** Whether an API wanted more, and then got a better token. */
export function isFirstTry(use: TokenUse | undefined, { exchange }: Pick<TurnFacts, 'exchange'>): boolean {
  return use?.outcome === 'more' && exchange !== undefined && exchange !== use
}

/** Explains the dashed plates. */
function tellLegend(turn: TurnByExchange, isLast: boolean): string | undefined {
  const { use, uses, running, failure, isTokenAsked, outcome } = turn
  if (outcome === 'consent' && !use) {
    if (failure?.kind !== 'token-request') return undefined
    const code = failure.problem?.upstream?.code
    return `The sidecar passed on what Entra ID said${code ? `: ${code}` : ''}.`
  }
  if (!isTokenAsked || (use ? !isLast : outcome === 'approval')) return undefined
  if (running && uses.length === 0) return 'The agent does not see this part.'
  const isCached = uses.length > 0 && uses.every(({ isFromCache }) => isFromCache)
  const before = isCached ? ', before this question' : ''
  return `The agent did not see this: it happened between sidecar and Entra ID${before}.`
}

function writeTerm(token: FormulaTerm, turn: TurnByExchange): TokenPlate {
  const { tokens, isTokenAsked, use, outcome } = turn
  const plate = termPlates[token]
  const card = (token === 'Tc' && use?.userToken) || tokens[token]
  if (plate.state === 'seen') return writeUserToken(plate, card, turn)
  const unseen = { ...plate, card: card ?? { role: token, observed: false } }
  const isAwaited = outcome === 'approval' && !use
  return isTokenAsked && !isAwaited ? unseen : { ...unseen, line: tellNotAsked(turn), state: 'next' }
}

function writeUserToken(plate: TokenPlate, card: TokenPlate['card'], turn: TurnByExchange): TokenPlate {
  if (!card && turn.running) return { ...plate, line: 'on its way', state: 'coming' }
  if (!card) return { ...plate, line: 'not here', state: 'missing' }
  if (isProofMissing(turn)) return { ...plate, line: 'no second factor in it', card }
  const isProven = isAfterFirstTry(turn) && tellContexts(card).length > 0
  return { ...plate, ...(isProven && { line: 'with second factor' }), tag: tellTag(card, turn), card }
}

/** Whether an API wants proof of a second factor that the tokens of this exchange do not carry. */
function isProofMissing({ use, contexts }: TurnByExchange): boolean {
  return use?.outcome === 'more' && contexts.length > 0
}

/** Whether an exchange followed a first try at the same API. */
function isAfterFirstTry(turn: TurnByExchange): boolean {
  const { use, uses } = turn
  return uses.some(
    first =>
      first !== use &&
      isFirstTry(first, turn) &&
      first.since < (use?.since ?? 0) &&
      first.token.claims?.['aud'] === use?.token.claims?.['aud'],
  )
}

/** "+ acrs c1": the proof that a token got by a stronger sign-in. */
function tellTag(card: TokenPlate['card'], turn: TurnByExchange): string | undefined {
  const [contexts] = card ? tellContexts(card) : []
  return contexts && (isAfterFirstTry(turn) ? `+ ${contexts}` : contexts)
}

function writeExchange(turn: TurnByExchange): Formula['exchange'] {
  const { use, failure, isTokenAsked, isTokenUnused, running, outcome, flow } = turn
  const own = use ? undefined : outcomeDetails[outcome].exchange?.(turn)
  if (own && isUndecided(turn)) return own
  if (!isTokenAsked && isTokenUnused) return { verb: 'not used', failed: false }
  if (!isTokenAsked) return { verb: running ? 'not asked yet' : 'not asked', failed: false }
  if (use?.isFromCache) return { verb: 'issued before', failed: false }
  return (failure?.kind === 'token-request' && own) || { verb: exchangeVerb(flow), failed: false }
}

function writeResult(turn: TurnByExchange): TokenPlate {
  const { flow, running, isAsking, isTokenAsked, use, names, outcome } = turn
  const plate = { token: 'TR', title: flowWords[flow].result } as const
  if (use)
    return {
      ...plate,
      line: tellResult(use, turn, names),
      tag: tellTag(use.token, turn),
      state: 'seen',
      card: use.token,
    }
  if (outcome === 'consent') return { ...plate, line: 'not issued', state: 'next' }
  if (outcome === 'denied') return { ...plate, line: `rejected: ${turn.failedCheck}`, state: 'missing' }
  if (isAsking) return { ...plate, line: 'on its way', state: 'coming' }
  if (!running && isTokenAsked && outcome !== 'approval')
    return { ...plate, line: 'not issued', state: 'missing' }
  return { ...plate, line: tellNotAsked(turn), state: running ? 'coming' : 'next' }
}

/** What matters most of TR: that it lacks or carries what the API wants, or else whom it names or what it opens. */
function tellResult(use: TokenUse, turn: TurnByExchange, names: Names): string {
  if (turn.rights.length === 0) return 'carries no right'
  if (isProofMissing(turn)) return 'nor in this one'
  if (isAfterFirstTry(turn) && tellContexts(use.token).length > 0) return 'carries the proof'
  return turn.words.named ?? tellAudience(use, names)
}

function tellNotAsked({ running, asked, isTokenUnused }: TurnByExchange): string {
  if (isTokenUnused) return 'not used'
  return running || asked?.isOpen ? 'not asked for yet' : 'not asked for'
}

/** Says for which API TR is, without “only” if another API shares the app id. */
function tellAudience(use: TokenUse, names: Names): string {
  const api = apisOfUse(use, names)
  return names.id(String(use.token.claims?.['aud'])) === api ? `for ${api} only` : `for ${api}`
}

function writeGate(turn: TurnByExchange): ApiGate {
  const [state, line] = outcomeDetails[turn.use?.outcome ?? turn.outcome].gate(turn)
  const isDecided = state === 'allowed' || state === 'denied'
  const passed = isDecided && turn.passed ? `${turn.passed} checks` : undefined
  return { state, title: startSentence(turn.api), line, passed }
}
