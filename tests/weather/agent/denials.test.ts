import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { ask, bearer, continueTurn, type TurnOutcome } from '../../contract/agent/ask.ts'
import { EmulatedAws, staticKeys } from '../../contract/bedrock/emulated-aws.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { Stack } from '../support/stack.ts'

/** How many times each random test runs: `TRIES=100 vitest run tests/weather/agent/denials.test.ts`. */
const tries = Array.from({ length: Number(process.env['TRIES'] ?? 4) }, (_, index) => index)
const folder = temporaryFolder()
const keysFile = join(folder, 'keys')
writeFileSync(keysFile, `key-1 ${randomBytes(32).toString('base64')}\n`)
const untilDate = new Date(Date.now() + 30 * 24 * 3_600_000).toISOString().slice(0, 10)
let token: string
/** A temperature for each alert, so that tests do not share alerts. */
let celsius = 60

const aws = await forFile(EmulatedAws.start())
const stack = await forFile(
  Stack.start({
    weather: { ALERTS_FILE: join(folder, 'alerts.sqlite') },
    agent: {
      ...staticKeys,
      ...aws.environment,
      SEAL_KEYS_FILE: keysFile,
      BEDROCK_PROBE: 'off',
      WEATHER_API_ALERTS: 'true',
      RATE_LIMIT_PER_MINUTE: '100000',
    },
  }),
)
beforeEach(async () => {
  token = await stack.signIn(identities.ada.oid)
})

async function askForAlert(mode: string): Promise<TurnOutcome> {
  celsius = Math.round((celsius - 0.1) * 10) / 10
  const message = `Warn me when Oslo falls below ${celsius} °C until ${untilDate}`
  const { body } = await ask(stack.agentUrl, { mode, message, flow: 'obo' }, bearer(token))
  return body as unknown as TurnOutcome
}

const decide = (
  decision: 'approve' | 'deny',
  turn: TurnOutcome,
  url = stack.agentUrl,
  signal?: AbortSignal,
) => continueTurn(url, turn, decision, bearer(token), signal)

/** The alerts of the last question; they are deleted, so that they do not reach the limit. */
async function takeAlerts(): Promise<readonly object[]> {
  const { body } = await ask(stack.agentUrl, { message: 'my alerts', flow: 'obo' }, bearer(token))
  const listed = body.trace.find(({ kind }) => kind === 'api-call')?.response?.body
  const { alerts } = listed as {
    alerts: readonly { readonly id: string; readonly when: { readonly celsius: number } }[]
  }
  const found = alerts.filter(({ when }) => when.celsius === celsius)
  for (const { id } of found) {
    const message = `delete alert ${id}`
    const { body } = await ask(stack.agentUrl, { message, flow: 'obo' }, bearer(token))
    await decide('approve', body as unknown as TurnOutcome)
  }
  return found
}

/** Lets `act` see the requests that reach a service until the test is over. */
function onRequest(
  part: 'sidecar' | 'weather',
  act: (request: IncomingMessage, response: ServerResponse) => void,
): void {
  const { server } = stack.appOf(part)
  server.prependListener('request', act)
  onTestFinished(() => void server.off('request', act))
}

/** Approves, and lets the client go away when `cut` says so. Resolves when no turn of the agent goes on. */
async function approveAndCut(turn: TurnOutcome, cut: (leave: () => void) => void): Promise<void> {
  const client = new AbortController()
  const lines = (member: string, id: string) =>
    stack.agentLog.filter(line => line.includes(member) && line.includes(`"${id}":"${turn.turnId}"`)).length
  cut(() => client.abort())
  await decide('approve', turn, stack.agentUrl, client.signal).catch(() => {})
  // The client may have left before its approval came. The first outcome is that the turn waits.
  await vi.waitFor(
    () => expect(lines('"outcome"', 'turnId') - 1).toBe(lines('"audit":"approved"', 'correlationId')),
    { timeout: 10_000, interval: 5 },
  )
}

/** Denies a turn that may have been approved before: the outcome has to be true, whatever was done. */
async function expectTruthAfterDenial(turn: TurnOutcome): Promise<string> {
  const { status, body } = await decide('deny', turn)
  const alerts = await takeAlerts()
  if (status !== 200) {
    expect([status, body.code]).toEqual([409, 'APPROVAL_USED'])
    return `refused, ${alerts.length} made`
  }
  expect(alerts).toEqual([])
  expect(body.answer).toContain('Nothing was sent by this denial.')
  expect(body.tools).toEqual([expect.not.objectContaining({ mayHaveBeenDone: true })])
  return 'denied'
}

describe.each(['direct', 'bedrock'])('A call in %s mode that was approved, and then denied,', mode => {
  // biome-ignore format: table
  it.each([
    ['before the agent had a token for it', 'denied', (leave: () => void) => onRequest('sidecar', leave)],
    ['before it reached the API', 'refused', (leave: () => void) => onRequest('weather', ({ method }) => method === 'POST' && leave())],
    ['after the API had carried it out', 'refused, 1 made', (leave: () => void) =>
      onRequest('weather', ({ method }, response) => {
        if (method === 'POST') response.writeHead = () => {
          leave()
          return response.destroy()
        }
      })],
  ] as const)('is not said to be without effect if the client left %s', async (_when, outcome, cut) => {
    const turn = await askForAlert(mode)
    await approveAndCut(turn, cut)
    expect(await expectTruthAfterDenial(turn)).toContain(outcome)
  })

  it.each(tries)('is not said to be without effect, whenever the client left (%d)', async index => {
    const turn = await askForAlert(mode)
    await approveAndCut(turn, leave => void setTimeout(leave, (7 * index) % 50))
    await expectTruthAfterDenial(turn)
  })

  it.each(tries)(
    'at two replicas at once, is done by one and not sent by the other, and both say so (%d)',
    async () => {
      const other = await replica()
      const turn = await askForAlert(mode)
      const [approved, denied] = await Promise.all([decide('approve', turn), decide('deny', turn, other)])
      expect([approved.status, denied.status]).toEqual([200, 200])
      expect(approved.body.tools).toMatchObject([{ status: 'ok' }])
      expect(await takeAlerts()).toHaveLength(1)
      expect(denied.body.answer).toContain('Nothing was sent by this denial.')
      expect(denied.text).not.toMatch(/nothing was changed|changed nothing|not done|not run/i)
      expect(denied.body.tools).toMatchObject([{ status: 'denied' }])
    },
  )
})

/** A second replica with the same keys, for all tests. */
let otherReplica: Promise<string> | undefined
const replica = () => (otherReplica ??= stack.startReplica())

/** Makes the weather API carry out changes, and cut the connection before it responds, until `isMended`. */
function cutResponses(): { mend: () => void } {
  let isMended = false
  onRequest('weather', ({ method }, response) => {
    if (method === 'POST' && !isMended) response.writeHead = () => response.destroy()
  })
  return {
    mend: () => {
      isMended = true
    },
  }
}

const auditOf = ({ calls }: TurnOutcome) =>
  stack.agentLog
    .filter(line => line.includes(`"digest":"${calls[0]?.digest}"`))
    .map(line => (JSON.parse(line) as { audit: string }).audit)

describe('An approved call of which nobody knows whether it was carried out', () => {
  it('may have been done, as the problem and the audit log say in direct mode; the same approval counts again, no other', async () => {
    const turn = await askForAlert('direct')
    const connection = cutResponses()
    const { status, body } = await decide('approve', turn)
    expect([status, body]).toMatchObject([
      503,
      { code: 'API_UNAVAILABLE', mayHaveBeenDone: true, hint: expect.stringContaining('may have been done') },
    ])
    expect((await decide('deny', turn)).body).toMatchObject({ code: 'APPROVAL_USED' })
    connection.mend()
    expect((await decide('approve', turn)).body.tools).toEqual([
      { name: 'create_alert', arguments: expect.anything(), status: 'ok' },
    ])
    expect(await takeAlerts()).toHaveLength(1)
    expect(auditOf(turn)).toEqual(['asked', 'approved', 'outcome-unknown', 'approved'])
  })

  it('may have been done, as answer, list of tools and audit log say in Bedrock mode', async () => {
    const turn = await askForAlert('bedrock')
    cutResponses()
    const { body } = await decide('approve', turn)
    expect(body.answer).toContain('may have been done')
    expect(body.tools).toMatchObject([{ name: 'create_alert', status: 'failed', mayHaveBeenDone: true }])
    expect(auditOf(turn)).toEqual(['asked', 'approved', 'outcome-unknown'])
  })

  it('is in the audit log, and no other decision counts, if the client left while it was under way', async () => {
    const turn = await askForAlert('direct')
    await approveAndCut(turn, leave =>
      onRequest('weather', ({ method }, response) => {
        // Carried out, but never answered.
        if (method === 'POST') response.end = () => leave() ?? response
      }),
    )
    expect((await decide('deny', turn)).body).toMatchObject({ code: 'APPROVAL_USED' })
    expect(auditOf(turn)).toEqual(['asked', 'approved', 'outcome-unknown'])
  })
})

it('An approved call that the API refused is not said to have been done, and can still be denied', async () => {
  const turn = await askForAlert('direct')
  onRequest('weather', ({ method }, response) => {
    if (method === 'POST') response.writeHead(403, { 'content-type': 'application/json' }).end('{}')
  })
  const { body } = await decide('approve', turn)
  expect(body).toMatchObject({ code: 'API_FORBIDDEN' })
  expect(body).not.toHaveProperty('mayHaveBeenDone')
  expect((await decide('deny', turn)).body.tools).toMatchObject([{ status: 'denied' }])
})
