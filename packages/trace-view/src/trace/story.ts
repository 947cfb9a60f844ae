import type { TokenCard } from '@entra-agents/trace'
import { flowWords } from '../words/flows.ts'
import { capitalise, type Names } from '../words/names.ts'
import { type Phrase, phrase, tokenMarks } from '../words/phrase.ts'
import { toReader } from '../words/reader.ts'
import { count } from '../words/times.ts'
import { wordsOfToken } from './acts-as.ts'
import { outcomes } from './outcomes.ts'
import { turnBy } from './turn-by-exchange.ts'
import { rightsOf, type TokenUse, type TurnFacts } from './turn-facts.ts'

const { T1, T2, Tc, TR } = tokenMarks

/** What happened in a turn, in the order of its token exchange. Hops that nobody saw are marked as such. */
export function tellStory(facts: TurnFacts, names: Names): Phrase {
  const { tokens, uses, exchange, outcome, isDeclined } = facts
  const { agent } = names
  const turn = turnBy(facts, names)
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
    isDeclined && outcomes.declined.sentence(turn),
    outcome !== exchange?.outcome && outcome !== 'declined' && outcomes[outcome].sentence(turn),
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

/** Describes the use of a TR; of every TR after the first only what is new. */
function tellUse(use: TokenUse, isFirst: boolean, facts: TurnFacts, names: Names): Phrase[] {
  const [, exchanged] = flowWords[facts.flow].terms
  const isNew = use.userToken !== facts.uses[0]?.userToken
  const given = exchanged
    ? phrase`exchanged ${isNew ? 'the new ' : ''}${tokenMarks[exchanged]} for`
    : phrase`issued`
  const call = outcomes[use.outcome].sentence(turnBy(facts, names, use))
  if (!isFirst) return [phrase`With ${T1}, Entra ID ${given} another ${TR}.`, call]
  const agent = { term: 'agent identity', words: names.agent } as const
  const { asSubject, origin } = wordsOfToken(use.token)
  return [
    phrase`With ${T1}, Entra ID ${given} the agent’s token ${TR}, which names ${agent} as caller and ${asSubject}.`,
    rightsOf(use.token).rights.length > 0 ? origin : [],
    call,
  ]
}

/** Who acts for whom towards whom, in one sentence. */
export function tellToken(card: TokenCard, names: Names): string {
  const { role, claims = {} } = card
  const audience = nameOrId(claims['aud'], names)
  const client = nameOrId(claims['azp'] ?? claims['appid'], names)
  const name = typeof claims['name'] === 'string' ? claims['name'] : 'the user who asked'
  const user = names.isReaderUser ? 'you' : name
  if (role === 'T1') return 'The blueprint’s token: by it the blueprint vouches for the agent.'
  if (role === 'T2')
    return 'The agent’s token for its own account: by it the agent vouches for its user account in Entra.'
  if (role === 'Tc') {
    const lets = user === 'you' ? 'let' : 'lets'
    return `${capitalise(user)} ${lets} ${client ?? 'this page'} call the ${audience ?? 'blueprint'}, and nothing else.`
  }
  const agent = capitalise(withArticle(client ?? names.agent))
  const { flow } = wordsOfToken(card)
  const { asWhom, entraName } = flowWords[flow]
  const forWhom = flow === 'obo' ? `for ${user}` : asWhom
  return `${agent} acts ${forWhom} (in Entra: ${entraName}) towards ${audience ?? 'the API'}.`
}

/** The name that an id stands for, or the id if it has none; `undefined` if the value is no text. */
export function nameOrId(value: unknown, names: Names): string | undefined {
  return typeof value === 'string' ? (names.id(value) ?? value) : undefined
}

/** Adds the article to a general name; a configured title needs none. */
function withArticle(name: string): string {
  return name === 'agent identity' || name === 'blueprint' ? `the ${name}` : name
}
