import { words } from '@entra-agents/entra-failures/words'
import { explainResponse } from '@entra-agents/identity/core'
import { agent } from '@entra-agents/identity/testing/fixtures'
import { type Flow, flowNames } from '@entra-agents/trace'
import { expect, it } from 'vitest'
import { weatherToolset } from '../../../services/agent/src/tools/weather/testing/toolset.ts'
import { type Recording, readRecording, scenarioNames } from '../../contract/sidecar/replay/recording.ts'

const { api } = weatherToolset()

/** The flow in which the agent would have sent a recorded request; `undefined` for requests that it never sends. */
function flowOf(path: string): Flow | undefined {
  if (path.startsWith('/AuthorizationHeader/')) return 'obo'
  if (!path.startsWith('/AuthorizationHeaderUnauthenticated/')) return undefined
  return path.includes('AgentUser') ? 'agent-user' : 'autonomous'
}

/** The codes by which the agent reports the refusals of a recording, by flow. */
function describeRecording({ calls }: Recording): string {
  const codes = calls.flatMap(({ request, response }) => {
    const flow = flowOf(request?.path ?? '')
    if (!flow || response?.status === undefined || response.status === 200) return []
    const { status, headers, body: text = '' } = response
    return [[flow, explainResponse({ status, headers, text }, { agent, flow, api }).problem.code] as const]
  })
  return flowNames
    .map(flow => [flow, [...new Set(codes.filter(([one]) => one === flow).map(([, code]) => code))]] as const)
    .filter(([, found]) => found.length > 0)
    .map(([flow, found]) => `${flow} ${found.join(' and ')}`)
    .join(', ')
}

it('The agent reports the official sidecar’s recorded refusals by codes that were written down, since tables that emulator and agent share could be wrong on both sides', async () => {
  const lines = scenarioNames.map(name => [name, describeRecording(readRecording(name))] as const)
  const told = lines.filter(([, codes]) => codes !== '').map(([name, codes]) => `${name}: ${codes}\n`)
  await expect(told.join('')).toMatchFileSnapshot('recorded-failures.txt')
})

it('Entra’s recorded refusals have the OAuth error that the table of words has for their code', () => {
  for (const name of scenarioNames) {
    const { entra } = readRecording(name)
    const known = Object.entries(words).find(([code]) => name.includes(`-${code}-`))
    for (const { body } of known && typeof entra !== 'string' ? Object.values(entra) : [])
      expect(body, name).toMatchObject({ error: known?.[1].error })
  }
})
