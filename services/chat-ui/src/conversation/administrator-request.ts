import { flows, type Problem } from '@entra-agents/trace'
import type { Names } from '@entra-agents/trace-view/words/names'
import type { PageProblem } from '../agent/page-problem.ts'
import type { Exchange } from './exchange.ts'

type NeededRight = NonNullable<Problem['needs']>

/** What an administrator can do about a missing right, as a verb and the rest of the sentence: `['assign', 'app role …']`. */
export function tellGrant(
  { api, permission, kind }: NeededRight,
  { steps, question: { flow } }: Pick<Exchange, 'steps' | 'question'>,
  names: Names,
): (readonly [verb: string, what: string])[] {
  const right = kind === 'role' ? `app role ${permission}` : `delegated permission ${permission}`
  const claims = steps.find(({ token }) => token?.role === 'TR')?.token?.claims ?? {}
  const id = claims['azp'] ?? claims['appid'] ?? names.agentId
  const identity = id === undefined ? 'agent identity' : `agent identity ${id}`
  const forAccount = flows[flow].actsAs === 'agent-user' ? ', for its user account' : ''
  return [
    [kind === 'role' ? 'assign' : 'consent to', `${right} of ${names.actor(api)}`],
    [
      kind === 'role' ? 'to' : 'for',
      (names.agent === 'the agent' ? `the ${identity}` : `${names.agent} (${identity})`) + forAccount,
    ],
    ['then', 'ask again; the agent uses the right within a minute after Entra ID knows it'],
  ]
}

/** A failure as a message to an administrator: what happened, what to grant, and how to find the failure in the logs. */
export function writeAdministratorMessage(
  problem: PageProblem,
  exchange: Pick<Exchange, 'steps' | 'question'>,
  names: Names,
): string {
  const { title, detail, hint, code, needs, requestId, policyIds = [] } = problem
  const asked = needs ? tellGrant(needs, exchange, names).map(line => `- ${line.join(' ')}`) : [hint]
  const correlation = exchange.steps.find(({ logIds }) => logIds?.correlationId)?.logIds?.correlationId
  return [
    title,
    detail,
    '',
    'Please:',
    ...asked,
    '',
    ...(names.agentId ? [`Agent: ${names.actor('agent')}, agent identity ${names.agentId}`] : []),
    `Code: ${code}`,
    ...policyIds.map(id => `Conditional Access policy: ${id}`),
    ...(requestId ? [`Request id: ${requestId}`] : []),
    ...(correlation ? [`Correlation id in Entra’s sign-in logs: ${correlation}`] : []),
  ].join('\n')
}
