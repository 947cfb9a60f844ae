import { once } from 'node:events'
import { Agent, type IncomingMessage, request as openRequest } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, it, onTestFinished } from 'vitest'
import { ask, askForStream, question } from '../../contract/agent/ask.ts'
import { startScriptedServer } from '../../contract/agent/scripted-server.ts'
import { forFile } from '../../support/for-file.ts'
import { Stack } from '../support/stack.ts'

const overrideGate = 'Sidecar__AllowOverrides__GetAuthorizationHeaderUnauthenticated'
const stack = await forFile(Stack.start())

it('The blueprint’s token, which a sidecar returns whose override gate is shut, is never used: no call reaches the weather API', async () => {
  await using weather = await startScriptedServer((_request, response) => response.writeHead(500).end())
  await stack.restart('sidecar', { [overrideGate]: undefined })
  const url = await stack.startReplica({ WEATHER_API_URL: weather.url })
  const { status, body } = await ask(url)
  expect([status, body.code]).toEqual([502, 'AGENT_IDENTITY_NOT_HONOURED'])
  expect(body.hint).toContain(`${overrideGate}=true`)
  const { events } = await askForStream(url)
  expect(events.map(({ event }) => event)).not.toContain('delta')
  expect(events.at(-1)).toMatchObject({ event: 'problem', data: { code: 'AGENT_IDENTITY_NOT_HONOURED' } })
  expect(weather.requests.filter(({ url }) => url.startsWith('/weather'))).toEqual([])
  await stack.restart('sidecar')
})

it('Missing AWS settings are reported in bedrock mode', async () => {
  const { status, body } = await ask(stack.agentUrl, { mode: 'bedrock' })
  expect([status, body.code]).toEqual([503, 'BEDROCK_NOT_CONFIGURED'])
})

it('A turn that takes too long ends at its deadline with TURN_TIMEOUT, and shows its API call as failed', async () => {
  await using weather = await startScriptedServer(() => {})
  const url = await stack.startReplica({ WEATHER_API_URL: weather.url, TURN_TIMEOUT_MS: '1000' })
  const [{ status, body }, { events }] = await Promise.all([ask(url), askForStream(url)])
  expect([status, body.code]).toEqual([504, 'TURN_TIMEOUT'])
  expect(events.at(-1)).toMatchObject({ event: 'problem', data: { code: 'TURN_TIMEOUT' } })
  const call = events.findLast(({ event }) => event === 'step')
  expect(call).toMatchObject({ data: { kind: 'api-call', status: 'failed' } })
})

it('While the sidecar is away, a kept connection fails once, and the next request takes a new one', async () => {
  const keeper = new Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(() => keeper.destroy())
  const askByKeptConnection = async () => {
    const headers = { 'content-type': 'application/json' }
    const sent = openRequest(`${stack.agentUrl}/api/chat`, { agent: keeper, method: 'POST', headers })
    const [response] = await Promise.all([once(sent, 'response'), sent.end(JSON.stringify(question))])
    const [incoming] = response as [IncomingMessage]
    return {
      code: JSON.parse(await text(incoming)).code,
      socket: incoming.socket,
      isReused: sent.reusedSocket,
    }
  }
  await askByKeptConnection()
  await stack.stop('sidecar')
  const { socket, ...failed } = await askByKeptConnection()
  expect(failed).toEqual({ code: 'SIDECAR_UNREACHABLE', isReused: true })
  await expect.poll(() => socket.destroyed).toBe(true)
  await stack.start('sidecar')
  expect(await askByKeptConnection()).toMatchObject({ code: undefined, isReused: false })
})
