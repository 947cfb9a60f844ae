import type { FactAnswer, Verdict } from '../identity/verdict.ts'
import { tellAct } from '../words/call-facts.ts'
import { capitalise, type Names, shortenIds } from '../words/names.ts'
import { type Phrase, phrase } from '../words/phrase.ts'
import { count } from '../words/times.ts'
import type { PendingCall, TurnFacts } from './turn-facts.ts'

/** Says that a call waits for its user, or that the user left it undecided. */
export function tellPending({ kind, title, api, others, isOpen }: PendingCall, names: Names): string {
  const [agent, act] = [capitalise(names.agent), tellAct(title)]
  const more = others > 0 ? `, and for ${count(others, 'more call')},` : ''
  const where = api === undefined ? 'The API' : names.actor(api)
  const left = isOpen ? '' : ', and it was not sent'
  switch (kind) {
    case 'approval':
      return `${agent} ${isOpen ? 'asks' : 'asked'} to ${act}${more} on your behalf${left}.`
    case 'step-up':
      return isOpen
        ? `${where} wants a stronger sign-in before ${names.agent} may ${act}.`
        : `${where} wanted a stronger sign-in, and nothing was changed.`
    case 'consent':
      return `${agent} ${isOpen ? 'needs' : 'needed'} your consent to ${act}${left}.`
  }
}

export function outcomeOfPending({ kind, isOpen }: PendingCall): Verdict['outcome'] {
  if (isOpen) return { kind: 'waiting', words: 'Waiting for you' }
  return { kind: 'neutral', words: kind === 'step-up' ? 'Nothing changed' : 'Not sent' }
}

/**
 * For a call that waits: who would call, for whom, by which right, and who decides.
 *
 * @param called the answers about caller and right, if the API has been called already
 */
export function answersOnPending(
  { tokens, uses }: TurnFacts,
  { kind, api, contexts, scopes }: PendingCall,
  called: readonly [caller: FactAnswer, right: FactAnswer] | undefined,
  { agent, agentId, actor }: Names,
): FactAnswer[] {
  const where = api === undefined ? 'the API' : actor(api)
  const subject = { question: 'For whom', value: 'You', detail: tellId('oid', tokens.Tc?.claims?.['oid']) }
  if (kind === 'step-up' && called) {
    const status = uses.findLast(({ outcome }) => outcome === 'more')?.decisive?.response?.status
    const detail = phrase`${`${status ?? 401}`} · wants ${{ code: 'acrs' }} ${contexts.join(' ')}`
    const decision = { question: 'Decided by', value: capitalise(where), detail }
    const [caller, right] = called
    return [caller, subject, right, decision]
  }
  const why = kind === 'consent' ? 'not consented to yet' : 'asked for if you approve'
  return [
    { question: 'Who would call', value: capitalise(agent), detail: tellId('azp', agentId) },
    subject,
    { question: 'By which right', value: scopes.join(' ') || 'Yours', detail: [why] },
    { question: 'Decided by', value: 'You', detail: [`then ${where}`] },
  ]
}

function tellId(claim: string, id: unknown): Phrase {
  return typeof id === 'string' ? phrase`${{ code: claim }} ${shortenIds(id)}` : []
}
