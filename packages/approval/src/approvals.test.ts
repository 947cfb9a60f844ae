import { agent, ids, ordersApi, recordingLogger, verifiedUser } from '@entra-agents/identity/testing/fixtures'
import { problemOf, turnOf } from '@entra-agents/identity/testing/stage'
import type { Decision } from '@entra-agents/trace'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Approvals } from './approvals.ts'
import { digestCall } from './call-digest.ts'
import type { PausableTurn, WaitingTurn } from './pausable-turn.ts'
import { createSealKeys } from './seal-keys.ts'
import { UsedApprovals } from './used-approvals.ts'
import type { PendingCall, Wait } from './waiting.ts'

const consentRedirectUri = 'https://agent.example/auth/consent.html'
const createOrder = { tool: 'create_order', toolHash: 'hash-1', api: 'orders-api', args: { city: 'Oslo' } }
const pendingCall: PendingCall = {
  callId: 'call-1',
  ...createOrder,
  effect: 'create',
  title: 'Create order',
  digest: digestCall(createOrder),
  isAsked: true,
  stepId: 'step-1',
}
const waitingTurn = (wait: Partial<Wait> = {}): WaitingTurn => ({
  wait: { kind: 'approval', pending: [pendingCall], ...wait },
  state: { messages: ['secret of the model'] },
  usage: null,
  tools: [],
})

function replicas() {
  const { logger, lines } = recordingLogger()
  const counted: object[] = []
  const counter = { inc: (labels: object) => void counted.push(labels) }
  const metrics = { pauses: counter, decisions: counter }
  const shared = { keys: createSealKeys(), apis: [ordersApi], consentRedirectUri, logger, metrics }
  return { one: new Approvals(shared), other: new Approvals(shared), lines, counted }
}

const decided = (decision: Decision['decision']) => ({
  decisions: [{ callId: 'call-1', digest: pendingCall.digest, decision }],
})
const deny = decided('deny')

/** Lets a turn of Ada wait; returns her request to continue it, with an approval. */
async function waitIn(approvals: Approvals, wait: Partial<Wait> = {}, turn: PausableTurn = turnOf('ada')) {
  const { continuation } = await approvals.pause(turn, waitingTurn(wait))
  const { flow, mode, user } = turn
  return { continuation, flow, mode, user, agent, ...decided('approve') }
}

describe('A turn that waits', () => {
  it('shows its calls as they would run, and keeps its state unreadable for the client that stores the state', async () => {
    const { one } = replicas()
    const pending = [{ ...pendingCall, callId: 'call-0', isAsked: false }, pendingCall]
    const asked = await one.pause(turnOf('ada'), waitingTurn({ pending }))
    const { toolHash: _hash, isAsked: _isAsked, args, ...shown } = pendingCall
    expect(asked).toMatchObject({ kind: 'approval', calls: [{ ...shown, arguments: args }] })
    expect(Buffer.from(asked.continuation.split('.')[3] ?? '', 'base64url').toString()).not.toContain(
      'secret',
    )
    const seconds = (Date.parse(asked.expiresAt) - Date.now()) / 1000
    expect(seconds).toBeGreaterThan(590)
    expect(seconds).toBeLessThanOrEqual(600)
  })

  it('goes on at another replica, with the user’s decisions', async () => {
    const { one, other } = replicas()
    const { id: turnId, message } = turnOf('ada')
    const resumed = await other.resume(await waitIn(one))
    expect(resumed.continuation).toMatchObject({ turnId, message, state: waitingTurn().state })
    expect([...resumed.decisions]).toEqual([['call-1', 'approve']])
    expect(resumed.denied.size).toBe(0)
  })

  it('says how long the user took, and zero at a replica whose clock is behind', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 })
    onTestFinished(() => void vi.useRealTimers())
    const { one, other } = replicas()
    const request = await waitIn(one)
    vi.advanceTimersByTime(19_000)
    expect(await one.resume(request)).toMatchObject({ waitedMs: 19_000 })
    vi.setSystemTime(Date.now() - 30_000)
    expect(await other.resume(request)).toMatchObject({ waitedMs: 0 })
  })

  it('remembers until its end which calls were denied', async () => {
    const { one } = replicas()
    const resumed = await one.resume({ ...(await waitIn(one)), ...deny })
    const next = await one.resume(await waitIn(one, {}, { ...turnOf('ada'), resumed }))
    expect([...next.denied]).toEqual([pendingCall.digest])
  })

  it('goes on only once: a second request to continue the turn is refused while the turn runs', async () => {
    const { one } = replicas()
    const request = await waitIn(one)
    await one.resume(request)
    await expect(one.resume(request)).rejects.toThrow(problemOf('APPROVAL_USED'))
  })

  it('can be continued again after a failure: with any decision if no call was sent, else with the same one', async () => {
    const { one, other } = replicas()
    const request = await waitIn(one)
    const refusesDenial = () =>
      expect(one.resume({ ...request, ...deny })).rejects.toThrow(problemOf('APPROVAL_USED'))
    const first = await one.resume({ ...request, ...deny })
    first.release()
    const second = await one.resume(request)
    second.approvedCalls.push({ isIdempotent: true, mayHaveRun: true })
    second.release()
    await refusesDenial()
    // Although the third time it failed before anything was sent.
    const third = await one.resume(request)
    third.release()
    await refusesDenial()
    await one.resume(request)
    // Another replica cannot know.
    await other.resume({ ...request, ...deny })
  })

  it('can be continued again after a failure only if each call that was sent can safely be sent again', async () => {
    const { one } = replicas()
    const request = await waitIn(one)
    for (const mayHaveRun of [false, true]) {
      const resumed = await one.resume(request)
      resumed.approvedCalls.push({ isIdempotent: false, mayHaveRun })
      resumed.release()
    }
    await expect(one.resume(request)).rejects.toThrow(problemOf('APPROVAL_USED'))
  })

  it('can still be continued after a request to continue the turn was refused', async () => {
    const { one } = replicas()
    const request = await waitIn(one)
    await expect(one.resume({ ...request, decisions: [] })).rejects.toThrow(problemOf('APPROVAL_INVALID'))
    await expect(one.resume({ ...request, mode: 'bedrock' })).rejects.toThrow(problemOf('APPROVAL_CHANGED'))
    const { user } = turnOf('ben')
    await expect(one.resume({ ...request, user })).rejects.toThrow(problemOf('APPROVAL_NOT_YOURS'))
    expect(await one.resume(request)).toMatchObject({ continuation: { pending: [pendingCall] } })
  })

  it.each([
    ['three times', ['approve', 'approve', 'approve']],
    ['once more after everything was denied once', ['approve', 'deny', 'approve', 'approve']],
    ['twice more after everything was denied', ['deny', 'deny', 'deny', 'deny', 'deny']],
    ['at most five times', ['deny', 'deny', 'deny', 'approve', 'approve']],
  ] as const)('may wait %s', async (_what, decisions) => {
    const { one } = replicas()
    let turn: PausableTurn = turnOf('ada')
    const mayWait: (boolean | undefined)[] = []
    for (const decision of decisions) {
      turn = {
        ...turn,
        resumed: await one.resume({ ...(await waitIn(one, {}, turn)), ...decided(decision) }),
      }
      mayWait.push(turn.resumed?.mayWaitAgain)
    }
    expect(mayWait).toEqual(decisions.map((_decision, index) => index < decisions.length - 1))
  })

  it('is shown with title and arguments as they are if its tool has no sentence of its own', async () => {
    const args = { topic: 'Apollo, urgent', size: { lines: 2 } }
    const waiting = waitingTurn({ pending: [{ ...pendingCall, args }] })
    const { calls } = await replicas().one.pause(turnOf('ada'), waiting)
    const argument = (name: string, value: string) => [
      { text: ', ' },
      { value: name },
      { text: ': ' },
      { value },
    ]
    expect(calls[0]?.sentence).toEqual([
      { text: 'Create order' },
      ...argument('topic', 'Apollo, urgent'),
      ...argument('size', '{"lines":2}'),
    ])
  })

  it('has a sentence of limited length, whoever made it, and its whole arguments', async () => {
    const long = `${'x'.repeat(199)}😀${'y'.repeat(5_000)}`
    const args = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`${index}`, long]))
    const sentence = [{ text: 'Sends cloth to ' }, { value: long }]
    const pending = [
      { ...pendingCall, args },
      { ...pendingCall, callId: 'own', args, sentence },
    ]
    const { calls } = await replicas().one.pause(turnOf('ada'), waitingTurn({ pending }))
    expect(calls.map(call => call.arguments)).toEqual([args, args])
    const [plain, own] = calls.map(call => call.sentence)
    expect(plain).toHaveLength(101)
    expect(plain?.at(-1)).toEqual({ text: '…' })
    expect(own).toEqual([{ text: 'Sends cloth to ' }, { value: `${'x'.repeat(199)}…` }])
  })

  it('keeps its expiry if the same call then waits for a step-up, and gets a later expiry if another call waits', async () => {
    const { one } = replicas()
    const first = await one.resume(await waitIn(one))
    const exp = first.continuation.exp - 300
    const resumed = { ...first, continuation: { ...first.continuation, exp } }
    const turn: PausableTurn = { ...turnOf('ada'), resumed }
    const stepUp = await one.pause(turn, waitingTurn({ kind: 'step-up', claims: '{"c1"}' }))
    expect(stepUp).toMatchObject({ claimsChallenge: '{"c1"}', expiresAt: new Date(exp * 1000).toISOString() })
    const other = { ...pendingCall, callId: 'call-2' }
    const { expiresAt } = await one.pause(turn, waitingTurn({ pending: [other] }))
    expect(Date.parse(expiresAt)).toBeGreaterThan(exp * 1000)
  })

  it('is counted, and is in the audit log with ids and digests but without arguments and tokens', async () => {
    const { one, lines, counted } = replicas()
    const request = await waitIn(one)
    await one.resume(request)
    await expect(one.resume(request)).rejects.toThrow(problemOf('APPROVAL_USED'))
    const ofCall = {
      kind: 'approval',
      agent: agent.name,
      caller: agent.clientId,
      onBehalfOf: 'ada',
      flow: 'obo',
      correlationId: turnOf('ada').id,
      api: 'orders-api',
      tool: 'create_order',
      digest: pendingCall.digest,
    }
    expect(lines.map(line => JSON.parse(line))).toMatchObject([
      { audit: 'asked', ...ofCall },
      { audit: 'approved', ...ofCall },
      { audit: 'not-accepted', reason: 'APPROVAL_USED', onBehalfOf: 'ada' },
    ])
    expect(lines.join()).not.toMatch(/Oslo|eyJ/)
    const labels = { agent: agent.name, flow: 'obo', kind: 'approval' }
    expect(counted).toEqual([labels, { ...labels, decision: 'approve' }])
  })
})

describe('A turn that waits for a consent', () => {
  const right = { api: 'orders-api', permission: 'Orders.Read', kind: 'scope' } as const
  const consentOf = async (turn: PausableTurn = turnOf('ada')) => {
    const { consent } = await replicas().one.pause(turn, waitingTurn({ kind: 'consent', right }))
    if (!consent) throw new Error('It asks for no consent.')
    return { ...consent, url: new URL(consent.url), adminUrl: new URL(consent.adminUrl) }
  }

  it('names the URLs at which the user and an administrator can consent, with a new OAuth state each time', async () => {
    const [{ url, adminUrl, state, scopes }, again] = [await consentOf(), await consentOf()]
    expect(state).toMatch(/^[\w-]{22}$/)
    expect(again.state).not.toBe(state)
    expect(`${url.origin}${url.pathname}`).toBe(`${agent.authority}/${ids.tenantId}/oauth2/v2.0/authorize`)
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: agent.clientId,
      response_type: 'none',
      response_mode: 'query',
      redirect_uri: consentRedirectUri,
      scope: `api://${ids.ordersApiAppId}/Orders.Read`,
      state,
    })
    expect(adminUrl.pathname).toBe(`/${ids.tenantId}/v2.0/adminconsent`)
    expect(adminUrl.searchParams.get('redirect_uri')).toBe(consentRedirectUri)
    expect(scopes).toEqual([{ value: 'Orders.Read', text: 'Use the Orders API for you' }])
  })

  // biome-ignore format: table
  it.each<[string, object, string | null]>([
    ['preferred_username', { preferred_username: 'ada@contoso.example', upn: 'other' }, 'ada@contoso.example'],
    ['upn', { upn: 'ada@contoso.example' }, 'ada@contoso.example'],
    ['no name', { preferred_username: 7 }, null],
  ])('is asked of the user’s own account if their token has %s', async (_what, names, hint) => {
    const user = { ...verifiedUser('ada'), claims: { oid: 'ada', ...names } }
    const { url } = await consentOf({ ...turnOf('ada'), user })
    expect(url.searchParams.get('login_hint')).toBe(hint)
  })

  it('counts as waiting once, however often the consent is tried again', async () => {
    const { one } = replicas()
    let turn: PausableTurn = turnOf('ada')
    const waitOnce = async (wait: Partial<Wait>) => {
      turn = { ...turn, resumed: await one.resume(await waitIn(one, wait, turn)) }
      return [turn.resumed?.continuation.pauses, turn.resumed?.mayWaitAgain]
    }
    for (const _time of [1, 2, 3, 4]) expect(await waitOnce({ kind: 'consent', right })).toEqual([1, true])
    expect(await waitOnce({})).toEqual([2, true])
  })
})

it('A used continuation is forgotten when it has expired, or when it is the oldest of too many', () => {
  const used = new UsedApprovals()
  const now = Date.now() / 1000
  used.use('old', now - 1, '')
  used.use('first', now + 600, '')
  used.use('old', now + 600, '')
  for (let index = 0; index < 10_000; index++) used.use(`jti-${index}`, now + 600, '')
  used.use('first', now + 600, '')
  expect(() => used.use('jti-1', now + 600, '')).toThrow(
    expect.objectContaining({ code: 'APPROVAL_USED', message: 'A decision came before.' }),
  )
  used.use('jti-0', now + 600, '')
})
