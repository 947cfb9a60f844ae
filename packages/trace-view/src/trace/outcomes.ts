import type { FactAnswer } from '../identity/verdict.ts'
import { tellAct } from '../words/call-facts.ts'
import { count } from '../words/times.ts'
import { spellOutDirections } from '../words/visible-text.ts'
import { exchangeOutcomes } from './exchange-outcomes.ts'
import { type OutcomeRow, type TurnByExchange, undecided } from './turn-by-exchange.ts'
import type { Outcome } from './turn-facts.ts'

const notKnown = ({ use }: TurnByExchange) => undecided(use ? 'not known' : 'nobody was asked')
const notCalled: OutcomeRow['gate'] = ({ running }) => ['next', running ? 'not called yet' : 'not called']

/** A call that waits for its user's decision, or waited until it was left. */
const undecidedCall = {
  kind: 'neutral',
  words: 'Not sent',
  decision: ({ api }) => ({ question: 'Decided by', value: 'You', detail: [`then ${api}`] }),
  gate: ({ asked }) => ['next', asked?.isOpen ? 'not called yet' : 'not called'],
  stopped: 'A call waited for its user and was not sent.',
} as const satisfies Partial<OutcomeRow>

/** One row for each outcome of a turn. */
// biome-ignore format: table
export const outcomes: Readonly<Record<Outcome, OutcomeRow>> = {
  ...exchangeOutcomes,
  approval: {
    ...undecidedCall,
    headline: tellAsked,
    sentence: tellUnapproved,
    exchange: ({ asked }) => ({ verb: asked?.isOpen ? 'not asked yet' : 'not asked', failed: false }),
  },
  consent: {
    ...undecidedCall,
    headline: ({ agent, names, failure }) => failure?.kind === 'token-request' ? `Entra ID gave ${names.agent} no token: consent is missing.` : `${agent} lacks your consent.`,
    decision: () => ({ question: 'Decided by', value: 'You', detail: ['or an administrator, for all'] }),
    sentence: () => '',
    exchange: () => ({ verb: 'wants consent', failed: false }),
  },
  declined: {
    kind: 'neutral', words: 'Declined',
    headline: () => 'You declined, and nothing was sent by that.',
    decision: notKnown,
    sentence: () => '',
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
      verb: failure?.problem?.upstream?.service === 'entra' ? 'gives none now' : 'not reached',
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
    sentence: ({ use, steps }) => tellUnasked(steps) ?? (use || steps.some(({ kind }) => kind !== 'model') ? '' : 'The model called no tool, so no token was needed.'),
    gate: notCalled,
  },
}

/** Says that calls wait for their user, or that the user left them undecided. */
function tellAsked({ agent, api, asked }: TurnByExchange): string {
  const { title = '', others = 0, isOpen } = asked ?? {}
  if (!isOpen) return `${agent} asked you first, to ${tellAct(title)}, and it was not sent.`
  const what = others > 0 ? `makes ${count(others + 1, 'call')}` : `calls ${api}`
  return `${agent} asks you before it ${what}.`
}

function tellUnapproved({ asked, steps }: TurnByExchange): string {
  if (!asked?.isOpen) return ''
  const kinds = steps.filter(({ parentId }) => parentId === asked.step.id).map(({ kind }) => kind)
  if (kinds.includes('api-call'))
    return 'Nothing was changed: it was only looked up what the call would change.'
  return kinds.includes('token')
    ? 'Nothing was sent. The agent asked for a token only to see that it has the right. The call asks for its token once you have decided.'
    : 'Nothing was sent. The agent asks for no token before you decide, so that no token lies around for a call that you may refuse.'
}

/** That a call ended since its token lacks a right, before anybody was asked. */
function tellUnasked(steps: TurnByExchange['steps']): string | undefined {
  const needs = steps.findLast(({ kind, problem }) => kind === 'tool' && problem?.needs)?.problem?.needs
  return needs && `The token lacks ${needs.permission}, so nobody was asked, and nothing was sent.`
}

/** "Entra ID gave the agent no token". */
function tellLack({ failure, failedAt, names }: TurnByExchange): string {
  if (failure?.kind === 'token-request') return `${failedAt} gave ${names.agent} no token`
  return `${failedAt} gave ${failure?.problem?.code === 'BEDROCK_STREAM_BROKEN' ? 'no whole answer' : 'no answer'}`
}

function tellFailure({ failure }: TurnByExchange): string {
  const problem = failure?.problem
  return problem ? `${problem.title} ${problem.detail}` : `The ${failure?.to} gave no answer.`
}

/** Where the turn ended before there was a token. */
function tellEnd({ failure, failedAt }: TurnByExchange, question: string): FactAnswer {
  const { problem } = failure ?? {}
  return {
    question,
    value: failedAt,
    detail: [spellOutDirections(problem?.upstream?.code ?? problem?.code ?? '')],
  }
}
