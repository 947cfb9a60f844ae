import type { TraceStep } from '@entra-bedrock-agent/identity-trace'
import type { Account } from '../sign-in/session.ts'
import { actsAsOf } from '../trace/claims.ts'
import { redactorFor } from '../trace/redactor.ts'
import type { ExportedFile, ExportedTurn } from './file-shape.ts'

/** What the page knows besides: a text may name it although no token of the trace does. */
export interface KnownSecrets {
  readonly tenantId: string
  /** Whoever is signed in. */
  readonly account: Account | undefined
}

/** Claims whose words are parts of a name; a text may have one of them alone. */
const nameClaims = ['name', 'given_name', 'family_name'] as const
const shortestWord = 3

/**
 * Masks in a file all that its tokens and the page know of people and tenant, also in questions and answers. Its structure
 * (kinds, ids of steps, states) stays.
 */
export function maskFile(file: ExportedFile, known: KnownSecrets): ExportedFile {
  const steps = [...file.turns.flatMap(turn => turn.steps), stepOf(known)]
  const redactor = redactorFor(steps)
  const words = wordsOfNames(steps)
  const mask = (text: string) => maskWords(redactor.text(text), words)
  const { names } = file
  return {
    ...file,
    redacted: true,
    names: maskDeep(names, mask),
    turns: file.turns.map(turn => maskTurn({ ...turn, steps: [...redactor.steps(turn.steps)] }, mask)),
  }
}

function maskTurn(turn: ExportedTurn, mask: (text: string) => string): ExportedTurn {
  const { question, answer, steps, notices, result, problem } = turn
  return {
    ...turn,
    question: { ...question, message: mask(question.message) },
    answer: mask(answer),
    steps: steps.map(step => maskStep(step, mask)),
    notices: maskDeep(notices, mask),
    ...(result && {
      result: {
        ...result,
        answer: mask(result.answer),
        tools: maskDeep(result.tools, mask),
        notices: maskDeep(result.notices, mask),
      },
    }),
    ...(problem && { problem: maskDeep(problem, mask) }),
  }
}

function maskStep(
  { title, request, response, tool, problem, token, ...step }: TraceStep,
  mask: (text: string) => string,
): TraceStep {
  const told = {
    title,
    ...(request && { request }),
    ...(response && { response }),
    ...(tool && { tool }),
    ...(problem && { problem }),
  }
  return { ...step, ...maskDeep(told, mask), ...(token && { token: maskClaims(token, mask) }) }
}

type Token = NonNullable<TraceStep['token']>

/** Masks claims and header; the token's role and its checks stay. */
function maskClaims({ claims, header, ...card }: Token, mask: (text: string) => string): Token {
  return { ...card, ...maskDeep({ ...(claims && { claims }), ...(header && { header }) }, mask) }
}

/** The same with all texts masked, names of members too. */
function maskDeep<Value>(value: Value, mask: (text: string) => string): Value {
  return JSON.parse(
    JSON.stringify(value, (_key, member: unknown) => {
      if (typeof member === 'string') return mask(member)
      if (typeof member !== 'object' || member === null || Array.isArray(member)) return member
      return Object.fromEntries(Object.entries(member).map(([name, inner]) => [mask(name), inner]))
    }),
  ) as Value
}

/** What the page knows, as a step with a token, so that it is masked like the rest. */
function stepOf({ tenantId, account }: KnownSecrets): TraceStep {
  const user = account && {
    oid: account.objectId,
    name: account.name,
    preferred_username: account.userName,
  }
  const token: Token = { role: 'Tc', observed: true, claims: { tid: tenantId, ...user } }
  return { id: '', kind: 'sign-in', from: 'user', to: 'agent', title: '', status: 'ok', token }
}

function wordsOfNames(steps: readonly TraceStep[]): readonly string[] {
  const tokens = steps.flatMap(({ token }) => (token && actsAsOf(token) !== 'agent-user' ? [token] : []))
  const names = tokens.flatMap(({ claims }) => nameClaims.map(name => claims?.[name]))
  const words = names.flatMap(name => (typeof name === 'string' ? name.split(/[^\p{L}\p{N}]+/u) : []))
  return [...new Set(words.filter(word => word.length >= shortestWord))]
}

function maskWords(text: string, words: readonly string[]): string {
  if (words.length === 0) return text
  return text.replace(
    new RegExp(`(?<![\\p{L}\\p{N}])(?:${words.join('|')})(?![\\p{L}\\p{N}])`, 'giu'),
    '‹name hidden›',
  )
}
