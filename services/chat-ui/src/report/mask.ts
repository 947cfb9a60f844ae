import type { TokenCard, TraceStep } from '@entra-bedrock-agent/identity-trace'
import type { Account } from '../sign-in/session.ts'
import { actsAsOf } from '../trace/claims.ts'
import { type Redactor, redactorFor } from '../trace/redactor.ts'
import type { ExportedFile, ExportedTurn } from './file-shape.ts'

/** Secrets that the page knows besides the tokens: a text may contain them although no token of the trace does. */
export interface KnownSecrets {
  readonly tenantId: string
  /** The signed-in user. */
  readonly account: Account | undefined
}

/** Claims that consist of the words of a name; a text may contain a single one of these words. */
const nameClaims = ['name', 'given_name', 'family_name'] as const
const shortestNameWord = 3

/**
 * Masks all personal and tenant data that the tokens of a file contain or the page knows, in questions and answers too. The
 * structure of the file (kinds, ids of steps, states) stays.
 */
export function maskFile(file: ExportedFile, known: KnownSecrets): ExportedFile {
  const steps = [...file.turns.flatMap(turn => turn.steps), { token: tokenOfSecrets(known) }]
  const redactor = redactorFor(steps, nameMask(steps))
  return {
    ...file,
    redacted: true,
    names: redactor.value(file.names),
    turns: file.turns.map(turn => maskTurn(turn, redactor)),
  }
}

function maskTurn(turn: ExportedTurn, { text, value, steps }: Redactor): ExportedTurn {
  const { question, answer, notices, result, problem } = turn
  return {
    ...turn,
    question: { ...question, message: text(question.message) },
    answer: text(answer),
    steps: [...steps(turn.steps)],
    notices: value(notices),
    ...(result && {
      result: {
        ...result,
        answer: text(result.answer),
        tools: value(result.tools),
        notices: value(result.notices),
      },
    }),
    ...(problem && { problem: value(problem) }),
  }
}

/** The secrets that the page knows, as claims of a token: the redactor takes them from there. */
function tokenOfSecrets({ tenantId, account }: KnownSecrets): TokenCard {
  const user = account && { oid: account.objectId, name: account.name, preferred_username: account.userName }
  return { role: 'Tc', observed: true, claims: { tid: tenantId, ...user } }
}

/** Returns a function that masks each word of a user's name in these tokens; names of agents' accounts are not masked. */
function nameMask(steps: readonly Pick<TraceStep, 'token'>[]): (text: string) => string {
  const tokens = steps.flatMap(({ token }) => (token && actsAsOf(token) !== 'agent-user' ? [token] : []))
  const names = tokens.flatMap(({ claims }) => nameClaims.map(name => claims?.[name]))
  const parts = names.flatMap(name => (typeof name === 'string' ? name.split(/[^\p{L}\p{N}]+/u) : []))
  const words = [...new Set(parts.filter(word => word.length >= shortestNameWord))]
  if (words.length === 0) return text => text
  const anyOfThem = new RegExp(`(?<![\\p{L}\\p{N}])(?:${words.join('|')})(?![\\p{L}\\p{N}])`, 'giu')
  return text => text.replace(anyOfThem, '‹name hidden›')
}
