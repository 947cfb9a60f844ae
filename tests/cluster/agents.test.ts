import { flowNames } from '@entra-agents/trace'
import { describe, expect, it } from 'vitest'
import { forFile } from '../support/for-file.ts'
import { identities } from '../support/identities.ts'
import { type Answer, ask } from './support/chat.ts'
import { Demo } from './support/demo.ts'
import { EntraControls } from './support/entra.ts'
import { statusOf } from './support/kubernetes.ts'

const { agentId, agentUserId, alertsAgentId, ada } = identities
const refusal = { status: 400, code: 'INVALID_REQUEST' }
/** What each agent gets in each flow: whose token it used, or the code of the problem. */
// biome-ignore format: table
const outcomes = {
  weather: { autonomous: { azp: agentId, oid: agentId }, obo: { azp: agentId, oid: ada.oid }, 'agent-user': { azp: agentId, oid: agentUserId } },
  alerts:  { autonomous: refusal,                        obo: { azp: alertsAgentId, oid: ada.oid }, 'agent-user': refusal },
  trainee: { autonomous: { status: 502, code: 'API_FORBIDDEN' }, obo: refusal, 'agent-user': refusal },
} as const
const agentNames = Object.keys(outcomes) as (keyof typeof outcomes)[]
const questions = agentNames.flatMap(agent => flowNames.map(flow => ({ agent, flow })))

const unlimited = { agent: { env: { RATE_LIMIT_PER_MINUTE: '1000000' } } }
const demo = await forFile(Demo.install('agents', { agent: unlimited }))
const agentUrl = await demo.agentUrl()
const userToken = await (await EntraControls.of(demo)).signIn()

/** Runs one turn, and returns its outcome in the words of the table. */
async function outcomeOf({ agent, flow }: (typeof questions)[number]) {
  const { status, body } = await ask(agentUrl, { agent, flow }, userToken)
  if (status !== 200) return { status, code: body.code }
  const { azp, oid } = claimsIn(body)
  return { azp, oid }
}

function claimsIn({ trace = [] }: Answer['body']): { azp?: unknown; oid?: unknown } {
  type Step = { token?: { role: string; claims?: { azp?: unknown; oid?: unknown } } }
  const steps = trace as readonly Step[]
  return steps.findLast(({ token }) => token?.role === 'TR')?.token?.claims ?? {}
}

const sidecarRestarts = async () => statusOf(await demo.namespace.pod('agent'), 'sidecar')?.restartCount

describe('Three agents in one pod', () => {
  it.each(questions)('are served or refused, each by its own rights: $agent, $flow', async question => {
    expect(await outcomeOf(question)).toEqual(outcomes[question.agent][question.flow])
  })

  it('get their own tokens and no others while the sidecar restarts, and no turn fails because of the restart', async () => {
    let isOver = false
    const keepAsking = async (question: (typeof questions)[number]) => {
      const seen = []
      while (!isOver) seen.push(await outcomeOf(question))
      return seen
    }
    const running = Promise.all(questions.map(keepAsking))
    await demo.endContainer('agent', 'sidecar')
    await expect.poll(sidecarRestarts, { timeout: 60_000 }).toBe(1)
    // Each question is answered once more after the restart.
    for (const question of questions) await outcomeOf(question)
    isOver = true
    const seen = await running
    const expected = questions.map(({ agent, flow }) => outcomes[agent][flow])
    expect(seen.map(own => [...new Map(own.map(one => [JSON.stringify(one), one])).values()])).toEqual(
      expected.map(one => [one]),
    )
    expect(seen.flat().length).toBeGreaterThan(2 * questions.length)
  })
})
