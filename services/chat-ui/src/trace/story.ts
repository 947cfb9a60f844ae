import type { ActsAs, TokenCard, TraceStep } from '@entra-bedrock-agent/identity-trace'
import { flowWords } from '../words/flows.ts'
import { capitalise, type Names } from '../words/names.ts'
import type { Part, Phrase } from '../words/phrase.ts'
import { count } from '../words/times.ts'
import { actsAsOf } from './claims.ts'
import { apisOf, isRightMissing } from './judge.ts'
import { lastChecks, rightsOf, type TokenUse, type TurnFacts } from './turn-facts.ts'

/** What happened, in the order of the exchange. What nobody saw is told as such. */
export function tellStory(facts: TurnFacts, names: Names): Phrase {
  const { tokens, uses, failure } = facts
  return [
    ...(tokens.Tc ? [{ token: 'Tc' } as const, ` lets this page call ${names.agent} for you. `] : []),
    ...tellModel(facts),
    ...(tokens.T1 ? tellVouching(names) : []),
    ...(tokens.T2
      ? [
          'With it the sidecar gets ',
          { token: 'T2' } as const,
          `, by which ${names.agent} vouches for its `,
          { term: 'agent user', words: 'user account' } as const,
          '. ',
        ]
      : []),
    ...uses.flatMap(use => tellUse(use, facts, names)),
    ...(failure ? tellFailure(failure) : []),
  ]
}

function tellVouching({ agent }: Names): Phrase {
  return [
    'The ',
    { term: 'sidecar', words: 'sidecar' },
    ' gets ',
    { token: 'T1' },
    ', by which the ',
    { term: 'blueprint', words: 'blueprint' },
    ` vouches for ${agent}. `,
  ]
}

function tellModel({ steps, running }: TurnFacts): Phrase {
  const calls = steps.filter(({ kind }) => kind === 'model')
  if (calls.length === 0) return []
  const tools = steps.filter(({ kind }) => kind === 'tool').length
  if (tools > 0) return [`The model asked for ${count(tools, 'tool call')} and saw no token. `]
  if (calls.some(({ status }) => status === 'failed')) return []
  const isOpen = calls.some(({ status }) => status === 'running')
  if (isOpen)
    return [running ? 'The model is being asked. ' : 'The model was asked, and its answer is not known. ']
  return ['The model called no tool, so no token was needed. ']
}

const subjects: Readonly<Record<ActsAs, string>> = {
  agent: 'as subject: no user is involved',
  user: 'you as the user',
  'agent-user': 'its user account as subject: nobody signed in, and no token of yours is involved',
}

function tellUse(use: TokenUse, { flow }: TurnFacts, names: Names): Part[] {
  const subject = subjects[actsAsOf(use.token)]
  const exchanged = flowWords[flow].terms[1]
  return [
    'With ',
    { token: 'T1' },
    ' as the agent’s credential, Entra ID ',
    ...(exchanged ? ['exchanged ', { token: exchanged }, ' for '] : ['issued ']),
    { token: 'TR' },
    ', which names ',
    { term: 'agent identity', words: names.agent },
    ` as caller and ${subject}. `,
    ...tellConsent(use),
    ...tellCall(use, names),
  ]
}

/** Where a right that is no app role comes from. */
function tellConsent({ token }: TokenUse): Phrase {
  const { rights } = rightsOf(token)
  const permission = { term: 'scope', words: 'delegated permission' } as const
  if (rights.length === 0) return []
  switch (actsAsOf(token)) {
    case 'agent':
      return []
    case 'user':
      return ['Its right is yours, lent by a ', permission, ' that you or an administrator consented to. ']
    case 'agent-user':
      return ['Its right is a ', permission, ' that an administrator granted the agent for its account. ']
  }
}

function tellCall(use: TokenUse, names: Names): Phrase {
  const api = apisOf(use, names)
  const checked = lastChecks(use.token, actor => actor !== 'agent')
  switch (use.outcome) {
    case 'allowed':
      return [checked ? `${api} checked TR and answered. ` : `${api} answered. `]
    case 'denied':
      return tellDenial(use, api)
    case 'answered':
      return [`${api} answered with ${use.decisive?.response?.status}, which denies nothing. `]
    case 'failed':
      return [`${api} gave no answer: ${use.decisive?.problem?.title ?? 'the call failed.'} `]
    case 'stopped':
      return [`The call of ${api} was begun, and its answer is not known. `]
    default:
      return []
  }
}

function tellDenial(use: TokenUse, api: string): Phrase {
  if (!isRightMissing(use)) return [`${use.decisive?.problem?.title ?? 'TR was rejected.'} `]
  const { claim, rights } = rightsOf(use.token)
  const lack: Phrase =
    rights.length === 0
      ? ['TR has no ', { code: claim }, '. ']
      : [`TR carries only ${rights.join(' and ')}. `]
  return [`The identity works: ${api} accepted who is calling. What is missing is a right: `, ...lack]
}

function tellFailure({ problem, to }: TraceStep): Phrase {
  return [problem ? `${problem.title} ${problem.detail} ` : `The ${to} gave no answer. `]
}

/** Who acts for whom towards whom, in one sentence. The user's own name is used only when it may be shown. */
export function tellToken(card: TokenCard, names: Names, revealed: boolean): string {
  const { role, claims = {} } = card
  const audience = nameOf(claims['aud'], names)
  const user = revealed && typeof claims['name'] === 'string' ? claims['name'] : 'you'
  if (role === 'T1')
    return 'The agent’s credential: by it the blueprint vouches that the agent is one of its own.'
  if (role === 'T2') return 'The agent’s exchange token: by it the agent vouches for its own user account.'
  if (role === 'Tc') {
    const client = nameOf(claims['azp'] ?? claims['appid'], names) ?? 'this page'
    return `${capitalise(user)} let${user === 'you' ? '' : 's'} ${client} call the ${audience ?? 'blueprint'}, and nothing else.`
  }
  const agent = capitalise(withArticle(nameOf(claims['azp'] ?? claims['appid'], names) ?? names.agent))
  const forWhom: Readonly<Record<ActsAs, string>> = {
    agent: 'as itself',
    user: user === 'you' ? 'on your behalf' : `on behalf of ${user}`,
    'agent-user': 'as its own user account',
  }
  return `${agent} acts ${forWhom[actsAsOf(card)]} towards ${audience ?? 'the API'}.`
}

function nameOf(value: unknown, names: Names): string | undefined {
  return typeof value === 'string' ? (names.id(value) ?? value) : undefined
}

/** An agent that was given a title is called by it. */
function withArticle(name: string): string {
  return name === 'agent identity' || name === 'blueprint' ? `the ${name}` : name
}
