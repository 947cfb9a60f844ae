import type { ActsAs, TraceStep } from '@entra-agents/trace'
import type { ApiGate, Formula } from '../identity/formula.ts'
import { listInWords } from '../words/names.ts'
import { type Phrase, phrase } from '../words/phrase.ts'
import { actsAsOf, rightsOf } from './read-token.ts'
import type { TurnByExchange } from './turn-by-exchange.ts'
import type { Outcome, TokenUse } from './turn-facts.ts'

/** What story, formula, presenter and report tell of an outcome. */
interface OutcomeDetails {
  /** The story's sentence about the call or, if there was none, about the turn; empty if the headline says it all. */
  readonly sentence: (turn: TurnByExchange) => string
  /** What Entra ID does in the formula, unless it issues TR. */
  readonly exchange?: (turn: TurnByExchange) => Formula['exchange']
  /** The API at the end of the formula. */
  readonly gate: (turn: TurnByExchange) => readonly [state: ApiGate['state'], line: string]
  /** What the API does with TR, in the presenter; left out if it was not called. */
  readonly scene?: (turn: TurnByExchange) => readonly [headline: string, evidence: Phrase]
  /** The report's line for a turn that was stopped. */
  readonly stopped?: string
}

const checking = (turn: TurnByExchange) => [tellCheckedCall(turn), tellPassed(turn)] as const
const notCalled: OutcomeDetails['gate'] = ({ running }) => ['next', running ? 'not called yet' : 'not called']

/** A call that waits for its user's decision, or waited until it was left. */
const undecidedCall = {
  gate: ({ asked }) => ['next', asked?.isOpen ? 'not called yet' : 'not called'],
  stopped: 'A call waited for its user and was not sent.',
} as const satisfies Partial<OutcomeDetails>

/** One row for each outcome of a turn, as in `outcomes.ts`. */
// biome-ignore format: table
export const outcomeDetails: Readonly<Record<Outcome, OutcomeDetails>> = {
  running: {
    sentence: () => '',
    gate: () => ['next', 'not called yet'],
    scene: ({ api }) => [`${api} has TR, and has not answered yet.`, ['Its answer decides.']],
  },
  allowed: {
    sentence: turn => tellUnasked(turn.steps) ?? tellAnswer(turn),
    gate: ({ calls }) => ['allowed', calls.length > 1 ? `accepts it, ${calls.length} times` : 'accepts it'],
    scene: checking,
  },
  denied: {
    sentence: tellDeniedUse,
    gate: ({ denier, isRightMissing, failedCheck = 'not told' }) =>
      denier === 'agent' ? ['next', 'not called'] : ['denied', `denies it: ${isRightMissing ? 'no right' : failedCheck}`],
    scene: turn => [`${turn.api} denies the call.`, tellWhatIsMissing(turn)],
  },
  answered: {
    sentence: ({ api, status }) => `${api} answered with ${status}, which denies nothing.`,
    gate: ({ status }) => ['answered', `answers ${status}`],
    scene: checking,
  },
  failed: {
    sentence: tellSilence,
    gate: () => ['next', 'gives no answer'],
    scene: turn => [`${turn.api} gives no answer.`, [tellSilence(turn)]],
  },
  stopped: {
    sentence: ({ api }) => `The call of ${api} was begun, and its answer is not known.`,
    gate: () => ['next', 'its answer is not known'],
    scene: ({ api }) => [`${api} was called.`, ['Its answer is not known.']],
  },
  more: {
    sentence: tellMissingProof,
    gate: turn => [turn.asked?.isOpen ? 'waiting' : 'next', turn.contexts.length > 0 ? `wants acrs ${turn.contexts.join(' ')}` : 'does not accept it'],
    scene: turn => [`${turn.api} says: not yet.`, tellNotYet(turn)],
    stopped: 'A call waited for its user, and nothing was changed.',
  },
  approval: {
    ...undecidedCall,
    sentence: tellUnapproved,
    exchange: ({ asked }) => ({ verb: asked?.isOpen ? 'not asked yet' : 'not asked', failed: false }),
  },
  consent: { ...undecidedCall, sentence: () => '', exchange: () => ({ verb: 'wants consent', failed: false }) },
  declined: { sentence: () => '', gate: notCalled },
  refused: { sentence: tellFailure, exchange: () => ({ verb: 'refuses', failed: true }), gate: notCalled },
  unreached: {
    sentence: tellFailure,
    exchange: ({ failure }) => ({ verb: tellUnreached(failure?.problem?.code), failed: true }),
    gate: notCalled,
  },
  later: { sentence: tellFailure, exchange: () => ({ verb: 'gives none yet', failed: false }), gate: notCalled },
  none: {
    sentence: ({ use, steps }) => tellUnasked(steps) ?? (use || steps.some(({ kind }) => kind !== 'model') ? '' : 'The model called no tool, so no token was needed.'),
    gate: turn => isRenewedInVain(turn.use, turn) ? ['next', 'not called: no new right'] : turn.use !== turn.exchange && turn.steps.some(({ ahead, unused }) => ahead && !unused) ? ['next', 'token asked for ahead'] : notCalled(turn),
  },
}

function tellUnreached(code?: string): string {
  if (code === 'ENTRA_UNAVAILABLE') return 'gives none now'
  return code === 'SIDECAR_FAILED' ? 'not known' : 'not reached'
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

function tellDeniedUse(turn: TurnByExchange): string {
  const { api, names, denier, failedCheck, isRightMissing, wanted = 'another right' } = turn
  const { claim, rights, problem, failure, lack } = turn
  const failed = failedCheck ? lack : (problem?.title ?? 'it says no more')
  if (denier === 'agent')
    return `Entra ID issued a token; ${names.agent} did not use it. ${failure?.problem?.detail ?? ''}`
  if (!isRightMissing) return `Entra ID issued a token, and ${api} did not accept it: ${failed}.`
  const none = claim === 'roles' ? 'no role' : 'no scope'
  const carried = rights.length > 0 ? `only ${rights.join(' and ')}` : none
  const isRenewed = turn.uses.some(use => isRenewedInVain(use, turn))
  const renewed = isRenewed ? ' A new token, in case it was granted since, carries the same.' : ''
  return `Entra ID issued a token, so the identity works. The token carries ${carried}; ${api} wants ${wanted}.${renewed}`
}

/** Whether a token was asked for since an API had denied the same call with another one, and has no further right. */
function isRenewedInVain(use: TokenUse | undefined, { exchange, steps }: TurnByExchange): boolean {
  if (!use || exchange?.outcome !== 'denied' || !exchange.decisive || use.calls.length > 0) return false
  const { decisive, token } = exchange
  const isOfCall = steps[use.since]?.parentId === decisive.parentId && use.since > steps.indexOf(decisive)
  return isOfCall && rightsOf(use.token).rights.join() === rightsOf(token).rights.join()
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

/** What the API accepts already, and what it wants before it runs the call. */
function tellNotYet({ contexts, lack }: TurnByExchange): Phrase {
  return contexts.length === 0
    ? [`It does not accept the token: ${lack}. Nothing was changed.`]
    : phrase`It accepts who calls and by which right, and wants a second factor first: ${{ code: `acrs ${contexts.join(' ')}` }}. Nothing was changed.`
}

function tellMissingProof({ contexts }: TurnByExchange): string {
  if (contexts.length === 0) return ''
  return `The identity and the right are fine. What is missing is a proof: the token does not say that you have just shown a second factor (acrs ${contexts.join(' ')}).`
}

function tellUnapproved({ asked, steps }: TurnByExchange): string {
  if (!asked?.isOpen) return ''
  const kinds = steps.filter(({ parentId }) => parentId === asked.step.id).map(({ kind }) => kind)
  if (kinds.includes('api-call'))
    return 'Nothing was changed: it was only looked up what the call would change.'
  return kinds.includes('token')
    ? 'Nothing was sent. The agent asked for a token only to see that it has the right. The call gets its own once you have decided.'
    : 'Nothing was sent. The agent asks for no token before you decide, since you may refuse the call.'
}

/** That a call ended since its token lacks a right, before anybody was asked. */
function tellUnasked(steps: TurnByExchange['steps']): string | undefined {
  const sent = new Set(steps.map(({ kind, parentId }) => kind === 'api-call' && parentId))
  const needs = steps.findLast(({ id, kind, problem }) => kind === 'tool' && problem?.needs && !sent.has(id))
    ?.problem?.needs
  return needs && `The token for a call lacks ${needs.permission}, so nobody was asked, and it was not sent.`
}

function tellFailure({ failure }: TurnByExchange): string {
  const problem = failure?.problem
  return problem ? `${problem.title} ${problem.detail}` : `The ${failure?.to} gave no answer.`
}
