import type { ActsAs, TokenCard, TraceStep } from '@entra-agents/trace'
import { tellAct } from '../words/call-facts.ts'
import { flowWords } from '../words/flows.ts'
import { capitalise, type Names } from '../words/names.ts'
import { type Phrase, phrase, tokenMarks } from '../words/phrase.ts'
import { toReader } from '../words/reader.ts'
import { wantedContexts } from '../words/step-up.ts'
import { count } from '../words/times.ts'
import { actsAsOf } from './acts-as.ts'
import { decidingApi, isRightMissing } from './judge.ts'
import { lastChecks, type PendingCall, rightsOf, type TokenUse, type TurnFacts } from './turn-facts.ts'

const { T1, T2, Tc, TR } = tokenMarks

/** What happened in a turn, in the order of its token exchange. Hops that nobody saw are marked as such. */
export function tellStory(facts: TurnFacts, names: Names): Phrase {
  const { tokens, uses, failure, asked, isDeclined } = facts
  const { agent } = names
  const isCached = uses[0]?.isFromCache ?? false
  const gets = isCached ? 'got' : 'gets'
  const sentences: readonly (Phrase | false | undefined)[] = [
    tokens.Tc && phrase`Your token ${Tc} lets ${agent} act for you, and nothing else.`,
    tellModel(facts),
    isCached && phrase`${TR} came from the sidecar’s cache.`,
    tokens.T1 &&
      phrase`${isCached ? 'Before this question, the' : 'The'} ${sidecarTerm} ${gets} ${T1}, by which the ${blueprintTerm} vouches for ${agent}.`,
    tokens.T2 &&
      phrase`With it the sidecar ${gets} ${T2}, by which ${agent} vouches for its ${{ term: 'agent user', words: 'user account' }}.`,
    ...uses.flatMap((use, index) => tellUse(use, index === 0, facts, names)),
    failure && !asked && tellFailure(failure),
    isDeclined && ['You declined a call, and nothing was sent by that.'],
    asked && asked.kind !== 'step-up' && tellPending(asked, facts, names),
  ]
  return toReader(
    sentences.flatMap(sentence => (sentence && sentence.length > 0 ? [...sentence, ' '] : [])),
    names,
  )
}

const sidecarTerm = { term: 'sidecar', words: 'sidecar' } as const
const blueprintTerm = { term: 'blueprint', words: 'blueprint' } as const

function tellModel({ steps, running }: TurnFacts): Phrase | undefined {
  const calls = steps.filter(({ kind }) => kind === 'model')
  if (calls.length === 0) return undefined
  const tools = steps.filter(({ kind }) => kind === 'tool').length
  if (tools > 0) return [`The model asked for ${count(tools, 'tool call')} and saw no token.`]
  if (calls.some(({ status }) => status === 'failed')) return undefined
  const isOpen = calls.some(({ status }) => status === 'running')
  if (isOpen)
    return [running ? 'The model is being asked.' : 'The model was asked, and its answer is not known.']
  return ['The model called no tool, so no token was needed.']
}

const subjectPhrases: Readonly<Record<ActsAs, string>> = {
  agent: 'as subject: no user is involved',
  user: 'you as the user',
  'agent-user': 'its user account as subject: nobody signed in, and no token of yours is involved',
}

/** Describes the use of a TR; of every TR after the first only what is new. */
function tellUse(use: TokenUse, isFirst: boolean, facts: TurnFacts, names: Names): Phrase[] {
  const [, exchanged] = flowWords[facts.flow].terms
  const isNew = use.userToken !== facts.uses[0]?.userToken
  const given = exchanged
    ? phrase`exchanged ${isNew ? 'the new ' : ''}${tokenMarks[exchanged]} for`
    : phrase`issued`
  const call = tellCall(use, facts, names)
  if (!isFirst) return [phrase`With ${T1}, Entra ID ${given} another ${TR}.`, call]
  const agent = { term: 'agent identity', words: names.agent } as const
  const subject = subjectPhrases[actsAsOf(use.token)]
  return [
    phrase`With ${T1}, Entra ID ${given} the agent’s token ${TR}, which names ${agent} as caller and ${subject}.`,
    ...tellConsent(use),
    call,
  ]
}

/** Where a delegated right comes from. */
function tellConsent({ token }: TokenUse): Phrase[] {
  const permission = { term: 'scope', words: 'delegated permission' } as const
  const origins: Readonly<Record<ActsAs, Phrase[]>> = {
    agent: [],
    user: [phrase`Its right is yours, lent by a ${permission} that you or an administrator consented to.`],
    'agent-user': [
      phrase`Its right is a ${permission} that an administrator granted the agent for its account.`,
    ],
  }
  return rightsOf(token).rights.length > 0 ? origins[actsAsOf(token)] : []
}

function tellCall(use: TokenUse, facts: TurnFacts, names: Names): Phrase {
  const api = decidingApi(use, names)
  switch (use.outcome) {
    case 'allowed':
      if (use.calls.every(isListOfTools)) return [`${api} listed its tools.`]
      return [lastChecks(use.token, 'api') ? `${api} checked TR and answered.` : `${api} answered.`]
    case 'denied':
      return tellDenial(use, api)
    case 'answered':
      return [`${api} answered with ${use.decisive?.response?.status}, which denies nothing.`]
    case 'failed':
      return [`${api} gave no answer: ${use.decisive?.problem?.title ?? 'the call failed.'}`]
    case 'more':
      return tellDemand(use, facts, api)
    case 'stopped':
      return [`The call of ${api} was begun, and its answer is not known.`]
    default:
      return []
  }
}

/** Whether a step lists the tools of an MCP server: the model gets the list before the question. */
function isListOfTools({ request }: TraceStep): boolean {
  return Object(request?.body).method === 'tools/list'
}

/** What the API wanted before it would run the call: a right, or a stronger sign-in that the user did or can do. */
function tellDemand({ decisive }: TokenUse, { asked, uses }: TurnFacts, api: string): Phrase {
  const contexts = wantedContexts(decisive?.problem?.claimsChallenge)
  if (contexts.length === 0) return [`${api} took TR, and wanted a right that it lacks. It changed nothing.`]
  const next = asked?.isOpen
    ? ' After you confirm, your new Tc is exchanged for a TR that carries it.'
    : uses.length > 1
      ? ' You signed in more strongly.'
      : ''
  return phrase`${api} took TR, changed nothing, and wanted proof of a stronger sign-in in it: ${{ code: 'acrs' }} ${contexts.join(' ')}.${next}`
}

/** Describes a call that was not made. */
function tellPending(
  { kind, isOpen, title, others, step }: PendingCall,
  { flow, steps }: TurnFacts,
  { agent }: Names,
): Phrase {
  if (!isOpen) return [`The call waited for you and was not made: to ${tellAct(title)}.`]
  const [, exchanged] = flowWords[flow].terms
  const exchange = exchanged
    ? phrase`the sidecar exchanges ${T1} and ${tokenMarks[exchanged]} for ${TR}`
    : phrase`Entra ID issues ${TR}`
  if (kind !== 'approval')
    return phrase`Entra ID gave no token: you have not consented to what ${agent} needs. If you do, ${exchange}.`
  const runs = others > 0 ? 'each call that you approve runs once' : 'the call runs once'
  const isLookedUp = steps.some(({ kind, parentId }) => kind === 'api-call' && parentId === step.id)
  const asked = isLookedUp ? 'it was only looked up what it would change' : 'no token was asked for it'
  return phrase`The call would change something, so it waits for you, and ${asked}. If you approve, ${exchange}, and ${runs}.`
}

function tellDenial(use: TokenUse, api: string): Phrase {
  if (!isRightMissing(use)) return [use.decisive?.problem?.title ?? 'TR was rejected.']
  const { claim, rights } = rightsOf(use.token)
  const lack =
    rights.length === 0 ? phrase`TR has no ${{ code: claim }}.` : [`TR carries only ${rights.join(' and ')}.`]
  return phrase`The identity works: ${api} accepted who is calling. What is missing is a right: ${lack}`
}

function tellFailure({ problem, to }: TraceStep): Phrase {
  return [problem ? `${problem.title} ${problem.detail}` : `The ${to} gave no answer.`]
}

/** Who acts for whom towards whom, in one sentence. The user's own name is used only if it may be shown. */
export function tellToken(card: TokenCard, names: Names, revealed: boolean): string {
  const { role, claims = {} } = card
  const audience = nameOrId(claims['aud'], names)
  const asker = names.isReaderUser ? 'you' : 'the user who asked'
  const user = revealed && typeof claims['name'] === 'string' ? claims['name'] : asker
  if (role === 'T1') return 'The blueprint’s token: by it the blueprint vouches for the agent.'
  if (role === 'T2') return 'The agent’s exchange token: by it the agent vouches for its own user account.'
  if (role === 'Tc') {
    const client = nameOrId(claims['azp'] ?? claims['appid'], names) ?? 'this page'
    return `${capitalise(user)} let${user === 'you' ? '' : 's'} ${client} call the ${audience ?? 'blueprint'}, and nothing else.`
  }
  const agent = capitalise(withArticle(nameOrId(claims['azp'] ?? claims['appid'], names) ?? names.agent))
  const forWhom: Readonly<Record<ActsAs, string>> = {
    agent: 'as itself',
    user: user === 'you' ? 'on your behalf' : `on behalf of ${user}`,
    'agent-user': 'as its own user account',
  }
  return `${agent} acts ${forWhom[actsAsOf(card)]} towards ${audience ?? 'the API'}.`
}

/** The name that an id stands for, or the id if it has none; `undefined` if the value is no text. */
export function nameOrId(value: unknown, names: Names): string | undefined {
  return typeof value === 'string' ? (names.id(value) ?? value) : undefined
}

/** Adds the article to a general name; a configured title needs none. */
function withArticle(name: string): string {
  return name === 'agent identity' || name === 'blueprint' ? `the ${name}` : name
}
