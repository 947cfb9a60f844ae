/**
 * For how long identity keeps a user waiting in a Bedrock turn with a tool: from the end of the model's call to the request at the API, beside
 * LangChain's `createAgent` with a static key. The sidecar has the token, or asks Entra, which takes 300 ms for each exchange; the
 * model writes an event every 20 ms. `BEFORE=<another checkout>` measures that checkout's agent as well.
 */
import { createServer, request } from 'node:http'
import { join, resolve } from 'node:path'
import { json } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import {
  answer,
  type StreamEvent,
  stopEvents,
  toFrame,
  toolBlock,
} from '../../tests/contract/bedrock/scripted-bedrock.ts'
import { identities } from '../../tests/support/identities.ts'
import { findFreePort } from '../../tests/support/ports.ts'
import { postJson } from '../../tests/support/post-json.ts'
import { signIn } from '../../tests/support/sign-in.ts'
import { report } from '../support/report.ts'
import { type Row, rowOf } from '../support/row.ts'
import { BenchStack, settingsForModel } from '../support/stack.ts'

const turns = 10
const warmUps = 5
const exchangeMs = 300
const betweenEventsMs = 20
const peerName = '`createAgent` with a static key'
const flows = ['autonomous', 'obo', 'agent-user'] as const

/** When the model's last call of a tool was complete, and when the API's request came after it. */
let [stoppedMs, calledMs] = [0, 0]
let argumentEvents = 6

await using warm = await BenchStack.start()
// The sidecar hands out no token in its last five minutes, so each call needs an exchange.
await using cold = await BenchStack.start({ tokenLifetimeSeconds: '300' })
const modelUrl = await startModel()
const peer = await startPeer(warm)
const stacks = [
  { name: 'cached', eventCounts: [6], stack: warm, agents: await startAgents(warm) },
  { name: 'not cached', eventCounts: [30, 6], stack: cold, agents: await startAgents(cold) },
]
const rows: Row[] = []
for (const { name: cache, eventCounts, stack, agents } of stacks) {
  for (const flow of flows) {
    const tokenOf = flow === 'obo' ? () => newUserToken(stack) : async () => undefined
    const known = await tokenOf()
    argumentEvents = 6
    for (const url of [...agents.values(), peer])
      for (let turn = 0; turn < warmUps; turn++) await waitOf(url, flow, known)
    for (const count of eventCounts) {
      argumentEvents = count
      const waits = new Map([...agents.keys(), peerName].map(name => [name, [] as number[]]))
      // One turn of each after the other, so that other load of the machine affects all alike.
      for (let turn = 0; turn < turns; turn++)
        for (const [name, url] of [...agents, [peerName, peer] as const])
          waits.get(name)?.push(await waitOf(url, flow, cache === 'cached' ? known : await tokenOf()))
      const [[, own = []] = [], ...others] = waits
      const what = `wait for the token, ${flow}, ${cache}, ${count} events of arguments`
      for (const [peer, other] of others) rows.push(rowOf({ what, peer, unit: 'ms' }, own, other))
    }
  }
}
report('identity-wait', rows)

async function startPeer(stack: BenchStack): Promise<string> {
  const env = { ...(await settingsOf(stack)), STATIC_KEY: await stack.staticKey() }
  const main = resolve(import.meta.dirname, '../support/langchain-agent.ts')
  return (await stack.startServer(peerName, main, '/', env)).url
}

async function startAgents(stack: BenchStack): Promise<ReadonlyMap<string, string>> {
  await fetch(`${stack.agentEnv['ENTRA_AUTHORITY']}/emulator/faults`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      faults: ['tr', 't2', 'obo', 'agent-user', 'refresh'].map(leg => ({
        target: { leg },
        fault: { kind: 'delay', delayMs: exchangeMs },
      })),
    }),
  })
  const env = await settingsOf(stack)
  const { BEFORE } = process.env
  const mains = [
    ['agent', stack.agentMain] as const,
    ...(BEFORE ? [['before', join(resolve(BEFORE), 'services/agent/src/main.ts')] as const] : []),
  ]
  const started = mains.map(([name, main]) => stack.startServer(name, main, '/api/chat', env))
  return new Map((await Promise.all(started)).map(({ name, url }) => [name, url]))
}

async function settingsOf({ agentEnv }: BenchStack) {
  const WEATHER_API_URL = await startApi(agentEnv['WEATHER_API_URL'] ?? '')
  return { ...settingsForModel(modelUrl), MCP_CONFIG: '', WEATHER_API_URL }
}

function newUserToken({ agentEnv }: BenchStack): Promise<string> {
  const redirectUri = `http://localhost:${agentEnv['PORT']}/auth/redirect.html`
  const entraUrl = agentEnv['ENTRA_AUTHORITY'] ?? ''
  return signIn({ entraUrl, redirectUri, user: identities.ada.oid })
}

/** Runs a turn, and returns for how long the call of the API waited. */
async function waitOf(url: string, flow: string, token: string | undefined): Promise<number> {
  const asked = { message: 'Weather in Dallas?', mode: 'bedrock', flow }
  const response = await postJson(url, asked, { token })
  if (response.status !== 200) throw new Error(await response.text())
  await response.text()
  return calledMs - stoppedMs
}

/** A model that calls a tool, event by event, and then answers. */
function startModel(): Promise<string> {
  return listen(async (incoming, response) => {
    const { messages } = (await json(incoming)) as { readonly messages: readonly unknown[] }
    response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' })
    if (messages.length > 1) {
      for (const event of answer('Sunny.')) response.write(toFrame(event))
      return response.end()
    }
    const letters = '{"city":"Dallas"}'
    // The first event has no letter yet, and the last one has all that are left.
    const last = argumentEvents - 2
    const pieces = Array.from({ length: argumentEvents - 1 }, (_, index) =>
      letters.slice(index, index < last ? index + 1 : undefined),
    )
    const events: StreamEvent[] = [
      ...toolBlock(0, 'call_0', 'get_weather', ...pieces),
      ...stopEvents('tool_use'),
    ]
    for (const event of events) {
      // The stop and what follows it come at once.
      if ('contentBlockDelta' in event) await delay(betweenEventsMs)
      response.write(toFrame(event))
    }
    stoppedMs = performance.now()
    return response.end()
  })
}

/** The weather API behind a proxy that notes when a request comes. */
function startApi(target: string): Promise<string> {
  return listen((incoming, response) => {
    calledMs = performance.now()
    const { method = 'GET', url = '/', headers } = incoming
    incoming.pipe(
      request(`${target}${url}`, { method, headers }, answered => {
        response.writeHead(answered.statusCode ?? 502, answered.headers)
        answered.pipe(response)
      }),
    )
  })
}

async function listen(listener: Parameters<typeof createServer>[1]): Promise<string> {
  const port = await findFreePort()
  createServer(listener).listen(port, 'localhost').unref()
  return `http://localhost:${port}`
}
