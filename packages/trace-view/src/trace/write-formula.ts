import { type ApiGate, type Formula, type TokenPlate, termPlates } from '../identity/formula.ts'
import { type FormulaTerm, flowWords } from '../words/flows.ts'
import type { Names } from '../words/names.ts'
import { problemKind } from '../words/problem-kinds.ts'
import { toReader } from '../words/reader.ts'
import { wantedContexts } from '../words/step-up.ts'
import { tellContexts } from './acrs.ts'
import { apisOfUse, decidingApi, findDenial, isRightMissing, tellChecks } from './judge.ts'
import { isRefusal, type PendingCall, rightsOf, type TokenUse, type TurnFacts } from './turn-facts.ts'

/** The exchange of a turn as formulas, one for each TR; without a TR, one formula that breaks off. */
export function writeFormulas(facts: TurnFacts, names: Names): Formula[] {
  const pending =
    facts.asked && facts.asked.kind !== 'step-up' ? [writePendingFormula(facts, facts.asked, names)] : []
  const uses = facts.uses.length > 0 || pending.length > 0 ? facts.uses : [undefined]
  const formulas = uses.map((use, index) => ({
    terms: flowWords[facts.flow].terms.map(role => writeTerm(role, use, facts)),
    exchange: writeExchange(use, facts),
    result: writeResult(use, facts, names),
    gate: writeGate(use, facts, names),
    isRunning: facts.isAsking,
    ...(facts.isTokenAsked && index === uses.length - 1 ? { legend: tellUnseenHops(facts) } : {}),
  }))
  return toReader([...formulas, ...pending], names)
}

/** Explains the hops that the agent did not see. */
export function tellUnseenHops({ uses }: TurnFacts): string {
  return uses.length > 0 && uses.every(({ isFromCache }) => isFromCache)
    ? 'between sidecar and Entra ID, before this question: TR came from the sidecar’s cache. Not seen by the agent.'
    : 'between sidecar and Entra ID: not seen by the agent. The sidecar may also answer from its cache.'
}

/** The exchange that follows if the user approves or consents; if the call was abandoned, the exchange that did not happen. */
function writePendingFormula(facts: TurnFacts, { kind, api, isOpen }: PendingCall, names: Names): Formula {
  const { flow, tokens } = facts
  const isRefused = kind === 'consent'
  const notYet = isOpen ? 'not asked for yet' : 'not asked for'
  const terms = flowWords[flow].terms.map((token): TokenPlate => {
    const [plate, card] = [termPlates[token], tokens[token]]
    if (isRefused) return writeTerm(token, undefined, facts)
    return card && plate.state === 'seen' ? { ...plate, card } : { ...plate, lines: [notYet], state: 'next' }
  })
  return {
    terms,
    exchange: { verb: isRefused ? 'wants your consent' : 'exchanges', failed: false },
    result: {
      token: 'TR',
      title: flowWords[flow].result,
      lines: [isRefused ? 'not issued yet' : notYet],
      state: 'next',
    },
    gate: {
      state: isOpen ? 'waiting' : 'next',
      title: api === undefined ? 'The API' : names.actor(api),
      lines: [isOpen ? 'not called yet' : 'not called'],
    },
    isRunning: false,
    legend: isOpen ? `happens only if you ${isRefused ? 'consent' : 'approve'}` : 'did not happen',
  }
}

function writeTerm(token: FormulaTerm, use: TokenUse | undefined, facts: TurnFacts): TokenPlate {
  const { tokens, running, asked, isTokenAsked } = facts
  const plate = termPlates[token]
  const card = (token === 'Tc' && use?.userToken) || tokens[token]
  if (plate.state === 'unseen') {
    const unseen = { ...plate, card: card ?? { role: token, observed: false } }
    if (isTokenAsked) return unseen
    return { ...unseen, lines: [running ? 'not asked for yet' : 'not asked for'], state: 'next' }
  }
  if (!card)
    return { ...plate, lines: [running ? 'on its way' : 'not here'], state: running ? 'coming' : 'missing' }
  const lines =
    asked?.kind === 'step-up' && asked.isOpen
      ? ['must be renewed', `with acrs ${asked.contexts.join(' ')}`]
      : [...plate.lines, ...tellContexts(card)]
  return { ...plate, lines, card }
}

function writeExchange(
  use: TokenUse | undefined,
  { failure, isTokenAsked, running }: TurnFacts,
): Formula['exchange'] {
  if (!isTokenAsked) return { verb: running ? 'is not asked yet' : 'was not asked', failed: false }
  if (use?.isFromCache) return { verb: 'issued TR before', failed: false }
  if (failure?.kind !== 'token-request') return { verb: 'issues TR', failed: false }
  if (failure.problem && problemKind(failure.problem) === 'wait')
    return { verb: 'gives none yet', failed: false }
  if (isRefusal(failure)) return { verb: 'refuses', failed: true }
  const isReached = failure.problem?.upstream?.service === 'entra'
  return { verb: isReached ? 'gives none now' : 'was not reached', failed: true }
}

function writeResult(use: TokenUse | undefined, facts: TurnFacts, names: Names): TokenPlate {
  const { flow, running, isAsking, isTokenAsked } = facts
  const plate = { token: 'TR', title: flowWords[flow].result } as const
  if (use) {
    const hasRight = rightsOf(use.token).rights.length > 0
    const opens = hasRight ? tellAudience(use, names) : 'carries no right'
    const lines = [flowWords[flow].asWhom, opens, ...tellContexts(use.token)]
    return { ...plate, lines, state: 'seen', card: use.token }
  }
  if (isAsking) return { ...plate, lines: ['on its way'], state: 'coming' }
  if (running) return { ...plate, lines: ['not asked for yet'], state: 'coming' }
  return isTokenAsked
    ? { ...plate, lines: ['not issued'], state: 'missing' }
    : { ...plate, lines: ['not asked for'], state: 'next' }
}

/** Says for which API TR is, without “only” if another API shares the app id. */
function tellAudience(use: TokenUse, names: Names): string {
  const api = apisOfUse(use, names)
  return names.id(String(use.token.claims?.['aud'])) === api ? `for ${api} only` : `for ${api}`
}

function writeGate(use: TokenUse | undefined, { running, asked }: TurnFacts, names: Names): ApiGate {
  const title = use ? decidingApi(use, names) : 'The API'
  switch (use?.outcome) {
    case 'allowed':
      return { state: 'allowed', title, lines: ['accepts TR', tellChecks(use.token)] }
    case 'denied': {
      const { actor, check } = findDenial(use)
      const why = isRightMissing(use) ? 'a right is missing' : `check: ${check ?? 'not told'}`
      if (actor === 'agent') return { state: 'next', title, lines: [`not called: ${names.agent} rejects TR`] }
      return { state: 'denied', title, lines: ['denies TR', why] }
    }
    case 'more':
      return writeDemandingGate(use, asked, title)
    case 'answered':
      return { state: 'answered', title, lines: [`answers ${use.decisive?.response?.status}`] }
    case 'failed':
      return { state: 'next', title, lines: ['gives no answer'] }
    case 'stopped':
      return { state: 'next', title, lines: ['its answer is not known'] }
    default:
      return { state: 'next', title, lines: [running ? 'not called yet' : 'not called'] }
  }
}

/** The gate of an API that has not denied TR for good, but wants more before it runs the call. */
function writeDemandingGate({ decisive }: TokenUse, asked: PendingCall | undefined, title: string): ApiGate {
  const contexts = wantedContexts(decisive?.problem?.claimsChallenge)
  const wants = contexts.length > 0 ? `wants acrs ${contexts.join(' ')}` : 'wants a right that TR lacks'
  return { state: asked?.isOpen ? 'waiting' : 'next', title, lines: [wants, 'changed nothing'] }
}
