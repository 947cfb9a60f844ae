import type { FactAnswer, OutcomeKind } from '../identity/verdict.ts'
import { tellAct } from '../words/call-facts.ts'
import { flowWords } from '../words/flows.ts'
import { listInWords } from '../words/names.ts'
import { count } from '../words/times.ts'
import { spellOutDirections } from '../words/visible-text.ts'
import { startSentence, type TurnByExchange } from './turn-by-exchange.ts'
import { failedChecks, type Outcome } from './turn-facts.ts'

/** What the verdict says of an outcome. */
interface OutcomeRow {
  readonly kind: OutcomeKind
  readonly words: string
  readonly headline: (turn: TurnByExchange) => string
  /** Who decided: the last of the verdict's four answers. */
  readonly decision: (turn: TurnByExchange) => FactAnswer
}

const undecided = (why: string): FactAnswer => ({ question: 'Decided by', value: '–', detail: [why] })
const notKnown = ({ use }: TurnByExchange) => undecided(use ? 'not known' : 'nobody was asked')

/** A call that waits for its user's decision, or waited until it was left. */
const undecidedCall = { kind: 'neutral', words: 'Not sent' } as const

/** One row for each outcome of a turn. What else is told of it, by whatever tells more than the verdict, is in `outcome-details.ts`. */
// biome-ignore format: table
export const outcomes: Readonly<Record<Outcome, OutcomeRow>> = {
  running: {
    kind: 'running', words: 'Running',
    headline: tellRunning,
    decision: ({ use, api }) => undecided(use ? `${api}, not called yet` : 'not called yet'),
  },
  allowed: {
    kind: 'allowed', words: 'Allowed',
    headline: tellCalls,
    decision: turn => ({ question: 'Allowed by', value: turn.api, ...tellAcceptance(turn) }),
  },
  denied: { kind: 'denied', words: 'Denied', headline: tellDenial, decision: tellRefusal },
  answered: {
    kind: 'neutral', words: 'Answered',
    headline: ({ api, names, status }) => `${api} answered ${names.agent} with ${status}.`,
    decision: ({ api, status }) => ({ question: 'Answered by', value: api, detail: [`${status}, which denies nothing`] }),
  },
  failed: {
    kind: 'denied', words: 'Failed',
    headline: ({ api, names }) => `${api} gave ${names.agent} no answer.`,
    decision: ({ api, status }) => ({ question: 'Asked', value: api, detail: [`${status ?? 'no answer'}`], isBad: true }),
  },
  stopped: {
    kind: 'neutral', words: 'Stopped',
    headline: ({ agent, api }) => `${agent} began to call ${api}, and its answer is not known.`,
    decision: () => undecided('not known'),
  },
  more: {
    kind: 'neutral', words: 'Nothing changed',
    headline: tellDemand,
    decision: ({ api, checks, passed, status = 401 }) => ({
      question: 'Decided by', value: startSentence(api), checks, detail: [`${passed ?? status} · not yet`], isNotYet: true,
    }),
  },
  approval: {
    ...undecidedCall,
    headline: tellAsked,
    decision: ({ api }) => ({ question: 'Decided by', value: 'You', detail: [`then ${api}`] }),
  },
  consent: {
    ...undecidedCall,
    headline: ({ agent, names, failure }) => failure?.kind === 'token-request' ? `Entra ID gave ${names.agent} no token: consent is missing.` : `${agent} lacks your consent.`,
    decision: () => ({ question: 'Decided by', value: 'You', detail: ['or an administrator, for all'] }),
  },
  declined: { kind: 'neutral', words: 'Declined', headline: () => 'You declined, and nothing was sent by that.', decision: () => ({ question: 'Decided by', value: 'You', detail: ['declined'] }) },
  refused: {
    kind: 'denied', words: 'Denied',
    headline: turn => `${tellLack(turn)}.`,
    decision: turn => ({ ...tellEnd(turn, 'Denied by'), isBad: true }),
  },
  unreached: {
    kind: 'denied', words: 'Failed',
    headline: turn => `${tellLack(turn)}.`,
    decision: turn => ({ ...tellEnd(turn, 'Failed at'), isBad: true }),
  },
  later: { kind: 'waiting', words: 'Waiting', headline: turn => `${tellLack(turn)} yet.`, decision: turn => tellEnd(turn, 'Waits at') },
  none: {
    kind: 'neutral', words: 'No call',
    headline: ({ agent, api, use }) => use ? `${agent} got a token for ${api}, and did not call.` : `${agent} called no API.`,
    decision: notKnown,
  },
}

function tellRunning({ agent, api, use, flow, isAsking }: TurnByExchange): string {
  const { asWhom } = flowWords[flow]
  if (use?.decisive) return `${agent} is calling ${api} ${asWhom}.`
  if (use) return `${agent} has a token to call ${api} ${asWhom}.`
  return isAsking
    ? `${agent} is getting a token ${flow === 'autonomous' ? 'of its own' : `to act ${asWhom}`}.`
    : `${agent} is at work.`
}

/** "The agent called Orders API twice and Stock API as itself." With a single API, the number of calls comes last. */
function tellCalls({ agent, uses, names, flow }: TurnByExchange): string {
  const calls = uses.filter(({ outcome }) => outcome === 'allowed').flatMap(use => use.calls)
  const byApi = [...Map.groupBy(calls, ({ to }) => to)]
  const isOneApi = byApi.length === 1
  const called = byApi.map(([api, { length }]) => names.actor(api) + (isOneApi ? '' : timesInWords(length)))
  const times = isOneApi && calls.length > 1 ? `,${timesInWords(calls.length)}` : ''
  return `${agent} called ${listInWords(called)} ${flowWords[flow].asWhom}${times}.`
}

function timesInWords(number: number): string {
  if (number < 2) return ''
  return number === 2 ? ' twice' : ` ${number} times`
}

/** "7 of 7 checks · 200"; for several calls "accepts TR in all 3 calls". */
function tellAcceptance({ use, calls, checks, passed, status }: TurnByExchange) {
  const misreported = use && failedChecks(use.token).find(({ actor }) => actor === 'agent')
  const more = misreported && `failed: ${misreported.check}`
  if (calls.length > 1) return { detail: [`accepts it in all ${calls.length} calls`], more }
  return { checks, detail: [`${passed ?? 'tells of no checks'} · ${status ?? 'answered'}`], more }
}

function tellDenial({ agent, names, denier, failedCheck, lack, wanted }: TurnByExchange): string {
  if (denier === 'agent') return `${agent} rejected its token: ${lack}.`
  const why = wanted ? `: it lacks ${wanted}` : failedCheck ? `: ${lack}` : ''
  return `${names.actor(denier)} denied ${names.agent}${why}.`
}

/** "6 of 7 · 403"; the name of the failed check if the API reports no other. */
function tellRefusal({ names, denier, failedCheck, checks, passed, status }: TurnByExchange): FactAnswer {
  const parts = [passed ?? (failedCheck && `check: ${failedCheck}`), status]
  const detail = [parts.filter(Boolean).join(' · ')]
  return { question: 'Denied by', value: names.actor(denier), checks, detail, isBad: true }
}

function tellDemand({ api, asked, contexts, lack }: TurnByExchange): string {
  const where = startSentence(api)
  if (asked?.isOpen) return `${where} wants a second factor to ${tellAct(asked.title)}.`
  const did = asked || contexts.length > 0 ? 'wanted a second factor' : `did not accept the token: ${lack}`
  return `${where} ${did}, and nothing was changed.`
}

/** Says that calls wait for their user, or that the user left them undecided. */
function tellAsked({ agent, api, asked }: TurnByExchange): string {
  const { title = '', others = 0, isOpen } = asked ?? {}
  if (!isOpen) return `${agent} asked you first, to ${tellAct(title)}, and it was not sent.`
  const what = others > 0 ? `makes ${count(others + 1, 'call')}` : `calls ${api}`
  return `${agent} asks you before it ${what}.`
}

/** "Entra ID gave the agent no token". */
function tellLack({ failure, failedAt, names }: TurnByExchange): string {
  if (failure?.kind === 'token-request') return `${failedAt} gave ${names.agent} no token`
  return `${failedAt} gave ${failure?.problem?.code === 'BEDROCK_STREAM_BROKEN' ? 'no whole answer' : 'no answer'}`
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
