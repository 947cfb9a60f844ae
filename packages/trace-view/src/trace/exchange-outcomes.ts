import type { ActsAs, TraceStep } from '@entra-agents/trace'
import type { FactAnswer } from '../identity/verdict.ts'
import { tellAct } from '../words/call-facts.ts'
import { flowWords } from '../words/flows.ts'
import { listInWords } from '../words/names.ts'
import { type Phrase, phrase } from '../words/phrase.ts'
import { actsAsOf } from './read-token.ts'
import { type OutcomeRow, startSentence, type TurnByExchange, undecided } from './turn-by-exchange.ts'
import type { Outcome } from './turn-facts.ts'

const checking = (turn: TurnByExchange) => [tellCheckedCall(turn), tellPassed(turn)] as const

/** The outcomes of an exchange whose TR was sent to an API. */
// biome-ignore format: table
export const exchangeOutcomes = {
  running: {
    kind: 'running', words: 'Running',
    headline: tellRunning,
    decision: ({ use, api }) => undecided(use ? `${api}, not called yet` : 'not called yet'),
    sentence: () => '',
    gate: () => ['next', 'not called yet'],
    scene: ({ api }) => [`${api} has TR, and has not answered yet.`, ['Its answer decides.']],
  },
  allowed: {
    kind: 'allowed', words: 'Allowed',
    headline: tellCalls,
    decision: turn => ({ question: 'Allowed by', value: turn.api, ...tellAcceptance(turn) }),
    sentence: tellAnswer,
    gate: ({ calls }) => ['allowed', calls.length > 1 ? `accepts it, ${calls.length} times` : 'accepts it'],
    scene: checking,
  },
  denied: {
    kind: 'denied', words: 'Denied',
    headline: tellDenial,
    decision: tellRefusal,
    sentence: tellDeniedUse,
    gate: ({ denier, isRightMissing, failedCheck = 'not told' }) =>
      denier === 'agent' ? ['next', 'not called'] : ['denied', `denies it: ${isRightMissing ? 'no right' : failedCheck}`],
    scene: turn => [`${turn.api} denies the call.`, tellWhatIsMissing(turn)],
  },
  answered: {
    kind: 'neutral', words: 'Answered',
    headline: ({ api, names, status }) => `${api} answered ${names.agent} with ${status}.`,
    decision: ({ api, status }) => ({ question: 'Answered by', value: api, detail: [`${status}, which denies nothing`] }),
    sentence: ({ api, status }) => `${api} answered with ${status}, which denies nothing.`,
    gate: ({ status }) => ['answered', `answers ${status}`],
    scene: checking,
  },
  failed: {
    kind: 'denied', words: 'Failed',
    headline: ({ api, names }) => `${api} gave ${names.agent} no answer.`,
    decision: ({ api, status }) => ({ question: 'Asked', value: api, detail: [`${status ?? 'no answer'}`], isBad: true }),
    sentence: tellSilence,
    gate: () => ['next', 'gives no answer'],
    scene: turn => [`${turn.api} gives no answer.`, [tellSilence(turn)]],
  },
  stopped: {
    kind: 'neutral', words: 'Stopped',
    headline: ({ agent, api }) => `${agent} began to call ${api}, and its answer is not known.`,
    decision: () => undecided('not known'),
    sentence: ({ api }) => `The call of ${api} was begun, and its answer is not known.`,
    gate: () => ['next', 'its answer is not known'],
    scene: ({ api }) => [`${api} was called.`, ['Its answer is not known.']],
  },
  more: {
    kind: 'neutral', words: 'Nothing changed',
    headline: tellDemand,
    decision: ({ api, checks, passed, status = 401 }) => ({
      question: 'Decided by', value: startSentence(api), checks, detail: [`${passed ?? status} · not yet`], isNotYet: true,
    }),
    sentence: tellMissingProof,
    gate: turn => [turn.asked?.isOpen ? 'waiting' : 'next', turn.contexts.length > 0 ? `wants acrs ${turn.contexts.join(' ')}` : 'wants another right'],
    scene: turn => [`${turn.api} says: not yet.`, tellNotYet(turn)],
    stopped: 'A call waited for its user, and nothing was changed.',
  },
} as const satisfies Readonly<Partial<Record<Outcome, OutcomeRow>>>

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
function tellAcceptance({ calls, checks, passed, status }: TurnByExchange) {
  if (calls.length > 1) return { detail: [`accepts it in all ${calls.length} calls`] }
  return { checks, detail: [`${passed ?? 'tells of no checks'} · ${status ?? 'answered'}`] }
}

/** Who gave TR's right, and what no token tells of it. */
const origins: Readonly<Partial<Record<ActsAs, string>>> = {
  user: 'The scope shows that somebody consented, you or an administrator; who it was, only Entra ID knows.',
  'agent-user': 'The scope shows that an administrator consented; which one, only Entra ID knows.',
}

function tellAnswer({ use, calls, api, checks, rights }: TurnByExchange): string {
  if (calls.every(isListOfTools)) return `${api} listed its tools.`
  const origin = use && origins[actsAsOf(use.token)]
  if (origin && rights.length > 0) return origin
  return `${api} ${checks.length > 0 ? 'checked that token and ' : ''}answered; no user is involved.`
}

/** Whether a step lists the tools of an MCP server: the model gets the list before the question. */
function isListOfTools({ request }: TraceStep): boolean {
  return Object(request?.body).method === 'tools/list'
}

/** "Orders API accepts the call: 7 of 7 checks."; without the number unless all were reported as passed. */
function tellCheckedCall({ api, use, status, checks, passed }: TurnByExchange): string {
  const accepts = use && use.apis.length > 1 ? 'accept' : 'accepts'
  const does = use?.outcome === 'answered' ? `answers with ${status}` : `${accepts} the call`
  return `${api} ${does}${passed && checks.every(({ ok }) => ok) ? `: ${passed} checks` : ''}.`
}

/** The checks that TR passed, by name. */
function tellPassed({ checks }: TurnByExchange): Phrase {
  const names = checks.filter(({ ok }) => ok).map(({ name }) => name)
  return [names.length > 0 ? `It checked ${listInWords(names)}.` : 'It answered, and told of no checks.']
}

function tellDenial({
  agent,
  names,
  denier = '',
  failedCheck,
  isRightMissing,
  wanted,
}: TurnByExchange): string {
  if (denier === 'agent') return `${agent} rejected its token: the check of ${failedCheck} failed.`
  const lack = wanted ? `: it lacks ${wanted}` : ': a right is missing'
  const why = isRightMissing ? lack : failedCheck ? `: the check of ${failedCheck} failed` : ''
  return `${names.actor(denier)} denied ${names.agent}${why}.`
}

/** "6 of 7 · 403"; the name of the failed check if the API reports no other. */
function tellRefusal({
  names,
  denier = '',
  failedCheck,
  checks,
  passed,
  status,
}: TurnByExchange): FactAnswer {
  const parts = [passed ?? (failedCheck && `check: ${failedCheck}`), status].filter(
    part => part !== undefined,
  )
  const detail = [parts.join(' · ')]
  return { question: 'Denied by', value: names.actor(denier), checks, detail, isBad: true }
}

function tellDeniedUse(turn: TurnByExchange): string {
  const { api, names, denier, failedCheck, isRightMissing, wanted = 'another right' } = turn
  const { claim, rights, problem } = turn
  const failed = failedCheck ? `the check of ${failedCheck} failed` : (problem?.title ?? 'it says no more')
  if (denier === 'agent') return `Entra ID issued a token; ${names.agent} did not use it: ${failed}.`
  if (!isRightMissing) return `Entra ID issued a token, and ${api} did not accept it: ${failed}.`
  const none = claim === 'roles' ? 'no role' : 'no scope'
  const carried = rights.length > 0 ? `only ${rights.join(' and ')}` : none
  return `Entra ID issued a token, so the identity works. The token carries ${carried}; ${api} wants ${wanted}.`
}

/** Why the API denied the call: what it accepts, and what it wants. */
function tellWhatIsMissing(turn: TurnByExchange): Phrase {
  const { failedCheck, isRightMissing, wanted } = turn
  if (!isRightMissing) return [failedCheck ? `The check of ${failedCheck} failed.` : tellDeniedUse(turn)]
  return phrase`It accepts who calls, and wants ${wanted ? { code: wanted } : 'a right that TR lacks'}.`
}

function tellSilence({ api, problem }: TurnByExchange): string {
  return `${api} gave no answer: ${problem?.title ?? 'the call failed.'}`
}

function tellDemand({ api, asked, contexts }: TurnByExchange): string {
  const where = startSentence(api)
  if (asked?.isOpen) return `${where} wants a second factor to ${tellAct(asked.title)}.`
  const what = asked || contexts.length > 0 ? 'a second factor' : 'a right that TR lacks'
  return `${where} wanted ${what}, and nothing was changed.`
}

/** What the API accepts already, and what it wants before it runs the call. */
function tellNotYet({ contexts }: TurnByExchange): Phrase {
  return contexts.length === 0
    ? ['It accepts who calls, and wants a right that TR lacks. Nothing was changed.']
    : phrase`It accepts who calls and by which right, and wants a second factor first: ${{ code: `acrs ${contexts.join(' ')}` }}. Nothing was changed.`
}

function tellMissingProof({ api, contexts }: TurnByExchange): string {
  if (contexts.length === 0)
    return `${startSentence(api)} wanted a right that the token lacks, and changed nothing.`
  return `The identity and the right are fine. What is missing is a proof: the token does not say that you have just shown a second factor (acrs ${contexts.join(' ')}).`
}
