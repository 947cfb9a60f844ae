import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { TurnOutcome } from '../../contract/agent/ask.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { AlertTurns } from '../support/alert-turns.ts'

/** How many times each random test runs: `TRIES=100 vitest run tests/weather/agent/denials.test.ts`. */
const tries = Array.from({ length: Number(process.env['TRIES'] ?? 4) }, (_, index) => index)
const folder = temporaryFolder()
const [oldKey, newKey] = ['key-1', 'key-2'].map(kid => `${kid} ${randomBytes(32).toString('base64')}\n`)
const sealKeys = (name: string, ...keys: readonly (string | undefined)[]) => {
  writeFileSync(join(folder, name), keys.join(''))
  return { SEAL_KEYS_FILE: join(folder, name) }
}
const turns = await forFile(
  AlertTurns.start({ ...sealKeys('keys', oldKey), RATE_LIMIT_PER_MINUTE: '100000' }),
)
const { stack } = turns
const token = await stack.signIn(identities.ada.oid)
/** A second replica with the same keys. */
const replica = await stack.startReplica()
beforeEach(() => {
  turns.forget()
  turns.next()
})

const askForAlert = async (mode: string) => (await turns.ask({ mode, token })).body
const decide = (decision: 'approve' | 'deny', turn: TurnOutcome, url?: string, signal?: AbortSignal) =>
  turns.decide(decision, turn, token, url, signal)

/** Lets `act` see the requests that reach a service until the test is over. */
function onRequest(
  part: 'sidecar' | 'weather',
  act: (request: IncomingMessage, response: ServerResponse) => void,
): void {
  const { server } = stack.appOf(part)
  server.prependListener('request', act)
  onTestFinished(() => void server.off('request', act))
}

const onPost = (act: (response: ServerResponse) => void) =>
  onRequest('weather', ({ method }, response) => {
    if (method === 'POST') act(response)
  })

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
  if (status !== 200) {
    expect([status, body.code]).toEqual([409, 'APPROVAL_USED'])
    return `refused, ${turns.stored.length} made`
  }
  expect(turns.stored).toEqual([])
  expect(body.answer).toContain('Nothing was sent by this denial.')
  expect(body.tools).toEqual([expect.not.objectContaining({ mayHaveBeenDone: true })])
  return 'denied'
}

/** When a client leaves, and what may follow. */
const moments: readonly (readonly [when: string, outcome: string, cut: (leave: () => void) => void])[] = [
  ['before the agent had a token for it', 'denied', leave => onRequest('sidecar', leave)],
  ['before it reached the API', 'refused', leave => onPost(leave)],
  [
    'after the API had carried it out',
    'refused, 1 made',
    leave =>
      onPost(response => {
        response.writeHead = () => {
          leave()
          return response.destroy()
        }
      }),
  ],
]

describe.each(['direct', 'bedrock'])('A call in %s mode that was approved, and then denied,', mode => {
  it.each(moments)('is not said to be without effect if the client left %s', async (_when, outcome, cut) => {
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
      const turn = await askForAlert(mode)
      const [approved, denied] = await Promise.all([decide('approve', turn), decide('deny', turn, replica)])
      expect([approved.status, denied.status]).toEqual([200, 200])
      expect(approved.body.tools).toMatchObject([{ status: 'ok' }])
      expect(turns.stored).toHaveLength(1)
      expect(denied.body.answer).toContain('Nothing was sent by this denial.')
      expect(denied.text).not.toMatch(/nothing was changed|changed nothing|not done|not run/i)
      expect(denied.body.tools).toMatchObject([{ status: 'denied' }])
    },
  )
})

describe('A turn that waits for its user', () => {
  it('goes on at two replicas at once, and creates one alert', async () => {
    const turn = await askForAlert('direct')
    const replies = await Promise.all([stack.agentUrl, replica].map(url => decide('approve', turn, url)))
    const [alert] = turns.stored
    expect(turns.stored).toHaveLength(1)
    for (const { body } of replies)
      expect(body.trace.find(({ kind }) => kind === 'api-call')?.response?.body).toMatchObject({
        id: alert?.id,
      })
  })

  it.each([
    ['goes on', 'has a newer key beside the one that sealed the turn', sealKeys('both', newKey, oldKey), 1],
    ['does not go on', 'has another key', sealKeys('other', newKey), 0],
    ['does not go on', 'has no keys', { SEAL_KEYS_FILE: undefined }, 0],
  ])('%s at a replica that %s', async (_what, _keys, keys, made) => {
    const turn = await askForAlert('direct')
    const { body } = await decide('approve', turn, await stack.startReplica(keys))
    expect(body.code).toBe(made ? undefined : 'APPROVAL_INVALID')
    expect(turns.stored).toHaveLength(made)
  })
})

const auditOf = ({ calls }: TurnOutcome) =>
  stack.agentLog
    .filter(line => line.includes(`"digest":"${calls[0]?.digest}"`))
    .map(line => (JSON.parse(line) as { audit: string }).audit)

describe('An approved call of which nobody knows whether it was carried out', () => {
  it.each([
    [
      'as the problem says in direct mode; the same approval counts again, no other',
      'direct',
      { code: 'API_UNAVAILABLE', mayHaveBeenDone: true, hint: expect.stringContaining('may have been done') },
      ['asked', 'approved', 'outcome-unknown', 'approved'],
    ],
    [
      'as answer and list of tools say in Bedrock mode',
      'bedrock',
      {
        answer: expect.stringContaining('may have been done'),
        tools: [{ name: 'create_alert', status: 'failed', mayHaveBeenDone: true }],
      },
      ['asked', 'approved', 'outcome-unknown'],
    ],
  ])('may have been done, as the audit log says, and %s', async (_how, mode, reply, audit) => {
    const turn = await askForAlert(mode)
    let isMended = false
    onPost(response => {
      if (!isMended) response.writeHead = () => response.destroy()
    })
    expect((await decide('approve', turn)).body).toMatchObject(reply)
    expect((await decide('deny', turn)).body).toMatchObject({ code: 'APPROVAL_USED' })
    isMended = true
    const again = await decide('approve', turn)
    expect(again.body).toMatchObject(
      mode === 'direct' ? { tools: [{ name: 'create_alert', status: 'ok' }] } : { code: 'APPROVAL_USED' },
    )
    expect(turns.stored).toHaveLength(1)
    expect(auditOf(turn)).toEqual(audit)
  })

  it('is in the audit log, and no other decision counts, if the client left while it was under way', async () => {
    const turn = await askForAlert('direct')
    // Carried out, but never answered.
    await approveAndCut(turn, leave =>
      onPost(response => {
        response.end = () => leave() ?? response
      }),
    )
    expect((await decide('deny', turn)).body).toMatchObject({ code: 'APPROVAL_USED' })
    expect(auditOf(turn)).toEqual(['asked', 'approved', 'outcome-unknown'])
  })
})

it('An approved call that the API refused is not said to have been done, and can still be denied', async () => {
  const turn = await askForAlert('direct')
  onPost(response => response.writeHead(403, { 'content-type': 'application/json' }).end('{}'))
  const { body } = await decide('approve', turn)
  expect(body).toMatchObject({ code: 'API_FORBIDDEN' })
  expect(body).not.toHaveProperty('mayHaveBeenDone')
  expect((await decide('deny', turn)).body.tools).toMatchObject([{ status: 'denied' }])
})
