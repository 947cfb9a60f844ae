import type { TraceStep } from '@entra-agents/trace'
import type { ApiGate } from '../identity/formula.ts'
import type { FactAnswer } from '../identity/verdict.ts'
import { tellAct } from '../words/call-facts.ts'
import { flowWords } from '../words/flows.ts'
import { listInWords } from '../words/names.ts'
import { type Phrase, phrase } from '../words/phrase.ts'
import { wordsOfToken } from './acts-as.ts'
import {
  countPassed,
  findDenial,
  isRightMissing,
  type OutcomeRow,
  startSentence,
  type TurnByExchange,
  tellChecks,
  undecided,
} from './turn-by-exchange.ts'
import { lastChecks, type Outcome, rightsOf } from './turn-facts.ts'

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
    gate: ({ use }) => ['allowed', (use?.calls.length ?? 0) > 1 ? `accepts it, ${use?.calls.length} times` : 'accepts it'],
    scene: checking,
  },
  denied: {
    kind: 'denied', words: 'Denied',
    headline: tellDenial,
    decision: tellRefusal,
    sentence: tellDeniedUse,
    gate: tellClosedGate,
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
    decision: tellWhoWantsMore,
    sentence: tellMissingProof,
    gate: turn => [turn.asked?.isOpen ? 'waiting' : 'next', `wants ${tellWanted(turn)}`],
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
function tellAcceptance({ use, status }: TurnByExchange): Pick<FactAnswer, 'checks' | 'detail'> {
  const calls = use?.calls.length ?? 0
  if (calls > 1) return { detail: [`accepts it in all ${calls} calls`] }
  const checks = use && lastChecks(use.token, 'api')?.checks
  return { checks, detail: [`${tellChecks(use) ?? 'tells of no checks'} · ${status ?? 'answered'}`] }
}

function tellAnswer({ use, api }: TurnByExchange): string {
  if (!use) return ''
  if (use.calls.every(isListOfTools)) return `${api} listed its tools.`
  const { origin } = wordsOfToken(use.token)
  if (origin && rightsOf(use.token).rights.length > 0) return origin
  return `${api} ${lastChecks(use.token, 'api') ? 'checked that token and ' : ''}answered; no user is involved.`
}

/** Whether a step lists the tools of an MCP server: the model gets the list before the question. */
function isListOfTools({ request }: TraceStep): boolean {
  return Object(request?.body).method === 'tools/list'
}

/** "Orders API accepts the call: 7 of 7 checks."; without the number unless all were reported as passed. */
function tellCheckedCall({ api, use, status }: TurnByExchange): string {
  const last = use && lastChecks(use.token, 'api')
  const accepts = use && use.apis.length > 1 ? 'accept' : 'accepts'
  const does = use?.outcome === 'answered' ? `answers with ${status}` : `${accepts} the call`
  const isWhole = last && last.passed === last.checks.length && last.passed > 0
  return `${api} ${does}${isWhole ? `: ${countPassed(last.checks)} checks` : ''}.`
}

/** The checks that TR passed, by name. */
function tellPassed({ use }: TurnByExchange): Phrase {
  const passed = (use && lastChecks(use.token, 'api')?.checks.filter(({ ok }) => ok)) ?? []
  if (passed.length === 0) return ['It answered, and told of no checks.']
  return [`It checked ${listInWords(passed.map(({ name }) => name))}.`]
}

function tellDenial({ use, agent, names }: TurnByExchange): string {
  if (!use) return ''
  const { actor, check } = findDenial(use)
  if (actor === 'agent') return `${agent} rejected its token: the check of ${check} failed.`
  const wanted = use.decisive?.problem?.needs?.permission
  const lack = wanted ? `: it lacks ${wanted}` : ': a right is missing'
  const why = isRightMissing(use) ? lack : check ? `: the check of ${check} failed` : ''
  return `${names.actor(actor ?? '')} denied ${names.agent}${why}.`
}

/** "6 of 7 · 403"; the name of the failed check if the API reports no other. */
function tellRefusal({ use, names, status }: TurnByExchange): FactAnswer {
  const { actor = '', check, checks = [] } = use ? findDenial(use) : {}
  const passed = checks.length > 1 ? countPassed(checks) : undefined
  const parts = [passed ?? (check && `check: ${check}`), status].filter(part => part !== undefined)
  return {
    question: 'Denied by',
    value: names.actor(actor),
    checks,
    detail: [parts.join(' · ')],
    isBad: true,
  }
}

function tellDeniedUse({ use, api, names }: TurnByExchange): string {
  if (!use) return ''
  const { actor, check } = findDenial(use)
  const failed = check ? `the check of ${check} failed` : (use.decisive?.problem?.title ?? 'it says no more')
  if (actor === 'agent') return `Entra ID issued a token; ${names.agent} did not use it: ${failed}.`
  if (!isRightMissing(use)) return `Entra ID issued a token, and ${api} did not accept it: ${failed}.`
  const { claim, rights } = rightsOf(use.token)
  const carried =
    rights.length > 0 ? `only ${rights.join(' and ')}` : claim === 'roles' ? 'no role' : 'no scope'
  const wanted = use.decisive?.problem?.needs?.permission ?? 'another right'
  return `Entra ID issued a token, so the identity works. The token carries ${carried}; ${api} wants ${wanted}.`
}

/** Why the API denied the call: what it accepts, and what it wants. */
function tellWhatIsMissing(turn: TurnByExchange): Phrase {
  const { use } = turn
  const check = use && findDenial(use).check
  if (!use || !isRightMissing(use)) return [check ? `The check of ${check} failed.` : tellDeniedUse(turn)]
  const right = use.decisive?.problem?.needs?.permission
  return phrase`It accepts who calls, and wants ${right ? { code: right } : 'a right that TR lacks'}.`
}

function tellClosedGate({ use }: TurnByExchange): readonly [ApiGate['state'], string] {
  const { actor, check = 'not told' } = use ? findDenial(use) : {}
  if (actor === 'agent') return ['next', 'not called']
  return ['denied', `denies it: ${use && isRightMissing(use) ? 'no right' : check}`]
}

function tellSilence({ api, use }: TurnByExchange): string {
  return `${api} gave no answer: ${use?.decisive?.problem?.title ?? 'the call failed.'}`
}

/** What the API wanted in TR before it would run the call. */
function tellWanted({ contexts }: TurnByExchange): string {
  return contexts.length > 0 ? `acrs ${contexts.join(' ')}` : 'another right'
}

function tellDemand({ api, asked, contexts }: TurnByExchange): string {
  const where = startSentence(api)
  if (asked?.isOpen) return `${where} wants a second factor to ${tellAct(asked.title)}.`
  const what = asked || contexts.length > 0 ? 'a second factor' : 'a right that TR lacks'
  return `${where} wanted ${what}, and nothing was changed.`
}

function tellWhoWantsMore({ api, use, status = 401 }: TurnByExchange): FactAnswer {
  const reported = use && lastChecks(use.token, 'api')?.checks
  // Checks that all passed are those of another call.
  const checks = reported?.some(({ ok }) => !ok) ? reported : undefined
  return {
    question: 'Decided by',
    value: startSentence(api),
    checks,
    detail: [`${checks ? countPassed(checks) : status} · not yet`],
    isNotYet: true,
  }
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
