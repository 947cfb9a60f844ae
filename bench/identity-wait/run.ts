/**
 * Measures for how long identity keeps a user waiting in a Bedrock turn with a tool: from the end of the model's call to the
 * request at the API. Entra takes 300 ms for each exchange of the user's token, and the model writes an event every 20 ms.
 * `BEFORE=<another checkout>` measures that checkout's agent as well.
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
import { median } from '../../tests/support/median.ts'
import { findFreePort } from '../../tests/support/ports.ts'
import { postJson } from '../../tests/support/post-json.ts'
import { signIn } from '../../tests/support/sign-in.ts'
import { BenchStack, settingsForModel } from '../support/stack.ts'
import { printTable } from '../support/table.ts'

const turns = 10
const warmUps = 5
const exchangeMs = 300
const betweenEventsMs = 20
const eventCounts = [30, 6]

/** When the model's last call of a tool was complete, and when the API's request came after it. */
let [stoppedMs, calledMs] = [0, 0]
let argumentEvents = 0

await using stack = await BenchStack.start()
const { agentEnv } = stack
const entraUrl = agentEnv['ENTRA_AUTHORITY'] ?? ''
await fetch(`${entraUrl}/emulator/faults`, {
  method: 'PUT',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    faults: [{ target: { leg: 'obo' }, fault: { kind: 'delay', delayMs: exchangeMs } }],
  }),
})
const [modelUrl, apiUrl] = await Promise.all([startModel(), startApi(agentEnv['WEATHER_API_URL'] ?? '')])
const env = { ...settingsForModel(modelUrl), MCP_CONFIG: '', WEATHER_API_URL: apiUrl }
const { BEFORE } = process.env
const servers = [
  ...(BEFORE ? [['agent, before', join(resolve(BEFORE), 'services/agent/src/main.ts')] as const] : []),
  ['agent', stack.agentMain] as const,
]
const agents = await Promise.all(
  servers.map(([name, main]) => stack.startServer(name, main, '/api/chat', env)),
)
const known = await newUserToken()
argumentEvents = 6
for (const { url } of agents) for (let turn = 0; turn < warmUps; turn++) await waitOf(url, known)

const rows: (string | number)[][] = [
  ['stop of the model to request at the API', 'median ms', 'least', 'most', 'turns'],
]
for (const count of eventCounts) {
  argumentEvents = count
  for (const token of ['new user token', 'token in the sidecar’s cache']) {
    const waits = agents.map((): number[] => [])
    // One turn of each agent after the other, so that other load of the machine affects all alike.
    for (let turn = 0; turn < turns; turn++)
      for (const [index, { url }] of agents.entries())
        waits[index]?.push(await waitOf(url, token === 'new user token' ? await newUserToken() : known))
    for (const [index, { name }] of agents.entries()) {
      const own = waits[index] ?? []
      const figures = [median(own), Math.min(...own), Math.max(...own)].map(ms => ms.toFixed(1))
      rows.push([`${name}: ${token}, ${count} events of arguments`, ...figures, own.length])
    }
  }
}
printTable(rows)

function newUserToken(): Promise<string> {
  const redirectUri = `http://localhost:${agentEnv['PORT']}/auth/redirect.html`
  return signIn({ entraUrl, redirectUri, user: identities.ada.oid })
}

/** Runs a turn for this user, and returns for how long the call of the API waited. */
async function waitOf(url: string, token: string): Promise<number> {
  const asked = { message: 'Weather in Dallas?', mode: 'bedrock', flow: 'obo' }
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
