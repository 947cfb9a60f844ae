import type { TraceStep } from '@entra-agents/trace'
import type { FactAnswer } from '../identity/verdict.ts'
import { tellAct } from '../words/call-facts.ts'
import { flowWords } from '../words/flows.ts'
import type { Names } from '../words/names.ts'
import { type Phrase, phrase, tokenMarks } from '../words/phrase.ts'
import { count } from '../words/times.ts'
import { exchangeOutcomes } from './exchange-outcomes.ts'
import { type OutcomeRow, type TurnByExchange, undecided } from './turn-by-exchange.ts'
import type { Outcome } from './turn-facts.ts'

const { T1, TR } = tokenMarks

const notKnown = ({ use }: TurnByExchange) => undecided(use ? 'not known' : 'nobody was asked')
const notCalled: OutcomeRow['gate'] = ({ running }) => ['next', running ? 'not called yet' : 'not called']

/** A call that waits for its user's decision, or waited until it was left. */
const undecidedCall = {
  kind: 'neutral',
  words: 'Not sent',
  decision: ({ api }) => ({ question: 'Decided by', value: 'You', detail: [`then ${api}`] }),
  gate: ({ asked }) => (asked?.isOpen ? ['waiting', 'not called yet'] : ['next', 'not called']),
  stopped: 'A call waited for its user and was not sent.',
} as const satisfies Partial<OutcomeRow>

/** One row for each outcome of a turn. */
// biome-ignore format: table
export const outcomes: Readonly<Record<Outcome, OutcomeRow>> = {
  ...exchangeOutcomes,
  approval: {
    ...undecidedCall,
    headline: turn => tellAsked(turn, ['asks to', 'asked to'], ' for you'),
    sentence: tellUnapproved,
    exchange: () => ({ verb: 'exchanges', failed: false }),
  },
  consent: {
    ...undecidedCall,
    headline: turn => tellAsked(turn, ['needs your consent to', 'needed your consent to']),
    sentence: tellUnconsented,
    exchange: () => ({ verb: 'wants your consent', failed: false }),
  },
  declined: {
    kind: 'neutral', words: 'Declined',
    headline: () => 'You declined, and nothing was sent by that.',
    decision: notKnown,
    sentence: () => ['You declined a call, and nothing was sent by that.'],
    gate: notCalled,
  },
  refused: {
    kind: 'denied', words: 'Denied',
    headline: turn => `${tellLack(turn)}.`,
    decision: turn => ({ ...tellEnd(turn, 'Denied by'), isBad: true }),
    sentence: tellFailure,
    exchange: () => ({ verb: 'refuses', failed: true }),
    gate: notCalled,
  },
  unreached: {
    kind: 'denied', words: 'Failed',
    headline: turn => `${tellLack(turn)}.`,
    decision: turn => ({ ...tellEnd(turn, 'Failed at'), isBad: true }),
    sentence: tellFailure,
    exchange: ({ failure }) => ({
      verb: failure?.problem?.upstream?.service === 'entra' ? 'gives none now' : 'was not reached',
      failed: true,
    }),
    gate: notCalled,
  },
  later: {
    kind: 'waiting', words: 'Waiting',
    headline: turn => `${tellLack(turn)} yet.`,
    decision: turn => ({ ...tellEnd(turn, 'Waits at'), isBad: false }),
    sentence: tellFailure,
    exchange: () => ({ verb: 'gives none yet', failed: false }),
    gate: notCalled,
  },
  none: {
    kind: 'neutral', words: 'No call',
    headline: ({ agent, api, use }) => use ? `${agent} got a token for ${api}, and did not call.` : `${agent} called no API.`,
    decision: notKnown,
    sentence: () => [],
    gate: notCalled,
  },
}

/** Says that calls wait for their user, or that the user left them undecided. */
function tellAsked(
  { agent, asked }: TurnByExchange,
  [now, before]: readonly [string, string],
  end = '',
): string {
  const { title = '', others = 0, isOpen } = asked ?? {}
  const more = others > 0 ? `, and for ${count(others, 'more call')},` : ''
  return `${agent} ${isOpen ? now : before} ${tellAct(title)}${more}${end}${isOpen ? '' : ', and it was not sent'}.`
}

function tellUnapproved(turn: TurnByExchange): Phrase {
  const { asked, steps } = turn
  if (!asked?.isOpen) return tellLeft(turn)
  const runs = asked.others > 0 ? 'each approved call runs once' : 'the call runs once'
  const isLookedUp = steps.some(({ kind, parentId }) => kind === 'api-call' && parentId === asked.step.id)
  const done = isLookedUp ? 'it was only looked up what it would change' : 'no token was asked for it'
  return phrase`The call would change something, so it waits for you, and ${done}. On your approval, ${tellNext(turn)}, and ${runs}.`
}

function tellUnconsented(turn: TurnByExchange): Phrase {
  if (!turn.asked?.isOpen) return tellLeft(turn)
  return phrase`Entra ID gave no token: you have not consented to what ${turn.names.agent} needs. With your consent, ${tellNext(turn)}.`
}

function tellLeft({ asked }: TurnByExchange): Phrase {
  return [`The call waited for you and was not made: to ${tellAct(asked?.title ?? '')}.`]
}

/** The exchange that follows the user's decision. */
function tellNext({ flow }: TurnByExchange): Phrase {
  const [, exchanged] = flowWords[flow].terms
  return exchanged
    ? phrase`the sidecar exchanges ${T1} and ${tokenMarks[exchanged]} for ${TR}`
    : phrase`Entra ID issues ${TR}`
}

/** "Entra ID gave the agent no token". */
function tellLack({ failure, names }: TurnByExchange): string {
  const who = failedActor(failure, names)
  if (failure?.kind === 'token-request') return `${who} gave ${names.agent} no token`
  return `${who} gave ${failure?.problem?.code === 'BEDROCK_STREAM_BROKEN' ? 'no whole answer' : 'no answer'}`
}

function tellFailure({ failure }: TurnByExchange): Phrase {
  const problem = failure?.problem
  return [problem ? `${problem.title} ${problem.detail}` : `The ${failure?.to} gave no answer.`]
}

/** Where the turn ended before there was a token. */
function tellEnd({ failure, names }: TurnByExchange, question: string): FactAnswer {
  const { problem } = failure ?? {}
  const detail = [problem?.upstream?.code ?? problem?.code ?? '']
  return { question, value: failedActor(failure, names), detail }
}

function failedActor(failure: TraceStep | undefined, names: Names): string {
  return names.actor(failure?.problem?.upstream?.service ?? failure?.to ?? 'agent')
}
