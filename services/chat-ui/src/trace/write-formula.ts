import { type Formula, type Gate, isUnseen, type Plate, plateTitles, termLines } from '../identity/formula.ts'
import { flowWords, type Term } from '../words/flows.ts'
import type { Names } from '../words/names.ts'
import { wantedContexts } from '../words/step-up.ts'
import { apisOf, deniedBy, isRightMissing, tellChecks } from './judge.ts'
import { type Asked, isRefusal, rightsOf, type TokenUse, type TurnFacts } from './turn-facts.ts'

/** The exchange of a turn as formulas, one for each TR; one that breaks off where there is none. */
export function writeFormulas(facts: TurnFacts, names: Names): Formula[] {
  const pending =
    facts.asked && facts.asked.kind !== 'step-up' ? [writePending(facts, facts.asked, names)] : []
  const uses = facts.uses.length > 0 || pending.length > 0 ? facts.uses : [undefined]
  const formulas = uses.map(use => ({
    terms: flowWords[facts.flow].terms.map(role => writeTerm(role, facts)),
    exchange: writeExchange(facts),
    result: writeResult(use, facts, names),
    gate: writeGate(use, facts, names),
    isRunning: facts.isAsking,
  }))
  return [...formulas, ...pending]
}

/** The exchange that there will be if the user wants it. */
function writePending(facts: TurnFacts, { kind, api, isOpen }: Asked, names: Names): Formula {
  const { flow, tokens } = facts
  const isRefused = kind === 'consent'
  const notYet = isOpen ? 'not asked for yet' : 'not asked for'
  const terms = flowWords[flow].terms.map((token): Plate => {
    const [title, card] = [plateTitles[token], tokens[token]]
    if (isRefused) return writeTerm(token, facts)
    return card && !isUnseen(token)
      ? { token, title, lines: termLines[token], state: 'seen', card }
      : { token, title, lines: [notYet], state: 'next' }
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
  }
}

function writeTerm(token: Term, { tokens, running, asked }: TurnFacts): Plate {
  const title = plateTitles[token]
  const card = tokens[token]
  if (isUnseen(token)) {
    const shown = card ?? { role: token, observed: false }
    return { token, title, lines: termLines[token], state: 'unseen', card: shown }
  }
  if (card && asked?.kind === 'step-up' && asked.isOpen) {
    const lines = ['must be renewed', `with acrs ${asked.contexts.join(' ')}`]
    return { token, title, lines, state: 'seen', card }
  }
  if (card) return { token, title, lines: termLines.Tc, state: 'seen', card }
  return { token, title, lines: [running ? 'on its way' : 'not here'], state: running ? 'coming' : 'missing' }
}

function writeExchange({ failure }: TurnFacts): Formula['exchange'] {
  if (!failure) return { verb: 'issues TR', failed: false }
  return { verb: isRefusal(failure) ? 'refuses' : 'was not reached', failed: true }
}

function writeResult(use: TokenUse | undefined, { flow, running, isAsking }: TurnFacts, names: Names): Plate {
  const plate = { token: 'TR', title: flowWords[flow].result } as const
  if (use) {
    const hasRight = rightsOf(use.token).rights.length > 0
    const opens = hasRight ? `for ${apisOf(use, names)} only` : 'carries no right'
    return { ...plate, lines: [flowWords[flow].asWhom, opens], state: 'seen', card: use.token }
  }
  if (!running) return { ...plate, lines: ['not issued'], state: 'missing' }
  return { ...plate, lines: [isAsking ? 'on its way' : 'not asked for yet'], state: 'coming' }
}

function writeGate(use: TokenUse | undefined, { running, asked }: TurnFacts, names: Names): Gate {
  const title = use ? apisOf(use, names) : 'The API'
  switch (use?.outcome) {
    case 'allowed':
      return { state: 'allowed', title, lines: ['accepts TR', tellChecks(use.token)] }
    case 'denied': {
      const { actor, check } = deniedBy(use)
      const why = isRightMissing(use) ? 'a right is missing' : `check: ${check ?? 'not told'}`
      if (actor === 'agent') return { state: 'next', title, lines: [`not called: ${names.agent} rejects TR`] }
      return { state: 'denied', title, lines: ['denies TR', why] }
    }
    case 'more':
      return writeMore(use, asked, title)
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

/** The API has taken TR, and wants more before it does what it was asked. */
function writeMore({ decisive }: TokenUse, asked: Asked | undefined, title: string): Gate {
  const contexts = wantedContexts(decisive?.problem?.claimsChallenge)
  const wants = contexts.length > 0 ? `wants acrs ${contexts.join(' ')}` : 'wants a right that TR lacks'
  return { state: asked?.isOpen ? 'waiting' : 'next', title, lines: [wants, 'changed nothing'] }
}
