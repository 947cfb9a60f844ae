import type { Actor, TokenCard, TokenRole, TraceStep } from '@entra-bedrock-agent/identity-trace'
import type { Names } from '../words/names.ts'
import { count } from '../words/times.ts'
import { isForUser } from './claims.ts'
import { apisCalledWith, isCallWith, tokensOf } from './traced-answer.ts'

/** One sentence of what happened: who, and what they did. */
export interface StoryLine {
  /** The token that the sentence is about. */
  readonly token: TokenCard | undefined
  readonly who: string
  readonly did: string
  readonly failed: boolean
}

/** What happened, one sentence for the model and one for each token, in the order of the exchange. */
export function tellStory(steps: readonly TraceStep[], names: Names, running: boolean): StoryLine[] {
  const told = tokensOf(steps).map(token => tellExchange(token, steps, names, running))
  const inOrder: readonly TokenRole[] = ['Tc', 'T1', 'TR']
  const byRole = inOrder.map(role => told.filter(({ token }) => token?.role === role))
  return [
    ...(byRole[0] ?? []),
    ...tellModel(steps, running),
    ...(byRole[1] ?? []),
    ...(byRole[2] ?? []),
    ...tellNoToken(steps),
  ]
}

function tellModel(steps: readonly TraceStep[], running: boolean): StoryLine[] {
  const calls = steps.filter(({ kind }) => kind === 'model')
  if (calls.length === 0) return []
  const failure = calls.find(({ status }) => status === 'failed')
  const did = failure
    ? `did not answer: ${failure.problem?.title ?? 'the call failed.'}`
    : tellAnsweringModel(steps, running)
  return [{ token: undefined, who: 'The model on Bedrock', did, failed: failure !== undefined }]
}

function tellAnsweringModel(steps: readonly TraceStep[], running: boolean): string {
  const tools = steps.filter(({ kind }) => kind === 'tool').length
  if (tools > 0) return `asked for ${count(tools, 'tool call')}, and saw no token.`
  const isOpen = steps.some(({ kind, status }) => kind === 'model' && status === 'running')
  if (isOpen) return running ? 'is being asked.' : 'was asked, and its answer is not known.'
  return 'called no tool, so no token was needed.'
}

/** A request for a token that none came of. */
function tellNoToken(steps: readonly TraceStep[]): StoryLine[] {
  const failure = steps.find(({ kind, status }) => kind === 'token-request' && status === 'failed')
  if (!failure || steps.some(({ token }) => token?.role === 'TR')) return []
  const did = `got no token: ${failure.problem?.title ?? 'the sidecar gave none.'}`
  return [{ token: undefined, who: 'The agent', did, failed: true }]
}

function tellExchange(
  token: TokenCard,
  steps: readonly TraceStep[],
  names: Names,
  running: boolean,
): StoryLine {
  if (token.role === 'T1') {
    const did = 'vouches for the agent identity at Entra ID, inside the sidecar, where the agent cannot look.'
    return { token, who: 'The blueprint', did, failed: false }
  }
  const { claims = {} } = token
  if (token.role === 'Tc') {
    const did = `let this page call the ${named(claims['aud'], names) ?? 'blueprint'} in your name${tellChecks(token, names)}.`
    return { token, who: 'You', did, failed: !isFine(token) }
  }
  const who = isForUser(claims) ? 'The agent, on your behalf,' : 'The agent, as itself,'
  const calls = steps.filter(step => isCallWith(step, token))
  const refused = calls.find(({ status }) => status === 'failed')
  const open = refused ? undefined : calls.find(({ status }) => status === 'running')
  const audience = named(claims['aud'], names.forTokenOf(apisCalledWith(token, steps)))
  const did = open
    ? tellOpenCall(open, names, running)
    : calls.length > 0
      ? tellCalls(calls, names)
      : `holds a token for the ${audience ?? 'API'}`
  const end = refused?.problem ? `: ${refused.problem.title}` : `${tellChecks(token, names)}.`
  return { token, who, did: `${did}${end}`, failed: refused !== undefined || !isFine(token) }
}

/** A call without an answer: it goes on, or the turn was stopped. */
function tellOpenCall({ to }: TraceStep, names: Names, running: boolean): string {
  const api = names.actor(to)
  return running ? `is calling the ${api}` : `began to call the ${api}, and its answer is not known`
}

/** "called the Orders API twice and the Stock API". */
function tellCalls(calls: readonly TraceStep[], names: Names): string {
  const apis = Map.groupBy(calls, ({ to }): Actor => to)
  const told = [...apis].map(([api, { length }]) => `the ${names.actor(api)}${times(length)}`)
  return `called ${inOneSentence.format(told)}`
}

const inOneSentence = new Intl.ListFormat('en', { type: 'conjunction' })

function isFine({ verifiedBy = [] }: TokenCard): boolean {
  return verifiedBy.every(({ checks }) => checks.every(({ ok }) => ok))
}

/** "; the Orders API checked 7 things": by the last who checked it, since that is who lets the call pass. */
function tellChecks({ verifiedBy = [] }: TokenCard, names: Names): string {
  const last = verifiedBy.at(-1)
  if (!last) return ''
  const who = last.actor === 'agent' ? 'the agent' : `the ${names.actor(last.actor)}`
  const failed = last.checks.filter(({ ok }) => !ok)
  return failed.length > 0
    ? `; ${who} found fault with ${failed.map(({ name }) => name).join(', ')}`
    : `; ${who} checked ${count(last.checks.length, 'thing')}`
}

function times(number: number): string {
  if (number === 1) return ''
  return number === 2 ? ' twice' : ` ${number} times`
}

function named(value: unknown, names: Names): string | undefined {
  return typeof value === 'string' ? names.id(value) : undefined
}

/** Who acts for whom towards whom, in one sentence. The user's own name is used only when it may be shown. */
export function tellToken({ role, claims = {} }: TokenCard, names: Names, revealed: boolean): string {
  const actor = withArticle(claims['azp'] ?? claims['appid'], names)
  const audience = withArticle(claims['aud'], names)
  const user = revealed && typeof claims['name'] === 'string' ? claims['name'] : 'the signed-in user'
  if (role === 'T1') {
    return 'The blueprint asks Entra to act as its agent identity. This happens between sidecar and Entra.'
  }
  if (role === 'Tc') {
    return `${capitalise(user)} lets ${actor ?? 'this page'} call ${audience ?? 'the blueprint'}, and nothing else.`
  }
  const agent = capitalise(actor ?? 'the agent')
  const api = audience ?? 'the API'
  return isForUser(claims)
    ? `${agent} acts on behalf of ${user} towards ${api}.`
    : `${agent} acts as itself towards ${api}. No user is involved.`
}

function withArticle(value: unknown, names: Names): string | undefined {
  if (typeof value !== 'string') return undefined
  const name = names.id(value)
  return name === undefined || name.startsWith('this ') ? (name ?? value) : `the ${name}`
}

const startsLikeGuid = /^[0-9a-f]{8}-/

function capitalise(text: string): string {
  return startsLikeGuid.test(text) ? text : text.slice(0, 1).toUpperCase() + text.slice(1)
}
