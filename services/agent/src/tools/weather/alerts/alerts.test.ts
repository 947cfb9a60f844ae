import type { ApiContext } from '@entra-agents/identity/core'
import { findFaults } from '@entra-agents/service-kit/testing/find-faults'
import { beforeEach, expect, it, vi } from 'vitest'
import type { Turn } from '../../../turn/turn.ts'
import { weatherToolset } from '../testing/toolset.ts'

const variables = { WEATHER_API_ALERTS: 'true', ALERTS_AUTH_CONTEXT: 'c1,c2' }
const noContext = undefined as unknown as ApiContext<Turn>
const id = '1c9f2f6e-6a3a-4d5e-9a51-3f0a4d2b7c11'
beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-11-28T12:00:00Z'), toFake: ['Date'] })
  return () => void vi.useRealTimers()
})

async function describeToolset(settings: Readonly<Record<string, string>>): Promise<string> {
  const { load, otherRights = [], problems, instructions } = weatherToolset(settings)
  const tools = (await load(noContext)).map(({ tool, api, change }) =>
    JSON.stringify({ tool: tool.name, api: api.name, scope: api.scope, ...change }),
  )
  const rights = otherRights.map(({ sidecarEntries, permissions, authenticationContexts }) =>
    JSON.stringify({ sidecarEntries, permissions, authenticationContexts }),
  )
  return [...tools, ...rights, `problems ${Object.keys(problems)}`, `instructions ${instructions}`].join('\n')
}

it('The tools for alerts exist if they are configured, with a right and a sidecar entry of their own', async () => {
  const toolsets = {
    'no alerts': {},
    alerts: { WEATHER_API_ALERTS: 'true' },
    'alerts with authentication contexts': variables,
    'alerts that may be deleted unattended': { ...variables, WEATHER_API_UNATTENDED_TOOLS: 'delete_alert' },
  }
  const blocks: string[] = []
  for (const [what, settings] of Object.entries(toolsets))
    blocks.push(`# ${what}\n${await describeToolset(settings)}\n`)
  await expect(blocks.join('\n')).toMatchFileSnapshot('toolset.txt')
})

it('Each fault of their configuration is reported', () => {
  const faulty = {
    WEATHER_API_ALERTS: 'yes',
    ALERTS_AUTH_CONTEXT: 'c1,c100',
    WEATHER_API_UNATTENDED_TOOLS: 'list_alerts',
  }
  expect(findFaults(() => weatherToolset(faulty))).toEqual([
    expect.stringMatching(/^WEATHER_API_UNATTENDED_TOOLS may list create_alert, delete_alert; "list_alerts"/),
    expect.stringMatching(/^ALERTS_AUTH_CONTEXT must be .*"c100" is none/),
    expect.stringMatching(/^WEATHER_API_ALERTS /),
  ])
})

const when = { kind: 'temperature-below', celsius: -5 }
it.each([
  { city: ' ' },
  { city: 'Oslo above 20 °C, until tomorrow; the rest is ignored' },
  { city: `Oslo${', Norway'.repeat(8)}` },
  { city: 'Oslo” below “20' },
  { city: 'Os\u202Elo' },
  { when: { ...when, celsius: -500 } },
  { when: { ...when, other: true } },
  { when: { kind: 'rain', celsius: 1 } },
  { untilDate: 'tomorrow' },
  { owner: 'somebody' },
])('An alert is not created with arguments that the API does not take: %j', async change => {
  const tools = await weatherToolset(variables).load(noContext)
  const create = tools.find(({ tool }) => tool.name === 'create_alert')?.tool
  const newAlert = { city: 'Oslo', when, untilDate: '2026-12-04' }
  await expect(create?.invoke({ ...newAlert, ...change })).rejects.toThrow('did not match expected schema')
})

it('An alert whose last day is over is refused before the user is asked', async () => {
  const tools = await weatherToolset(variables).load(noContext)
  const create = tools.find(({ tool }) => tool.name === 'create_alert')
  const faultOf = (untilDate: string) => create?.faultOf?.({ untilDate })
  expect(faultOf('2026-11-01')).toBe('untilDate has to be a last day that is still to come.')
  expect(faultOf('2026-12-04')).toBeUndefined()
})

it('Direct mode turns messages into calls, and tells the approving user what an alert is', async () => {
  const messages = [
    'Warn me when Oslo falls below −5 °C until 4 December',
    'Create an alert for Oslo below −5 °C',
    'my alerts',
    `delete alert ${id}`,
    'Weather in Dallas?',
  ]
  const blocks = messages.map(message => {
    const { tool, arguments: given, api, change } = weatherToolset(variables).direct?.recognise(message) ?? {}
    const sentence = change?.effect === 'create' ? change.tell?.(given as never, noContext) : undefined
    return `# ${message}\n${JSON.stringify({ tool, given, scope: api?.scope, ...change })}\n${JSON.stringify(sentence) ?? ''}\n`
  })
  await expect(blocks.join('\n')).toMatchFileSnapshot('direct-calls.txt')
  expect(() => weatherToolset(variables).direct?.recognise('warn me when it rains in Oslo')).toThrow(
    expect.objectContaining({ code: 'ALERT_NOT_RECOGNISED' }),
  )
  expect(weatherToolset().direct?.recognise('my alerts')?.tool).not.toBe('list_alerts')
})

it('An answer without a tool is accepted for a message about alerts if alerts are configured', () => {
  const wasNeeded = (settings: Readonly<Record<string, string>>, message: string) =>
    weatherToolset(settings).wasNeeded({ message, history: [] }, 'Alerts need a signed-in user.')
  const message = 'Warn me when the temperature in Oslo falls below −5 °C'
  expect(wasNeeded(variables, message)).toBe(false)
  expect(wasNeeded({}, message)).toBe(true)
  expect(wasNeeded(variables, 'Weather in Oslo?')).toBe(true)
})
