import { flowNames, flows, needsUser } from '@entra-bedrock-agent/identity-trace'
import type { Exchange } from './exchange.ts'
import type { KeptExchanges } from './kept.ts'

type Check = (value: unknown) => boolean

const text: Check = value => typeof value === 'string'
const number: Check = value => typeof value === 'number'
const flag: Check = value => typeof value === 'boolean'

const isAbsent: Check = value => value === undefined

function orAbsent(check: Check): Check {
  return value => isAbsent(value) || check(value)
}

function orNull(check: Check): Check {
  return value => value === null || check(value)
}

function oneOf(...values: readonly string[]): Check {
  return value => typeof value === 'string' && values.includes(value)
}

function listOf(check: Check): Check {
  return value => Array.isArray(value) && value.every(check)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function shape(checks: Readonly<Record<string, Check>>): Check {
  return value => isRecord(value) && Object.entries(checks).every(([name, check]) => check(value[name]))
}

function recordOf(check: Check): Check {
  return value => isRecord(value) && Object.values(value).every(check)
}

const mode = oneOf('direct', 'bedrock')
const flow = oneOf(...flowNames)
const decision = oneOf('approve', 'deny')
const problem = shape({ title: text, detail: text, hint: text, code: text, claimsChallenge: orAbsent(text) })
const verification = shape({ actor: text, checks: listOf(shape({ name: text, ok: flag })) })
const token = shape({
  role: oneOf('Tc', 'T1', 'T2', 'TR'),
  actsAs: orAbsent(oneOf(...flowNames.map(name => flows[name].actsAs))),
  observed: flag,
  fingerprint: orAbsent(text),
  header: orAbsent(isRecord),
  claims: orAbsent(isRecord),
  verifiedBy: orAbsent(listOf(verification)),
})
const step = shape({
  id: text,
  parentId: orAbsent(text),
  kind: text,
  from: text,
  to: text,
  title: text,
  status: oneOf('running', 'waiting', 'ok', 'failed', 'not-observable'),
  startedAt: orAbsent(text),
  durationMs: orAbsent(number),
  request: orAbsent(shape({ method: text, url: text, headers: recordOf(text) })),
  response: orAbsent(shape({ status: number })),
  token: orAbsent(token),
  tool: orAbsent(shape({ name: text, arguments: orAbsent(isRecord) })),
  approval: orAbsent(shape({ decision, digest: text, waitedMs: number })),
  logIds: orAbsent(recordOf(text)),
  problem: orAbsent(problem),
})
const exchange = shape({
  question: shape({ message: text, agent: text, mode, flow }),
  owner: orAbsent(shape({ agent: text, flow, objectId: orAbsent(text) })),
  state: oneOf('running', 'done', 'failed', 'stopped'),
  turn: orAbsent(shape({ turnId: text, mode, flow, model: orNull(text) })),
  answer: text,
  toolMarks: listOf(shape({ stepId: text, at: number })),
  steps: listOf(step),
  notices: listOf(problem),
  result: orAbsent(
    shape({
      tools: orAbsent(
        listOf(shape({ name: text, arguments: isRecord, status: oneOf('ok', 'failed', 'denied') })),
      ),
      timing: shape({ firstTokenMs: number, totalMs: number }),
      usage: orNull(
        shape({ inputTokens: number, outputTokens: number, cacheReadInputTokens: orAbsent(number) }),
      ),
    }),
  ),
  problem: orAbsent(problem),
  pause: isAbsent,
  sent: isAbsent,
  before: orAbsent(text),
  decided: orAbsent(
    listOf(
      shape({
        kind: orAbsent(oneOf('consent', 'step-up')),
        title: text,
        arguments: isRecord,
        stepId: text,
        decision,
      }),
    ),
  ),
  unsent: orAbsent(oneOf('expired', 'left', 'unanswered')),
  isCutOff: orAbsent(flag),
})

const keptExchanges = shape({
  id: text,
  exchanges: listOf(exchange),
  follows: listOf(number),
  shown: number,
  left: number,
})

/**
 * Whether a stored value is a conversation in which each exchange follows an earlier one or none and has the members that the
 * page reads. The schemas of the events check more, but they would need more code than the rest of the page.
 */
export function isKeptExchanges(value: unknown): value is KeptExchanges {
  if (!keptExchanges(value)) return false
  const { exchanges, follows } = value as KeptExchanges
  const isInOrder = follows.length === exchanges.length && follows.every((before, index) => before < index)
  return isInOrder && exchanges.every(isOfItsOwner)
}

/** Whether an exchange's owner has the question's agent and flow, and a user exactly if the flow is on behalf of a user. */
function isOfItsOwner({ question, owner }: Exchange): boolean {
  if (!owner) return true
  const isSame = owner.agent === question.agent && owner.flow === question.flow
  return isSame && (owner.objectId !== undefined) === needsUser(owner.flow)
}
