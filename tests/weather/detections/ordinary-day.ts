import type { PausedResponse } from '@entra-agents/trace'
import { identities } from '../../support/identities.ts'
import { merged } from './rules.ts'
import { type Rows, users, type WatchedSystem } from './watched-system.ts'

const turnsAtOnce = 8
const turnsInGroup = 20
const groupsBetweenCollections = 5
const { agentId, traineeAgentId, weatherAppId } = identities

interface Asked {
  readonly message: string
  readonly mode: 'direct' | 'bedrock'
  readonly flow: 'autonomous' | 'obo' | 'agent-user'
  readonly agent?: string
}
type Reply = Partial<Pick<PausedResponse, 'calls' | 'continuation'>> & {
  readonly status?: string
  readonly code?: string
}
type Then = 'approve' | 'deny' | 'leave' | 'go away'

/** What users do with the agents, each with how often it comes in a hundred turns. */
// biome-ignore format: table
const uses: readonly (readonly [times: number, asked: Asked, then?: Then])[] = [
  [20, { message: 'Weather in Oslo?', mode: 'direct', flow: 'autonomous' }],
  [22, { message: 'Weather in Dallas?', mode: 'direct', flow: 'obo' }],
  [5, { message: 'Weather in Lisbon?', mode: 'direct', flow: 'agent-user' }],
  [8, { message: 'Will it rain in Oslo tomorrow?', mode: 'bedrock', flow: 'autonomous' }],
  [12, { message: 'What is the weather in Dallas and Oslo?', mode: 'bedrock', flow: 'obo' }],
  [5, { message: 'My alerts', mode: 'bedrock', flow: 'obo', agent: 'alerts' }],
  [5, { message: 'Who are you?', mode: 'bedrock', flow: 'obo' }],
  [8, { message: 'Warn me when Oslo falls below', mode: 'direct', flow: 'obo', agent: 'alerts' }, 'approve'],
  [3, { message: 'Warn me when Dallas falls below', mode: 'bedrock', flow: 'obo' }, 'approve'],
  [1, { message: 'Warn me when Lisbon falls below', mode: 'direct', flow: 'obo', agent: 'alerts' }, 'deny'],
  [1, { message: 'Warn me when Lisbon falls below', mode: 'bedrock', flow: 'obo' }, 'leave'],
  [4, { message: 'Weather in Oslo?', mode: 'direct', flow: 'autonomous', agent: 'trainee' }],
  [3, { message: 'Weather in Nowhereville?', mode: 'direct', flow: 'obo' }],
  [1, { message: 'What is the weather in Oslo?', mode: 'bedrock', flow: 'obo' }, 'go away'],
  [2, { message: 'Weather in Dallas?', mode: 'direct', flow: 'autonomous', agent: 'nobody' }],
]
const plan = uses.flatMap(([times, ...use]) => Array.from({ length: times }, () => use))

/** What else happens in the tenant and at AWS, by the number of the turn in every four hundred. */
const events: Readonly<Record<number, (system: WatchedSystem, number: number) => Promise<unknown>>> = {
  async 50(system, number) {
    const { id, appId } = await system.graph('POST', '/applications', {
      displayName: `Another app ${number}`,
    })
    await system.graph('POST', `/applications/${id}/addPassword`, {})
    const principal = await system.graph('POST', '/servicePrincipals', { appId })
    const [api] = (await system.graph('GET', `/servicePrincipals?$filter=appId eq '${weatherAppId}'`)).value
    const assigned = { principalId: principal.id, resourceId: api.id, appRoleId: api.appRoles[0].id }
    await system.graph('POST', `/servicePrincipals/${principal.id}/appRoleAssignments`, assigned)
  },
  // A user consents for themselves, and thinks better of it.
  async 150(system) {
    const [api] = (await system.graph('GET', `/servicePrincipals?$filter=appId eq '${weatherAppId}'`)).value
    const consent = { clientId: agentId, consentType: 'Principal', principalId: users[0], resourceId: api.id }
    const grant = await system.graph('POST', '/oauth2PermissionGrants', { ...consent, scope: 'Weather.Read' })
    await system.graph('DELETE', `/oauth2PermissionGrants/${grant.id}`)
  },
  250: system => system.graph('PATCH', `/servicePrincipals/${traineeAgentId}`, { accountEnabled: false }),
  300: system => system.graph('PATCH', `/servicePrincipals/${traineeAgentId}`, { accountEnabled: true }),
  async 350({ aws }) {
    aws.app.controls.faults.inject({ fault: { kind: 'error', name: 'ThrottlingException' }, times: 2 })
  },
}

/** Ordinary turns of many users, mixed, in groups, and what else happens meanwhile. Resolves to all rows, when each group began, and how often each use ended how. */
export async function takeOrdinaryTurns(system: WatchedSystem, count: number) {
  const tokens = await Promise.all(users.map(user => system.stack.signIn(user)))
  const collected: Rows[] = []
  const ends = new Map<string, number>()
  const starts: Date[] = []
  let next = 0
  const takeTurnsUntil = async (end: number) => {
    while (next < end) {
      const number = next++
      // 37 has no divisor in common with 100, so each hundred has all uses, mixed.
      const [asked, then] = plan[(number * 37) % plan.length] ?? []
      if (!asked) throw new Error('There is no plan.')
      const token = asked.flow === 'obo' ? tokens[number % tokens.length] : undefined
      const ending = await takeTurn(system, asked, then, number, token)
      const use = [asked.agent ?? 'weather', asked.mode, asked.flow, then].filter(Boolean).join(' ')
      ends.set(`${use}: ${ending}`, (ends.get(`${use}: ${ending}`) ?? 0) + 1)
      await events[number % 400]?.(system, number)
    }
  }
  while (next < count) {
    starts.push(new Date())
    const end = next + turnsInGroup
    await Promise.all(Array.from({ length: turnsAtOnce }, () => takeTurnsUntil(end)))
    if (starts.length % groupsBetweenCollections > 0 && next < count) continue
    collected.push(await system.collect())
    system.forgetAlerts()
  }
  return { rows: merged(collected), starts, ends }
}

/** Takes one turn, and says how it ended. */
async function takeTurn(
  system: WatchedSystem,
  { message, ...asked }: Asked,
  then: Then | undefined,
  number: number,
  token: string | undefined,
): Promise<string> {
  // No two users deny the same alert.
  const said = message.endsWith('below') ? `${message} ${(number / 100).toFixed(1)}` : message
  const body = { ...asked, message: said, pauseFor: ['consent'] }
  if (then === 'go away')
    return system.post('/api/chat', body, token, AbortSignal.timeout(5)).then(nameOf, () => 'gone')
  const response = await system.post('/api/chat', body, token)
  const reply = (await response.json()) as Reply
  if (reply.status !== 'paused' || then === undefined || then === 'leave') return describeEnd(reply)
  const decisions = reply.calls?.map(({ callId, digest }) => ({ callId, digest, decision: then }))
  const { continuation } = reply
  const decided = await system.post('/api/chat/continue', { ...asked, continuation, decisions }, token)
  return nameOf(decided)
}

const nameOf = async (response: Response) => describeEnd((await response.json()) as Reply)

function describeEnd({ code, status = 'answered' }: Reply): string {
  return code ?? status
}
