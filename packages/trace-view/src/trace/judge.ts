import { type ActsAs, flows, type TokenCard, type TraceStep } from '@entra-agents/trace'
import type { FactAnswer, OutcomeKind, Verdict } from '../identity/verdict.ts'
import { flowWords } from '../words/flows.ts'
import { capitalise, listInWords, type Names, shortenIds } from '../words/names.ts'
import { phrase } from '../words/phrase.ts'
import { toReader } from '../words/reader.ts'
import { actsAsOf } from './acts-as.ts'
import { answersOnPending, outcomeOfPending, tellPending } from './judge-pending-call.ts'
import {
  failedChecks,
  lastChecks,
  type Outcome,
  outcomeOfTurn,
  rightsOf,
  type TokenUse,
  type TurnFacts,
} from './turn-facts.ts'

/** Sums up a turn: who called, for whom, with which permission, and who allowed it. */
export function judgeTurn(facts: TurnFacts, names: Names): Verdict {
  const { asked, uses, flow } = facts
  const outcome = outcomeOfTurn(facts)
  const use = asked
    ? uses.findLast(it => it.outcome === 'more')
    : (uses.find(it => it.outcome === outcome) ?? uses[0])
  const scene: JudgedTurn = {
    ...facts,
    names,
    outcome,
    use,
    status: use?.decisive?.response?.status,
    agent: capitalise(names.agent),
    asWhom: flowWords[flow].asWhom,
    apis: use ? decidingApi(use, names) : '',
  }
  if (asked) {
    const called = use && ([tellCaller(scene), tellRight(scene)] as const)
    const answers = answersOnPending(facts, asked, called, names)
    return toReader({ headline: tellPending(asked, names), outcome: outcomeOfPending(asked), answers }, names)
  }
  const { kind, words, tell } = outcomeWords[outcome]
  const answers = [tellCaller(scene), tellSubject(scene), tellRight(scene), tellDecision(scene)]
  return toReader(
    {
      headline: tell(scene),
      outcome: { kind, words: outcome === 'answered' ? `${words} ${scene.status}` : words },
      answers,
    },
    names,
  )
}

interface JudgedTurn extends TurnFacts {
  readonly names: Names
  readonly outcome: Outcome
  /** The token that the verdict is about. */
  readonly use: TokenUse | undefined
  /** The HTTP status of the API's decisive answer. */
  readonly status: number | undefined
  /** The agent, at the start of a sentence. */
  readonly agent: string
  readonly asWhom: string
  readonly apis: string
}

interface OutcomeWords {
  readonly kind: OutcomeKind
  readonly words: string
  readonly tell: (scene: JudgedTurn) => string
}

// biome-ignore format: table
const outcomeWords: Readonly<Record<Outcome, OutcomeWords>> = {
  running: { kind: 'running', words: 'Running', tell: tellRunning },
  allowed: { kind: 'allowed', words: 'Allowed', tell: tellCalls },
  denied: { kind: 'denied', words: 'Denied', tell: scene => scene.use ? tellDenial(scene, scene.use) : `${tellLack(scene)}.` },
  waiting: { kind: 'waiting', words: 'Waiting', tell: scene => `${tellLack(scene)} yet.` },
  answered: { kind: 'neutral', words: 'Answered', tell: ({ apis, names, status }) => `${apis} answered ${names.agent} with ${status}.` },
  failed: { kind: 'denied', words: 'Failed', tell: scene => scene.use ? `${scene.apis} gave ${scene.names.agent} no answer.` : `${tellLack(scene)}.` },
  stopped: { kind: 'neutral', words: 'Stopped', tell: ({ agent, apis }) => `${agent} began to call ${apis}, and its answer is not known.` },
  declined: { kind: 'neutral', words: 'Declined', tell: () => 'You declined, and nothing was sent by that.' },
  none: { kind: 'neutral', words: 'No call', tell: ({ agent, apis, use }) => use ? `${agent} got a token for ${apis}, and did not call.` : `${agent} called no API.` },
}

function tellRunning({ agent, apis, asWhom, use, isAsking }: JudgedTurn): string {
  if (use?.decisive) return `${agent} is calling ${apis} ${asWhom}.`
  if (use) return `${agent} has a token to call ${apis} ${asWhom}.`
  return isAsking ? `${agent} is asking for a token ${asWhom}.` : `${agent} is at work.`
}

/** "The agent called Orders API twice and Stock API as itself." With a single API, the number of calls comes last. */
function tellCalls({ agent, uses, names, asWhom }: JudgedTurn): string {
  const calls = uses.filter(({ outcome }) => outcome === 'allowed').flatMap(use => use.calls)
  const byApi = [...Map.groupBy(calls, ({ to }) => to)]
  const isOneApi = byApi.length === 1
  const told = byApi.map(([api, { length }]) => names.actor(api) + (isOneApi ? '' : timesInWords(length)))
  const times = isOneApi && calls.length > 1 ? `,${timesInWords(calls.length)}` : ''
  return `${agent} called ${listInWords(told)} ${asWhom}${times}.`
}

function timesInWords(number: number): string {
  if (number < 2) return ''
  return number === 2 ? ' twice' : ` ${number} times`
}

/** "Entra ID gave the agent no token". */
function tellLack({ failure, names }: JudgedTurn): string {
  const who = failedActor(failure, names)
  if (failure?.kind === 'token-request') return `${who} gave ${names.agent} no token`
  return `${who} gave ${failure?.problem?.code === 'BEDROCK_STREAM_BROKEN' ? 'no whole answer' : 'no answer'}`
}

function tellDenial({ agent, names }: JudgedTurn, use: TokenUse): string {
  const { actor, check } = findDenial(use)
  if (actor === 'agent') return `${agent} rejected its token: the check of ${check} failed.`
  const why = isRightMissing(use) ? ': a right is missing' : check ? `: the check of ${check} failed` : ''
  return `${names.actor(actor ?? '')} denied ${names.agent}${why}.`
}

/** Who denied the call, and the check that failed there. */
export function findDenial({ token, decisive }: TokenUse) {
  const failed = failedChecks(token).at(-1)
  return { actor: decisive?.to ?? failed?.actor, check: decisive?.problem?.failedCheck ?? failed?.check }
}

export function isRightMissing(use: TokenUse): boolean {
  return use.decisive?.problem?.needs !== undefined || findDenial(use).check === 'permission'
}

function failedActor(failure: TraceStep | undefined, names: Names): string {
  return names.actor(failure?.problem?.upstream?.service ?? failure?.to ?? 'agent')
}

export function apisOfUse({ apis, token }: TokenUse, names: Names): string {
  if (apis.length > 0) return listInWords(apis.map(names.actor))
  return names.id(String(token.claims?.['aud'])) ?? 'the API'
}

/** The API whose answer decided the outcome; all APIs if each allowed its calls. */
export function decidingApi(use: TokenUse, names: Names): string {
  return use.decisive && use.outcome !== 'allowed' ? names.actor(use.decisive.to) : apisOfUse(use, names)
}

function tellCaller({ use, uses, running, names, agent }: JudgedTurn): FactAnswer {
  const question = running ? 'Who calls' : uses.length > 0 ? 'Who called' : 'Who asked'
  const why = running ? 'not proven yet' : 'not proven: no TR'
  if (!use) return { question, value: agent, detail: [why] }
  const { claims = {} } = use.token
  const name = claims['azp'] === undefined ? 'appid' : 'azp'
  const id = String(claims[name] ?? '')
  const isBad = use.outcome === 'denied' && findDenial(use).check === 'caller'
  const detail = phrase`${{ code: name }} ${shortenIds(id)}`
  return { question, value: capitalise(names.id(id) ?? shortenIds(id)), detail, isBad, id }
}

const subjectWords: Readonly<Record<ActsAs, string>> = {
  agent: 'Itself',
  user: 'You',
  'agent-user': 'Its user account',
}

function tellSubject({ use, flow, tokens, failure, names }: JudgedTurn): FactAnswer {
  const question = 'For whom'
  if (!use) {
    const { actsAs } = flows[flow]
    const isBad = actsAs === 'user' && failure?.kind === 'sign-in'
    const details = { agent: 'no user', user: tellUserToken(tokens.Tc), 'agent-user': 'nobody signs in' }
    return { question, value: subjectWords[actsAs], detail: [details[actsAs]], isBad }
  }
  const { oid, name } = use.token.claims ?? {}
  const actsAs = actsAsOf(use.token)
  const id = String(oid ?? '')
  const isNamed = actsAs === 'agent-user' && typeof name === 'string'
  const whose = actsAs === 'agent' ? `of ${names.agent}, no user` : shortenIds(id)
  const detail = isNamed ? [name] : phrase`${{ code: 'oid' }} ${whose}`
  return { question, value: subjectWords[actsAs], detail, id }
}

function tellUserToken(card: TokenCard | undefined): string {
  const last = card && lastChecks(card)
  return last ? `Tc passed ${last.passed} of ${last.checks.length} checks` : 'no Tc'
}

function tellRight({ use, running, flow }: JudgedTurn): FactAnswer {
  const question = 'By which right'
  if (!use) return { question, value: '–', detail: [running ? 'TR is not here yet' : 'no TR, so none'] }
  const { claim, rights } = rightsOf(use.token)
  const wanted = use.decisive?.problem?.needs?.permission
  const isBad = use.outcome === 'denied' && isRightMissing(use)
  if (isBad && wanted !== undefined) {
    return { question, value: rights.join(' ') || 'None', detail: phrase`wanted ${{ code: wanted }}`, isBad }
  }
  if (rights.length === 0) return { question, value: 'None', detail: ['TR carries none'], isBad }
  const term = claim === 'roles' ? 'app role' : 'scope'
  const detail = phrase`${{ term, words: flowWords[flow].right }} · ${{ code: claim }}`
  return { question, value: rights.join(' '), detail, isBad }
}

function tellDecision({ use, running, failure, names, outcome, status, apis }: JudgedTurn): FactAnswer {
  if (!use && failure) return tellWhereItEnded(failure, outcome, names)
  if (use && outcome === 'denied') {
    const { actor = '', check } = findDenial(use)
    const parts = [status, check && `check: ${check}`].filter(part => part !== undefined)
    return { question: 'Denied by', value: names.actor(actor), detail: [parts.join(' · ')], isBad: true }
  }
  if (use && outcome === 'allowed')
    return { question: 'Allowed by', value: apis, detail: [tellAcceptance(use)] }
  if (use && outcome === 'answered')
    return { question: 'Answered by', value: apis, detail: [`${status}, which denies nothing`] }
  if (use && outcome === 'failed')
    return { question: 'Asked', value: apis, detail: [`${status ?? 'no answer'}`], isBad: true }
  const why = running ? 'not asked yet' : use ? 'not known' : 'nobody was asked'
  return { question: 'Allowed by', value: '–', detail: [why] }
}

function tellWhereItEnded(failure: TraceStep, outcome: Outcome, names: Names): FactAnswer {
  const { problem } = failure
  const isWaiting = outcome === 'waiting'
  return {
    question: outcome === 'denied' ? 'Denied by' : isWaiting ? 'Waits at' : 'Failed at',
    value: failedActor(failure, names),
    detail: [problem?.upstream?.code ?? problem?.code ?? ''],
    isBad: !isWaiting,
  }
}

/** "7 of 7 checks · 200"; for several calls "accepts TR in all 3 calls". */
function tellAcceptance({ token, calls, decisive }: TokenUse): string {
  if (calls.length > 1) return `accepts TR in all ${calls.length} calls`
  return `${tellChecks(token)} · ${decisive?.response?.status ?? 'answered'}`
}

/** How many checks of its API a token passed, as the API reported. */
export function tellChecks(token: TokenCard): string {
  const last = lastChecks(token, 'api')
  return last ? `${last.passed} of ${last.checks.length} checks` : 'tells of no checks'
}
