/**
 * Runs in a pod of its own until SIGTERM: for each kind of turn (or those in KINDS), users ask the agent, wait for the answer,
 * and ask again. Prints each finished `Turn` as a line of JSON, and at the end the number of turns. On SIGUSR2 a crowd asks at once and
 * closes its connections in the middle of the answers.
 */
import { Agent, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { setTimeout as delay } from 'node:timers/promises'

interface TurnKind {
  readonly name: string
  readonly agent: string
  readonly mode: 'direct' | 'bedrock'
  readonly flow: 'autonomous' | 'obo' | 'agent-user'
  readonly message: string
  /** Whether the turn waits for its user's approval. A further turn then deletes what was created, and waits too. */
  readonly waits?: true
  /** The code with which the API has to refuse an agent that lacks the right, such as `API_FORBIDDEN`. */
  readonly deniedBy?: string
}

interface Answer {
  readonly answer: string
  readonly notices: readonly { readonly code: string }[]
  /** Only in JSON responses; streams send each step as an event. */
  readonly trace?: readonly Step[]
}

interface Step {
  readonly kind: string
  readonly problem?: { readonly code: string }
  readonly token?: {
    readonly role: string
    readonly claims?: { readonly azp?: string; readonly oid?: string }
  }
}

/** An agent's client id, and the object id of its user account. */
interface AgentIds {
  readonly id: string
  readonly userId?: string
}

const { AGENT_URL: agentUrl = '', ENTRA_ORIGIN: entraOrigin = '', AUTHORITY: authority = '' } = process.env
const users = (process.env['USERS'] ?? '').split(',')
const agents: Readonly<Record<string, AgentIds>> = JSON.parse(process.env['AGENTS'] ?? '{}')
const signInOrder = JSON.parse(process.env['SIGN_IN_ORDER'] ?? '{}')
const answerTimeoutMs = 90_000
/** The delay between two turns of a user, which leaves the pods time on a small machine. */
const pauseMs = Number(process.env['PAUSE_MS'])
const crowdSize = 20
/** The age at which a user's token is renewed, long before the token expires. */
const userTokenMaxAgeMs = 20 * 60_000

const weatherQuestion = 'Weather in Dallas?'
const mcpQuestion = 'Ask weather-tools for the weather in Dallas'
const weatherTurn = { agent: 'weather', message: weatherQuestion } as const
// biome-ignore format: table
const allKinds: readonly TurnKind[] = [
  ...(['autonomous', 'obo', 'agent-user'] as const).flatMap(flow => [
    { ...weatherTurn, name: `direct ${flow}`, mode: 'direct', flow } as const,
    { ...weatherTurn, name: `bedrock ${flow}`, mode: 'bedrock', flow } as const,
    { ...weatherTurn, name: `mcp ${flow}`, mode: 'bedrock', flow, message: mcpQuestion } as const,
  ]),
  { name: 'direct obo, alerts', agent: 'alerts', mode: 'direct', flow: 'obo', message: weatherQuestion },
  { ...weatherTurn, name: 'direct obo, approved', mode: 'direct', flow: 'obo', waits: true },
  { ...weatherTurn, name: 'bedrock obo, approved', mode: 'bedrock', flow: 'obo', waits: true },
  { name: 'direct autonomous, trainee', agent: 'trainee', mode: 'direct', flow: 'autonomous', message: weatherQuestion, deniedBy: 'API_FORBIDDEN' },
]

const wantedKinds = process.env['KINDS']?.split(',')
const turnKinds = allKinds.filter(({ name }) => wantedKinds?.includes(name) ?? true)

let stopping = false
let turnCount = 0
process.once('SIGTERM', () => {
  stopping = true
})
process.on('SIGUSR2', () => void leaveInTheMiddle())

/** The local port of each client’s last connection. */
const ports = new WeakMap<Agent, number | undefined>()

const userTokens = new Map<string, { readonly value: string; readonly from: number }>()

/** A user's Tc: the stored one, unless it is old or was refused. */
async function userToken(user: string): Promise<string> {
  const known = userTokens.get(user)
  if (known && Date.now() - known.from < userTokenMaxAgeMs) return known.value
  const signIn = requestHttps(`${entraOrigin}/emulator/tokens`, {
    method: 'POST',
    ca: authority,
    servername: new URL(entraOrigin).hostname,
    // The Entra emulator's control plane allows this host name only.
    headers: { host: 'localhost', 'content-type': 'application/json' },
    timeout: 5_000,
  })
  signIn.once('timeout', () => signIn.destroy(new Error('Entra does not respond.')))
  signIn.end(JSON.stringify({ ...signInOrder, user }))
  const { status, body } = await responseTo(signIn)
  if (status !== 200) throw new Error(`Entra responded ${status}.`)
  const value: string = JSON.parse(body).access_token
  userTokens.set(user, { value, from: Date.now() })
  return value
}

function responseTo(
  sent: ReturnType<typeof requestHttp>,
  onData?: (response: IncomingMessage) => void,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    sent.once('error', reject)
    sent.once('response', response => {
      let body = ''
      response.setEncoding('utf8').on('data', (part: string) => {
        body += part
        onData?.(response)
      })
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body }))
      response.once('error', reject)
    })
  })
}

async function post(
  path: string,
  { agent: name, mode, flow, waits }: TurnKind,
  user: string,
  agent: Agent,
  members: object,
  onData?: (response: IncomingMessage) => void,
): Promise<{ status: number; body: string }> {
  const token = flow === 'obo' ? await userToken(user) : undefined
  const sent = requestHttp(`${agentUrl}${path}`, {
    method: 'POST',
    agent,
    headers: {
      'content-type': 'application/json',
      accept: mode === 'bedrock' && !waits ? 'text/event-stream' : 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    signal: AbortSignal.timeout(answerTimeoutMs),
  })
  sent.once('finish', () => ports.set(agent, sent.socket?.localPort))
  sent.end(JSON.stringify({ agent: name, mode, flow, ...members }))
  return responseTo(sent, onData)
}

async function ask(
  kind: TurnKind,
  user: string,
  agent: Agent,
  onData?: (response: IncomingMessage) => void,
): Promise<string> {
  const { message } = kind
  const { status, body } = await post('/api/chat', kind, user, agent, { message }, onData)
  const outcome = outcomeOf(kind, user, status, body)
  if (outcome.startsWith('USER_TOKEN_')) userTokens.delete(user)
  return outcome
}

interface ChangeResponse {
  readonly code?: string
  readonly continuation?: string
  readonly calls?: readonly { readonly callId: string; readonly digest: string }[]
  readonly tools?: readonly { readonly status: string }[]
  readonly trace?: readonly (Step & { readonly response?: { readonly body?: { readonly id?: string } } })[]
}

/** Creates an alert and deletes it, each by a call that waits for its approval. Any replica may get each request. */
async function changeAndUndo(kind: TurnKind, user: string, agent: Agent, index: number): Promise<string> {
  const decide = async (message: string): Promise<ChangeResponse> => {
    const asked = await post('/api/chat', kind, user, agent, { message })
    const { continuation, calls = [], ...other }: ChangeResponse = JSON.parse(asked.body)
    if (continuation === undefined) return other
    const decisions = calls.map(({ callId, digest }) => ({ callId, digest, decision: 'approve' }))
    const { body } = await post('/api/chat/continue', kind, user, agent, { continuation, decisions })
    return JSON.parse(body)
  }
  const tomorrow = new Date(Date.now() + 24 * 3_600_000).toISOString().slice(0, 10)
  // Each of the clients has a temperature of its own, so that none deletes another's alert.
  const celsius = -30 - index
  const created = await decide(`Warn me when Oslo falls below ${celsius} °C until ${tomorrow}`)
  const id = created.trace?.map(({ response }) => response?.body?.id).find(Boolean)
  const ended = id === undefined ? created : await decide(`delete alert ${id}`)
  const { code, tools } = ended
  if (code?.startsWith('USER_TOKEN_')) userTokens.delete(user)
  const failed = ended.trace?.find(({ kind, problem }) => kind === 'tool' && problem)?.problem
  return code ?? failed?.code ?? (tools?.length === 1 && tools[0]?.status === 'ok' ? 'OK' : 'NOT_DONE')
}

/** The outcome of a turn; `OK` also for the expected denial. */
function outcomeOf(kind: TurnKind, user: string, status: number, body: string): string {
  const outcome = readOutcome(kind, user, status, body)
  if (kind.deniedBy === undefined) return outcome
  return outcome === kind.deniedBy ? 'OK' : outcome === 'OK' ? 'NOT_DENIED' : outcome
}

/** `OK`, or the code of the problem or of a failed tool, or a code for a wrong answer, such as `WRONG_IDENTITY`. */
function readOutcome({ agent, mode, flow }: TurnKind, user: string, status: number, body: string): string {
  if (status !== 200) return codeOf(body, status)
  const [result] = mode === 'bedrock' ? dataOf(body, 'result') : [body]
  if (result === undefined) return codeOf(dataOf(body, 'problem')[0] ?? '', 'STREAM_CUT')
  const steps = dataOf(body, 'step').map((data): Step => JSON.parse(data))
  const failed = steps.find(({ kind, problem }) => kind === 'tool' && problem)?.problem
  const { answer, notices, trace = steps }: Answer = JSON.parse(result)
  const { id, userId } = agents[agent] ?? { id: '' }
  const subject = { autonomous: id, obo: user, 'agent-user': userId }[flow]
  const tokens = trace.flatMap(({ token }) => (token?.role === 'TR' ? [token.claims] : []))
  if (tokens.some(claims => claims?.azp !== id || claims?.oid !== subject)) return 'WRONG_IDENTITY'
  const isWeather = /Dallas.*°C/s.test(answer)
  return failed?.code ?? (isWeather ? 'OK' : (notices[0]?.code ?? 'WRONG_ANSWER'))
}

function codeOf(problem: string, otherwise: string | number): string {
  try {
    return JSON.parse(problem).code ?? `${otherwise}`
  } catch {
    return `${otherwise}`
  }
}

function dataOf(events: string, name: string): string[] {
  return [...events.matchAll(new RegExp(`^event: ${name}\\ndata: (.*)$`, 'gm'))].map(([, data = '']) => data)
}

/** Records the outcome of a client's turn; without a response, Node's error code. */
async function recordTurn(
  kind: TurnKind,
  { agent, isKept }: { readonly agent: Agent; readonly isKept: boolean },
  run: () => Promise<string>,
): Promise<void> {
  const startedAt = Date.now()
  ports.delete(agent)
  const outcome = await run().catch(
    (error: NodeJS.ErrnoException & { cause?: NodeJS.ErrnoException }) => error.code ?? error.message,
  )
  turnCount++
  const connection = { port: ports.get(agent), isKept }
  process.stdout.write(
    `${JSON.stringify({ way: kind.name, startedAt, ms: Date.now() - startedAt, outcome, connection })}\n`,
  )
}

/** Every second user keeps the connection, as gateways do; the others open a new one each time. */
async function keepAsking(kind: TurnKind, index: number): Promise<void> {
  const isKept = index % 2 === 0
  const agent = new Agent({ keepAlive: isKept })
  // Only the first user has consented to alerts.
  const user = users[kind.waits ? 0 : index % users.length] ?? ''
  while (!stopping) {
    await recordTurn(kind, { agent, isKept }, () =>
      kind.waits ? changeAndUndo(kind, user, agent, index) : ask(kind, user, agent),
    )
    await delay(kind.waits ? 2 * pauseMs : pauseMs)
  }
  agent.destroy()
}

async function leaveInTheMiddle(): Promise<void> {
  const [kind] = turnKinds.filter(({ mode }) => mode === 'bedrock')
  if (!kind) return
  const leave = async () => {
    const agent = new Agent()
    await ask(kind, '', agent, response => response.destroy()).catch(() => {})
    agent.destroy()
  }
  await Promise.all(Array.from({ length: crowdSize }, leave))
}

/** Waits until the policies let the new pod in, which takes a moment after its start. */
async function waitUntilLetIn(): Promise<void> {
  const [kind] = turnKinds
  while (kind && !stopping) {
    const outcome = await ask(kind, '', new Agent()).catch(() => undefined)
    if (outcome === 'OK') return
    await delay(pauseMs)
  }
}

await waitUntilLetIn()
const usersPerKind = Number(process.env['USERS_PER_KIND'])
await Promise.all(
  turnKinds.flatMap((kind, index) =>
    // The API accepts a limited number of changes a day from one user, so each kind that makes changes has only one client.
    Array.from({ length: kind.waits ? 1 : usersPerKind }, (_, user) => keepAsking(kind, index + user)),
  ),
)
process.stdout.write(`${JSON.stringify({ turns: turnCount })}\n`)
