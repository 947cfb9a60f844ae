import {
  type ExampleCall,
  type Flow,
  type Mode,
  needsUser,
  type PublicAgent,
  type PublicConfig,
} from '@entra-agents/trace'
import { flowWords } from '@entra-agents/trace-view/words/flows'
import { agentNamed } from '../agent/documents.ts'

/** How a try ends, or what it shows on its way. */
export type TryKind = 'itself' | 'user' | 'waits' | 'proof' | 'account' | 'denied'

/** A question to try: who is asked, in which flow, and what will be seen. */
export interface Try {
  readonly kind: TryKind
  readonly question: string
  readonly agent: PublicAgent
  readonly flow: Flow
  /** What the question leads to, if that is known. */
  readonly call: ExampleCall | undefined
}

const mostTries = 4

const kindOfFlow: Readonly<Record<Flow, TryKind>> = {
  autonomous: 'itself',
  obo: 'user',
  'agent-user': 'account',
}

/** The questions that the empty page offers: each shows something else, as far as agents and examples allow it. */
export function triesFor(config: PublicConfig, agentName: string, mode: Mode): readonly Try[] {
  const agent = agentNamed(config, agentName)
  if (!agent) return []
  const { examples, userExamples, modelExamples } = config
  const callOf = (question: string) => config.exampleCalls?.find(call => call.question === question)
  const isAnswerable = (question: string) => agent.apis.includes(callOf(question)?.api ?? agent.apis[0] ?? '')
  const toTry = (flow: Flow, question: string | undefined, asked = agent): readonly Try[] => {
    if (question === undefined || !asked.flows.includes(flow)) return []
    const call = callOf(question)
    return [{ kind: kindOf(asked, flow, call), question, agent: asked, flow, call }]
  }
  const questionsFor = (flow: Flow) =>
    [
      ...(mode === 'bedrock' ? modelExamples : []),
      ...examples,
      ...(mode === 'bedrock' ? [flowWords[flow].example] : []),
    ].filter(isAnswerable)
  const ofUser = userExamples.filter(isAnswerable)
  const changes = ofUser.filter(question => callOf(question)?.waits)
  const [first, second = first] = questionsFor('autonomous')
  const others = config.agents.filter(other => Boolean(other.withoutRights) !== Boolean(agent.withoutRights))
  const [own = 'autonomous'] = agent.flows
  const tries = [
    ...toTry('autonomous', first),
    ...toTry('obo', ofUser.find(question => !changes.includes(question)) ?? questionsFor('obo').at(-1)),
    ...toTry('obo', changes[0]),
    ...others.slice(0, 1).flatMap(other => toTry(other.flows[0] ?? own, first, other)),
    ...toTry('agent-user', second),
    ...questionsFor(own).flatMap(question => toTry(own, question)),
  ]
  return tries
    .filter((one, index) => index === tries.findIndex(other => isSame(one, other)))
    .slice(0, mostTries)
}

function isSame(one: Try, other: Try): boolean {
  return one.question === other.question && one.flow === other.flow && one.agent === other.agent
}

function kindOf(asked: PublicAgent, flow: Flow, call: ExampleCall | undefined): TryKind {
  if (asked.withoutRights) return 'denied'
  if (call?.wantsProof) return 'proof'
  return call?.waits ? 'waits' : kindOfFlow[flow]
}

/** What a card says of its try: what it shows, and the rest of the sentence. */
const tryWords: Readonly<Record<TryKind, readonly [shows: string, rest: string]>> = {
  itself: ['as itself', ', with its own right'],
  user: ['for me', ', with my rights only'],
  waits: ['asks me first', ', then calls for me'],
  proof: ['asks me first', ', then a second factor'],
  account: ['as its own account', ', nobody signs in'],
  denied: ['denied', ': it has no right yet'],
}

export function tellTry(
  { kind, agent, flow }: Try,
  isSignedIn: boolean,
): readonly [shows: string, rest: string] {
  const [shows, rest] = tryWords[kind]
  const isSignInDue = !isSignedIn && wantsUser(agent, flow) && (kind === 'itself' || kind === 'user')
  return [shows, isSignInDue ? ', after I sign in' : rest]
}

/** Whether a user has to sign in before this agent can be asked in this flow. */
export function wantsUser(agent: PublicAgent | undefined, flow: Flow): boolean {
  return needsUser(flow) || (agent?.requireSignIn ?? false)
}
