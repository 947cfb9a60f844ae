import { type ActsAs, flows, type TokenCard, type TraceStep } from '@entra-bedrock-agent/identity-trace'
import type { FactAnswer, OutcomeKind, Verdict } from '../identity/verdict.ts'
import { flowWords } from '../words/flows.ts'
import { capitalise, type Names, shortenIds } from '../words/names.ts'
import type { Phrase } from '../words/phrase.ts'
import { problemKind } from '../words/problem-kinds.ts'
import { toReader } from '../words/reader.ts'
import { actsAsOf } from './claims.ts'
import { answerAsked, tellAsked } from './judge-asked.ts'
import {
  failedChecks,
  lastChecks,
  type Outcome,
  outcomeOf,
  rightsOf,
  type TokenUse,
  type TurnFacts,
} from './turn-facts.ts'

/** What a turn says of who called, for whom, by which right and allowed by whom. */
export function judge(facts: TurnFacts, names: Names): Verdict {
  const outcome = outcomeOf(facts, ({ problem }) => problem !== undefined && problemKind(problem) === 'wait')
  const use = decisiveUse(facts, outcome)
  const scene: Scene = { ...facts, names, outcome, use }
  const verdict = {
    headline: scene.asked ? tellAsked(scene.asked, names) : tellHeadline(scene),
    outcome: { kind: isLeft(scene) ? 'neutral' : kinds[outcome], words: outcomeWords(scene) },
    answers: scene.asked
      ? answerAsked(scene, scene.asked, use && { caller: tellCaller(scene), right: tellRight(scene) }, names)
      : [tellCaller(scene), tellSubject(scene), tellRight(scene), tellDecision(scene)],
  }
  return toReader(verdict, names)
}

interface Scene extends TurnFacts {
  readonly names: Names
  readonly outcome: Outcome
  /** The token that the verdict is about. */
  readonly use: TokenUse | undefined
}

const kinds: Readonly<Record<Outcome, OutcomeKind>> = {
  running: 'running',
  allowed: 'allowed',
  denied: 'denied',
  waiting: 'waiting',
  answered: 'neutral',
  failed: 'denied',
  stopped: 'neutral',
  none: 'neutral',
  asked: 'waiting',
  more: 'waiting',
  declined: 'neutral',
}

function isLeft({ asked }: TurnFacts): boolean {
  return asked !== undefined && !asked.isOpen
}

function decisiveUse({ uses, asked }: TurnFacts, outcome: Outcome): TokenUse | undefined {
  if (asked) return uses.findLast(use => use.outcome === 'more')
  return uses.find(use => use.outcome === outcome) ?? uses[0]
}

function outcomeWords({ outcome, use, asked }: Scene): string {
  switch (outcome) {
    case 'asked':
    case 'more':
      if (asked?.isOpen) return 'Waiting for you'
      return asked?.kind === 'step-up' ? 'Nothing changed' : 'Not sent'
    case 'declined':
      return 'Declined'
    case 'running':
      return 'Running'
    case 'allowed':
      return 'Allowed'
    case 'denied':
      return 'Denied'
    case 'waiting':
      return 'Waiting'
    case 'answered':
      return `Answered ${use?.decisive?.response?.status ?? ''}`
    case 'failed':
      return 'Failed'
    case 'stopped':
      return 'Stopped'
    case 'none':
      return 'No call'
  }
}

function tellHeadline(scene: Scene): string {
  const { flow, use, failure, names, outcome, isAsking } = scene
  const asWhom = flowWords[flow].asWhom
  const apis = use ? decidingApi(use, names) : ''
  const agent = capitalise(names.agent)
  switch (outcome) {
    case 'asked':
    case 'more':
      return `${apis} wanted more.`
    case 'declined':
      return `You declined, so ${names.agent} changed nothing.`
    case 'allowed':
      return `${agent} called ${everyApi(scene)} ${asWhom}${times(scene)}.`
    case 'denied':
      return use ? tellDenial(names, use) : `${whoFailed(failure, names)} gave ${tellLack(scene)}.`
    case 'waiting':
      return `${whoFailed(failure, names)} gave ${tellLack(scene)} yet.`
    case 'answered':
      return `${apis} answered ${names.agent} with ${use?.decisive?.response?.status}.`
    case 'failed':
      return use
        ? `${apis} gave ${names.agent} no answer.`
        : `${whoFailed(failure, names)} gave ${tellLack(scene)}.`
    case 'stopped':
      return `${agent} began to call ${apis}, and its answer is not known.`
    case 'running':
      if (use?.decisive) return `${agent} is calling ${apis} ${asWhom}.`
      if (use) return `${agent} has a token to call ${apis} ${asWhom}.`
      return isAsking ? `${agent} is asking for a token ${asWhom}.` : `${agent} is at work.`
    case 'none':
      return use ? `${agent} got a token for ${apis}, and did not call.` : `${agent} called no API.`
  }
}

function tellLack({ failure, names }: Scene): string {
  if (failure?.kind === 'token-request') return `${names.agent} no token`
  return failure?.problem?.code === 'BEDROCK_STREAM_BROKEN' ? 'no whole answer' : 'no answer'
}

function tellDenial(names: Names, use: TokenUse): string {
  const { actor, check } = deniedBy(use)
  if (actor === 'agent') return `${capitalise(names.agent)} rejected its token: the check of ${check} failed.`
  const why = isRightMissing(use) ? ': a right is missing' : check ? `: the check of ${check} failed` : ''
  return `${names.actor(actor ?? '')} denied ${names.agent}${why}.`
}

/** Who denied the call, and by which of their checks. */
export function deniedBy({ token, decisive }: TokenUse): {
  actor: string | undefined
  check: string | undefined
} {
  const failed = failedChecks(token).at(-1)
  return {
    actor: decisive?.to ?? failed?.actor,
    check: decisive?.problem?.failedCheck ?? failed?.check,
  }
}

export function isRightMissing(use: TokenUse): boolean {
  return use.decisive?.problem?.needs !== undefined || deniedBy(use).check === 'permission'
}

function whoFailed(failure: TraceStep | undefined, names: Names): string {
  const service = failure?.problem?.upstream?.service
  return service === undefined ? names.actor(failure?.to ?? 'agent') : names.actor(service)
}

export function apisOf({ apis, token }: TokenUse, names: Names): string {
  const audience = token.claims?.['aud']
  const known = typeof audience === 'string' ? names.id(audience) : undefined
  return apis.length > 0 ? inOneSentence.format(apis.map(names.actor)) : (known ?? 'the API')
}

/** The API whose answer made the outcome; all of them where each allowed its calls. */
export function decidingApi(use: TokenUse, names: Names): string {
  return use.decisive && use.outcome !== 'allowed' ? names.actor(use.decisive.to) : apisOf(use, names)
}

/** "Orders API twice and Stock API"; how often, only where there are several. */
function everyApi({ uses, names }: Scene): string {
  const calls = allowedCalls(uses)
  const byApi = Map.groupBy(calls, ({ to }) => to)
  const told = [...byApi].map(([api, { length }]) => names.actor(api) + (byApi.size > 1 ? often(length) : ''))
  return inOneSentence.format(told)
}

function allowedCalls(uses: readonly TokenUse[]): TraceStep[] {
  return uses.filter(({ outcome }) => outcome === 'allowed').flatMap(use => use.calls)
}

const inOneSentence = new Intl.ListFormat('en', { type: 'conjunction' })

function often(number: number): string {
  if (number < 2) return ''
  return number === 2 ? ' twice' : ` ${number} times`
}

/** How often the one API was called. */
function times({ uses }: Scene): string {
  const calls = allowedCalls(uses)
  const isOneApi = calls.every(({ to }) => to === calls[0]?.to)
  return isOneApi && calls.length > 1 ? `,${often(calls.length)}` : ''
}

function tellCaller({ use, uses, running, names, outcome }: Scene): FactAnswer {
  const question = running ? 'Who calls' : uses.length > 0 ? 'Who called' : 'Who asked'
  if (!use)
    return {
      question,
      value: capitalise(names.agent),
      detail: [running ? 'not proven yet' : 'not proven: no TR'],
    }
  const { claims = {} } = use.token
  const name = claims['azp'] === undefined ? 'appid' : 'azp'
  const id = String(claims[name] ?? '')
  const isBad = outcome === 'denied' && deniedBy(use).check === 'caller'
  const detail: Phrase = [{ code: name }, ` ${shortenIds(id)}`]
  return { question, value: capitalise(names.id(id) ?? shortenIds(id)), detail, isBad, id }
}

function tellSubject({ use, flow, tokens, failure, names }: Scene): FactAnswer {
  const question = 'For whom'
  if (use) {
    const { claims = {} } = use.token
    const id = String(claims['oid'] ?? '')
    const oid: Phrase = [{ code: 'oid' }, ` ${shortenIds(id)}`]
    const { name } = claims
    // biome-ignore format: table
    const proven: Readonly<Record<ActsAs, FactAnswer>> = {
      agent: { question, value: 'Itself', detail: [{ code: 'oid' }, ` of ${names.agent}, no user`], id },
      user: { question, value: 'You', detail: oid, id },
      'agent-user': { question, value: 'Its user account', detail: typeof name === 'string' ? [name] : oid, id },
    }
    return proven[actsAsOf(use.token)]
  }
  // biome-ignore format: table
  const asked: Readonly<Record<ActsAs, FactAnswer>> = {
    agent: { question, value: 'Itself', detail: ['no user'] },
    user: { question, value: 'You', detail: [tellUserToken(tokens.Tc)], isBad: failure?.kind === 'sign-in' },
    'agent-user': { question, value: 'Its user account', detail: ['nobody signs in'] },
  }
  return asked[flows[flow].actsAs]
}

function tellUserToken(card: TokenCard | undefined): string {
  const last = card && lastChecks(card)
  return last ? `Tc passed ${last.passed} of ${last.checks.length} checks` : 'no Tc'
}

function tellRight({ use, running, flow, outcome }: Scene): FactAnswer {
  const question = 'By which right'
  if (!use) return { question, value: '–', detail: [running ? 'TR is not here yet' : 'no TR, so none'] }
  const { claim, rights } = rightsOf(use.token)
  const wanted = use.decisive?.problem?.needs?.permission
  const isBad = outcome === 'denied' && isRightMissing(use)
  if (isBad && wanted !== undefined) {
    return { question, value: rights.join(' ') || 'None', detail: ['wanted ', { code: wanted }], isBad }
  }
  if (rights.length === 0) return { question, value: 'None', detail: ['TR carries none'], isBad }
  const term = claim === 'roles' ? 'app role' : 'scope'
  const detail: Phrase = [{ term, words: flowWords[flow].right }, ' · ', { code: claim }]
  return { question, value: rights.join(' '), detail, isBad }
}

function tellDecision({ use, running, failure, names, outcome }: Scene): FactAnswer {
  if (!use && failure) return tellWhereItEnded(failure, outcome, names)
  if (!use)
    return { question: 'Allowed by', value: '–', detail: [running ? 'not asked yet' : 'nobody was asked'] }
  const status = use.decisive?.response?.status
  const api = decidingApi(use, names)
  switch (outcome) {
    case 'denied': {
      const { actor, check } = deniedBy(use)
      const parts = [status, check && `check: ${check}`].filter(part => part !== undefined)
      return {
        question: 'Denied by',
        value: names.actor(actor ?? ''),
        detail: [parts.join(' · ')],
        isBad: true,
      }
    }
    case 'allowed':
      return { question: 'Allowed by', value: api, detail: [tellAcceptance(use)] }
    case 'answered':
      return { question: 'Answered by', value: api, detail: [`${status}, which denies nothing`] }
    case 'failed':
      return {
        question: 'Asked',
        value: api,
        detail: [status === undefined ? 'no answer' : `${status}`],
        isBad: true,
      }
    default:
      return { question: 'Allowed by', value: '–', detail: [running ? 'not asked yet' : 'not known'] }
  }
}

function tellWhereItEnded(failure: TraceStep, outcome: Outcome, names: Names): FactAnswer {
  const isWaiting = outcome === 'waiting'
  return {
    question: outcome === 'denied' ? 'Denied by' : isWaiting ? 'Waits at' : 'Failed at',
    value: whoFailed(failure, names),
    detail: [tellCode(failure)],
    isBad: !isWaiting,
  }
}

function tellCode({ problem }: TraceStep): string {
  return problem?.upstream?.code ?? problem?.code ?? ''
}

/** "7 of 7 checks · 200"; of several calls, in how many TR was accepted. */
function tellAcceptance({ token, calls, decisive }: TokenUse): string {
  if (calls.length > 1) return `accepts TR in all ${calls.length} calls`
  return `${tellChecks(token)} · ${decisive?.response?.status ?? 'answered'}`
}

/** How many checks of its API a token passed, as the API told. */
export function tellChecks(token: TokenCard): string {
  const last = lastChecks(token, 'api')
  return last ? `${last.passed} of ${last.checks.length} checks` : 'tells of no checks'
}
