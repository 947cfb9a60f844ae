import { type ActsAs, flows, type Instructions, type TokenCard } from '@entra-agents/trace'
import type { FactAnswer, Verdict } from '../identity/verdict.ts'
import { flowWords } from '../words/flows.ts'
import { capitalise, type Names, shortenIds } from '../words/names.ts'
import { type Phrase, phrase } from '../words/phrase.ts'
import { toReader } from '../words/reader.ts'
import { formatTime } from '../words/times.ts'
import { outcomes } from './outcomes.ts'
import { actsAsOf } from './read-token.ts'
import { countPassed, type TurnByExchange, turnBy } from './turn-by-exchange.ts'
import { isUndecided, lastChecks, type PendingCall, type TurnFacts } from './turn-facts.ts'

/** A tool that a turn called, and the right that it needs, as far as known. */
export type CalledTool = Pick<Instructions['tools'][number], 'name' | 'api' | 'needs'>

/**
 * Sums up a turn: who called, for whom, with which right, and who allowed it.
 *
 * @param tools the tools that were called; without them, every right in the token counts as used
 */
export function judgeTurn(facts: TurnFacts, names: Names, tools: readonly CalledTool[] = []): Verdict {
  const { outcome, asked } = facts
  const turn = turnBy(facts, names)
  const { kind, words, headline, decision } = outcomes[outcome]
  const answers =
    asked && isUndecided(facts)
      ? tellPending(turn, asked)
      : [tellCaller(turn), tellSubject(turn), tellRight(turn, tools)]
  const verdict: Verdict = {
    headline: headline(turn),
    outcome: asked?.isOpen
      ? { kind: 'waiting', words: 'Waits for you' }
      : { kind, words: outcome === 'answered' ? `${words} ${turn.status}` : words },
    answers: [...answers, decision(turn)],
  }
  return toReader(verdict, names)
}

/** For a call that waits: who would call, for whom and by which right. */
function tellPending(
  { names, tokens, agent }: TurnByExchange,
  { kind, scopes, isOpen }: PendingCall,
): FactAnswer[] {
  const { oid, name } = tokens.Tc?.claims ?? {}
  const isConsent = kind === 'consent'
  const wanted = scopes.join(' ')
  const lacked = wanted === '' ? ['you have not consented'] : phrase`wanted: ${{ code: wanted }}`
  const right = isConsent
    ? { value: 'None yet', detail: lacked }
    : { value: wanted || 'Yours', detail: [isOpen ? 'not used yet' : 'not used'] }
  return [
    {
      question: isConsent ? 'Who asked' : 'Who would call',
      value: agent,
      detail: tellId('azp', names.agentId),
    },
    { question: 'For whom', value: addName('You', name), detail: tellId('oid', oid) },
    { question: 'By which right', ...right },
  ]
}

/** "You, Ada Osei"; only "You" while names are hidden. */
function addName(whom: string, name: unknown): string {
  return typeof name === 'string' && !name.startsWith('‹') ? `${whom}, ${name}` : whom
}

function tellId(claim: string, id: unknown): Phrase {
  return typeof id === 'string' ? phrase`${{ code: claim }} ${shortenIds(id)}` : []
}

const tellNoToken = ({ failedCheck }: TurnByExchange) => (failedCheck ? 'TR rejected' : 'no TR')

export function tellCaller(turn: TurnByExchange): FactAnswer {
  const { use, uses, running, names, agent, failedCheck } = turn
  const question = running ? 'Who calls' : uses.length > 0 ? 'Who called' : 'Who asked'
  const why = running ? 'not proven yet' : `not proven: ${tellNoToken(turn)}`
  if (!use) return { question, value: agent, detail: [why] }
  const { claims = {} } = use.token
  const name = claims['azp'] === undefined ? 'appid' : 'azp'
  const id = String(claims[name] ?? '')
  const isBad = use.outcome === 'denied' && failedCheck === 'caller'
  return { question, value: shortenIds(capitalise(names.id(id) ?? id)), detail: tellId(name, id), isBad }
}

function tellSubject({ use, flow, words, tokens, failure }: TurnByExchange): FactAnswer {
  const { oid, name } = use?.token.claims ?? {}
  const actsAs = use ? actsAsOf(use.token) : flows[flow].actsAs
  const whom = capitalise(words.forWhom)
  const id = tellId('oid', oid)
  const details: Readonly<Record<ActsAs, Phrase>> = {
    agent: ['no user involved'],
    user: use ? id : [tellUserToken(tokens.Tc)],
    'agent-user': use ? (typeof name === 'string' ? [name] : id) : ['nobody signs in'],
  }
  return {
    question: 'For whom',
    value: actsAs === 'user' ? addName(whom, name) : whom,
    detail: details[actsAs],
    isBad: !use && actsAs === 'user' && failure?.kind === 'sign-in',
  }
}

function tellUserToken(card: TokenCard | undefined): string {
  const last = card && lastChecks(card)
  return last ? `Tc passed ${countPassed(last.checks)} checks` : 'no Tc'
}

function tellRight(turn: TurnByExchange, tools: readonly CalledTool[]): FactAnswer {
  const { use, running, flow, claim, rights, wanted, isRightMissing } = turn
  const question = 'By which right'
  if (!use)
    return {
      question,
      value: '–',
      detail: [running ? 'seen once it is issued' : `${tellNoToken(turn)}, so none`],
    }
  const isBad = use.outcome === 'denied' && isRightMissing
  if (isBad && wanted !== undefined) {
    return { question, value: rights.join(' ') || 'None', detail: phrase`wanted: ${{ code: wanted }}`, isBad }
  }
  if (rights.length === 0) return { question, value: 'None', detail: ['TR carries none'], isBad }
  const detail = [`${flowWords[flow].right}${claim === 'roles' ? ', an app role' : ''}`]
  const used = findUsed(rights, turn, tools)
  const others = rights.filter(right => !used.includes(right))
  const more =
    tellApproval(turn) ?? (others.length > 0 ? `also in the token: ${others.join(' ')}` : undefined)
  return { question, value: used.join(' '), detail, more, isBad }
}

/** The rights that the called tools need, of those that the token carries; all of them if it is not known. */
function findUsed(
  rights: readonly string[],
  { use }: TurnByExchange,
  tools: readonly CalledTool[],
): readonly string[] {
  const needed = tools
    .filter(({ api }) => use?.apis.includes(api))
    .flatMap(({ needs }) => needs?.permission.split(', ') ?? [])
  const used = rights.filter(right => needed.includes(right))
  return used.length > 0 ? used : rights
}

/** The user's approval, without which the call would not have been made. */
function tellApproval({ use, steps }: TurnByExchange): string | undefined {
  const given = steps.find(
    ({ approval, parentId }) => approval?.decision === 'approve' && parentId === use?.decisive?.parentId,
  )
  if (!given) return undefined
  const at = Date.parse(given.startedAt ?? '') + (given.durationMs ?? 0)
  return `and your approval${Number.isNaN(at) ? '' : `, ${formatTime(new Date(at))}`}`
}
