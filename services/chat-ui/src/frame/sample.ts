import { type Flow, flows, needsUser, type PublicConfig } from '@entra-agents/trace'
import {
  type ApiGate,
  exchangeVerb,
  type Formula,
  termPlates,
} from '@entra-agents/trace-view/identity/formula'
import type { FactAnswer } from '@entra-agents/trace-view/identity/verdict'
import { flowWords } from '@entra-agents/trace-view/words/flows'
import type { Try, TryKind } from '../conversation/tries.ts'

/** What a try will show, in the places of a verdict: as much as is known before the question is asked. */
interface Sample {
  readonly headline: string
  readonly answers: readonly FactAnswer[]
  readonly formula: Formula
}

interface KindWords {
  readonly headline: (agent: string, api: string) => string
  /** Where the right comes from. */
  readonly right: string
  /** Who decides, if not the API alone, and how. */
  readonly decider?: string
  readonly decides: string
  /** Under the agent's token; if missing, which API it is for. */
  readonly result?: string
  readonly gate: readonly [state: ApiGate['state'], line: string]
}

const forWhom: Readonly<Record<Flow, readonly [whom: string, detail: string]>> = {
  autonomous: ['Itself', 'no user involved'],
  obo: ['You', 'after you sign in'],
  'agent-user': ['Its own account', 'nobody signs in'],
}

const checks = 'it checks the token itself'

// biome-ignore format: table
const kinds: Readonly<Record<TryKind, KindWords>> = {
  itself: { headline: (agent, api) => `${agent} will call ${api} as itself.`, right: 'its own, an app role', decides: checks, gate: ['allowed', 'checks, then answers'] },
  user: { headline: (agent, api) => `${agent} will call ${api} for you.`, right: 'yours, by consent', decides: checks, result: 'names the agent and you', gate: ['allowed', 'checks, then answers'] },
  waits: { headline: agent => `${agent} will ask you first.`, right: 'yours, and your approval', decider: 'You, then the API', decides: checks, result: 'names the agent and you', gate: ['allowed', 'checks, then does it'] },
  proof: { headline: (agent, api) => `${agent} will ask you, and ${api} will ask who you are.`, right: 'yours, and your approval', decider: 'You, then the API', decides: 'it wants a second factor', result: 'carries the proof', gate: ['waiting', 'first says: not yet'] },
  account: { headline: (agent, api) => `${agent} will call ${api} as its own user account.`, right: 'granted to the agent', decides: checks, result: 'names its user account', gate: ['allowed', 'checks, then answers'] },
  denied: { headline: (agent, api) => `${api} will deny ${agent}: it has no right.`, right: '', decides: checks, result: 'carries no right', gate: ['denied', 'a right is missing'] },
}

export function sampleOf(
  { kind, agent, flow, call }: Try,
  { apis }: PublicConfig,
  isSignedIn: boolean,
): Sample {
  const words = kinds[kind]
  const { right } = flows[flow]
  const isDenied = kind === 'denied'
  const api = apis.find(({ name }) => name === (call?.api ?? agent.apis[0]))?.title ?? 'the API'
  const permission = call?.permissions?.[right]
  const wanted = `wanted: ${permission ?? `a ${right}`}`
  const [whom, detail] = forWhom[flow]
  const [state, line] = words.gate
  return {
    headline: words.headline(agent.title, api),
    answers: [
      { question: 'Who calls', value: agent.title, detail: ['by its own identity'] },
      {
        question: 'For whom',
        value: whom,
        detail: [needsUser(flow) && isSignedIn ? 'signed in here' : detail],
      },
      isDenied
        ? { question: 'By which right', value: 'None', detail: [wanted], isBad: true }
        : { question: 'By which right', value: permission ?? `A ${right}`, detail: [words.right] },
      {
        question: isDenied ? 'Denied by' : 'Allowed by',
        value: words.decider ?? api,
        detail: [words.decides],
        isBad: isDenied,
      },
    ],
    formula: {
      terms: flowWords[flow].terms.map(token =>
        token === 'Tc' && kind === 'proof'
          ? { ...termPlates.Tc, line: 'with second factor' }
          : termPlates[token],
      ),
      exchange: { verb: exchangeVerb(flow), failed: false },
      result: {
        token: 'TR',
        title: flowWords[flow].result,
        line: words.result ?? `for ${api}`,
        state: 'seen',
      },
      gate: { state, title: api, line },
      isRunning: false,
      legend: 'The agent never sees this part.',
    },
  }
}
