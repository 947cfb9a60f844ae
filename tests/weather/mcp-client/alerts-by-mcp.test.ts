import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import type { ChatResponse } from '@entra-agents/trace'
import { expect, it } from 'vitest'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { startMcpStack } from './start-mcp-stack.ts'

const untilDate = new Date(Date.now() + 30 * 24 * 3_600_000).toISOString().slice(0, 10)
const newAlert = { city: 'Oslo', when: { kind: 'temperature-below', celsius: -5 }, untilDate }
const folder = temporaryFolder()
const mcp = await forFile(startMcpStack())
await mcp.stack.restart('weather', { ALERTS_FILE: join(folder, 'alerts.sqlite'), LOG_LEVEL: 'info' })
writeFileSync(join(folder, 'keys'), `key-1 ${randomBytes(32).toString('base64')}\n`)
await startAgent()
const adaTc = await mcp.stack.signIn(identities.ada.oid)

/** Starts the agent. A second call replaces it by an agent with the same keys that does not know what the first one did. */
async function startAgent(): Promise<void> {
  const server = {
    url: `${mcp.stack.weatherUrl}/mcp`,
    downstreamApi: 'weather',
    appId: identities.weatherAppId,
    allowedTools: ['create_alert', 'list_alerts'],
    readOnlyTools: ['list_alerts'],
    keepsIdempotencyKeys: true,
  }
  await mcp.configure({ 'weather-tools': server }, { SEAL_KEYS_FILE: join(folder, 'keys') })
}

/** What the MCP server's tool returned, as the trace shows it. */
function toolResultIn({ trace }: ChatResponse): unknown {
  const { body } = trace.findLast(({ kind }) => kind === 'api-call')?.response ?? {}
  return JSON.parse((body as { text: string }).text)
}

it('The weather API creates an alert once by MCP, though two replicas of the agent get the same approval', async () => {
  const pause = await mcp.pauseOf(`Warn me when Oslo falls below −5 °C until ${untilDate}`, adaTc)
  expect(pause.calls).toMatchObject([
    { title: 'Call create_alert of weather-tools', effect: 'change', arguments: newAlert },
  ])
  const approve = async () => (await (await mcp.decide(pause, 'approve', adaTc)).json()) as ChatResponse
  const first = await approve()
  await startAgent()
  const second = await approve()
  for (const { tools } of [first, second])
    expect(tools).toMatchObject([{ name: 'weather-tools__create_alert', status: 'ok' }])
  expect(toolResultIn(first)).toMatchObject(newAlert)
  expect(toolResultIn(second)).toEqual(toolResultIn(first))
  // The idempotency key caused the replay: without it, the second call would have found the existing alert.
  const logged = mcp.stack.weatherLog.map(line => JSON.parse(line) as { outcome?: string })
  expect(logged.flatMap(({ outcome }) => outcome ?? [])).toEqual(['created', 'replayed'])
  const compared = {
    ...(toolResultIn(first) as object),
    now: { celsius: expect.any(Number), observedAt: expect.any(String), source: 'climate-normals' },
    reached: expect.any(Boolean),
  }
  expect(toolResultIn(await mcp.answerTo('My alerts', adaTc))).toEqual({ alerts: [compared] })
})
