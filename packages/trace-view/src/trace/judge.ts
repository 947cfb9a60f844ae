import { flows, type TokenCard } from '@entra-agents/trace'
import type { FactAnswer, Verdict } from '../identity/verdict.ts'
import { flowWords } from '../words/flows.ts'
import { capitalise, type Names, shortenIds } from '../words/names.ts'
import { type Phrase, phrase } from '../words/phrase.ts'
import { toReader } from '../words/reader.ts'
import { actsAsOf, subjectWords, wordsOfToken } from './acts-as.ts'
import { outcomes } from './outcomes.ts'
import { countPassed, findDenial, isRightMissing, type TurnByExchange, turnBy } from './turn-by-exchange.ts'
import { isUndecided, lastChecks, type PendingCall, rightsOf, type TurnFacts } from './turn-facts.ts'

/** Sums up a turn: who called, for whom, with which permission, and who allowed it. */
export function judgeTurn(facts: TurnFacts, names: Names): Verdict {
  const { outcome, asked } = facts
  const turn = turnBy(facts, names)
  const { kind, words, headline, decision } = outcomes[outcome]
  const answers =
    asked && isUndecided(facts)
      ? tellPending(turn, asked)
      : [tellCaller(turn), tellSubject(turn), tellRight(turn)]
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
function tellPending({ names, tokens }: TurnByExchange, { kind, scopes, isOpen }: PendingCall): FactAnswer[] {
  const isAsked = isOpen ? 'asked for on your approval' : 'not asked for'
  const why = kind === 'consent' ? 'not consented to yet' : isAsked
  return [
    { question: 'Who would call', value: capitalise(names.agent), detail: tellId('azp', names.agentId) },
    { question: 'For whom', value: 'You', detail: tellId('oid', tokens.Tc?.claims?.['oid']) },
    { question: 'By which right', value: scopes.join(' ') || 'Yours', detail: [why] },
  ]
}

function tellId(claim: string, id: unknown): Phrase {
  return typeof id === 'string' ? phrase`${{ code: claim }} ${shortenIds(id)}` : []
}

export function tellCaller({ use, uses, running, names, agent }: TurnByExchange): FactAnswer {
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

function tellSubject({ use, flow, tokens, failure, names }: TurnByExchange): FactAnswer {
  const question = 'For whom'
  if (!use) {
    const { actsAs } = flows[flow]
    const isBad = actsAs === 'user' && failure?.kind === 'sign-in'
    const details = { agent: 'no user', user: tellUserToken(tokens.Tc), 'agent-user': 'nobody signs in' }
    return { question, value: capitalise(subjectWords[actsAs].forWhom), detail: [details[actsAs]], isBad }
  }
  const { oid, name } = use.token.claims ?? {}
  const actsAs = actsAsOf(use.token)
  const id = String(oid ?? '')
  const isNamed = actsAs === 'agent-user' && typeof name === 'string'
  const whose = actsAs === 'agent' ? `of ${names.agent}, no user` : shortenIds(id)
  const detail = isNamed ? [name] : phrase`${{ code: 'oid' }} ${whose}`
  return { question, value: capitalise(wordsOfToken(use.token).forWhom), detail, id }
}

function tellUserToken(card: TokenCard | undefined): string {
  const last = card && lastChecks(card)
  return last ? `Tc passed ${countPassed(last.checks)}` : 'no Tc'
}

function tellRight({ use, running, flow }: TurnByExchange): FactAnswer {
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
