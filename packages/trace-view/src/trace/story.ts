import type { Flow, TokenCard } from '@entra-agents/trace'
import { capitalise, type Names, withArticle } from '../words/names.ts'
import { toReader } from '../words/reader.ts'
import { outcomeDetails } from './outcome-details.ts'
import { actsAsOf, clientOf, wordsOfToken } from './read-token.ts'
import { startSentence, type TurnByExchange, turnBy } from './turn-by-exchange.ts'
import type { TurnFacts } from './turn-facts.ts'
import { isFirstTry } from './write-formula.ts'

/** How TR came about, in one sentence. */
const exchanges: Readonly<Record<Flow, (agent: string) => string>> = {
  autonomous: agent => `The blueprint vouched for ${agent}, so Entra ID issued the agent a token of its own.`,
  obo: agent =>
    `Entra ID exchanged your token for the agent’s, which names ${agent} as the caller and you as the user.`,
  'agent-user': agent =>
    `The blueprint vouched for ${agent}, and the agent for its own user account, so Entra ID issued a token for that account.`,
}

/** Outcomes whose own sentence tells of the exchange too, or whose exchange is not over. */
const tellsExchange: readonly string[] = ['denied', 'more', 'declined', 'running']

/** What an API that first wanted more accepted then. */
function tellSecondTry({ api, contexts, otherCheck }: TurnByExchange): string {
  const accepted = 'accepted the same call with a new token that'
  return contexts.length > 0
    ? `You showed a second factor, and ${api} ${accepted} says so (acrs ${contexts.join(' ')}).`
    : `${startSentence(api)} ${accepted} ${otherCheck ? `passes the check of ${otherCheck}` : 'carries the right that the first one lacked'}.`
}

/** How a turn came to its outcome, in at most two sentences. */
export function tellStory(facts: TurnFacts, names: Names): string {
  const { exchange, uses, outcome, flow } = facts
  const first = uses.find(use => isFirstTry(use, facts))
  if (first && outcome === 'allowed') return toReader(tellSecondTry(turnBy(facts, names, first)), names)
  const isTold = exchange === undefined || first || tellsExchange.includes(outcome)
  const sentences = [
    isTold ? '' : exchanges[flow](names.agent),
    outcomeDetails[outcome].sentence(turnBy(facts, names)),
  ]
  return toReader(sentences.filter(sentence => sentence !== '').join(' '), names)
}

/** Who acts for whom towards whom, in one sentence. */
export function tellToken(card: TokenCard, names: Names): string {
  const { role, claims = {} } = card
  const audience = nameOrId(claims['aud'], names)
  const client = nameOrId(clientOf(card), names)
  const name = typeof claims['name'] === 'string' ? claims['name'] : 'the user who asked'
  const user = names.isReaderUser ? 'you' : name
  if (role === 'T1') return `The blueprint’s token: by it the blueprint vouches for ${names.agent}.`
  if (role === 'T2')
    return `The agent’s token for its own account: by it ${names.agent} vouches for that account.`
  if (role === 'Tc') {
    const lets = user === 'you' ? 'let' : 'lets'
    return `${capitalise(user)} ${lets} ${client ?? 'this page'} call the ${audience ?? 'blueprint'}, and nothing else.`
  }
  const agent = withArticle(client ?? names.agent)
  const { asWhom } = wordsOfToken(card)
  const forWhom = actsAsOf(card) === 'user' ? `for ${user}` : asWhom
  return `The token for the resource: ${agent} acts ${forWhom} towards ${audience ?? 'the API'}.`
}

/** The name that an id stands for, or the id if it has none; `undefined` if the value is no text. */
export function nameOrId(value: unknown, names: Names): string | undefined {
  return typeof value === 'string' ? (names.id(value) ?? value) : undefined
}
