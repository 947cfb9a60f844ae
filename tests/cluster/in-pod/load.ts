/**
 * Runs in a pod of its own: sends all kinds of turns at the same time until SIGTERM, then prints a `LoadReport` as one line
 * of JSON.
 */
import { Agent, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

type Mode = 'direct' | 'bedrock'

interface TurnKind {
  readonly mode: Mode
  /** A new connection for each request, or a keep-alive one, as gateways use. */
  readonly connection: 'new' | 'kept'
}

const agentUrl = process.env['AGENT_URL'] ?? ''
const answerTimeoutMs = 60_000
/** The delay between two requests, which leaves the pods time on a small machine. */
const pauseMs = 20
const report: Record<string, { requests: number; failures: string[] }> = {}
let stopping = false
process.once('SIGTERM', () => {
  stopping = true
})

/** Sends one turn; direct turns respond with JSON, Bedrock turns with an event stream. */
function ask({ mode }: TurnKind, agent: Agent): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const accept = mode === 'bedrock' ? 'text/event-stream' : 'application/json'
    const asked = request(
      `${agentUrl}/api/chat`,
      {
        method: 'POST',
        agent,
        headers: { accept, 'content-type': 'application/json' },
        timeout: answerTimeoutMs,
      },
      response => {
        let body = ''
        response.setEncoding('utf8').on('data', (part: string) => {
          body += part
        })
        response.once('end', () => resolve({ status: response.statusCode, body }))
        response.once('error', reject)
      },
    )
    asked.once('timeout', () => asked.destroy(new Error('no answer in time')))
    asked.once('error', reject)
    asked.end(JSON.stringify({ message: 'Weather in Dallas?', mode, flow: 'autonomous' }))
  })
}

/** The fault of a turn; `undefined` for a complete answer. */
function failureOf(
  { mode }: TurnKind,
  { status, body }: { status: number | undefined; body: string },
): string | undefined {
  if (status !== 200) return `${status} ${body.slice(0, 300)}`
  const isWhole =
    mode === 'bedrock' ? body.includes('\nevent: result\n') : JSON.parse(body).answer.includes('Dallas')
  return isWhole ? undefined : `not whole: ${body.slice(-300)}`
}

async function askUntilStopped(kind: TurnKind): Promise<void> {
  const agent = new Agent({ keepAlive: kind.connection === 'kept' })
  const name = `${kind.mode}, ${kind.connection} connection`
  report[name] ??= { requests: 0, failures: [] }
  const { [name]: outcome } = report
  while (!stopping && outcome) {
    await delay(pauseMs)
    outcome.requests++
    const at = new Date().toISOString()
    try {
      const fault = failureOf(kind, await ask(kind, agent))
      if (fault !== undefined) outcome.failures.push(`${at} ${fault}`)
    } catch (error) {
      outcome.failures.push(
        `${at} ${(error as NodeJS.ErrnoException).code ?? ''} ${(error as Error).message}`,
      )
    }
  }
  agent.destroy()
}

/** Waits until the policies let the new pod in, which takes a moment after its start. */
async function waitUntilLetIn(): Promise<void> {
  const agent = new Agent()
  while (!stopping) {
    const answered = await ask({ mode: 'direct', connection: 'new' }, agent).then(
      () => true,
      () => false,
    )
    if (answered) return
    await delay(pauseMs)
  }
}

const turnKinds: readonly TurnKind[] = (['direct', 'bedrock'] as const).flatMap(mode =>
  (['new', 'kept'] as const).flatMap(connection => [
    { mode, connection },
    { mode, connection },
  ]),
)
await waitUntilLetIn()
await Promise.all(turnKinds.map(askUntilStopped))
process.stdout.write(`${JSON.stringify(report)}\n`)
