import { agent, ids, ordersApi, recordingLogger, verifiedUser } from '@entra-agents/identity/testing/fixtures'
import { problemOf, turnOf } from '@entra-agents/identity/testing/stage'
import type { ContinueRequest } from '@entra-agents/trace'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Approvals, type ApprovalsOptions } from './approvals.ts'
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

function replicas(options: Partial<ApprovalsOptions> = {}) {
  const { logger, lines } = recordingLogger()
  const counted: object[] = []
  const counter = { inc: (labels: object) => void counted.push(labels) }
  const metrics = { pauses: counter, decisions: counter }
  const shared = {
    keys: createSealKeys(),
    apis: [ordersApi],
    consentRedirectUri,
    logger,
    metrics,
    ...options,
  }
  return { one: new Approvals(shared), other: new Approvals(shared), lines, counted }
}

function continueRequest(
  { continuation }: { continuation: string },
  changes: Partial<Omit<ContinueRequest, 'agent'>> = {},
  turn = turnOf('ada'),
) {
  const { flow, mode, user } = turn
  const decisions = [{ callId: 'call-1', digest: pendingCall.digest, decision: 'approve' as const }]
  return { continuation, decisions, flow, mode, user, agent, ...changes }
}

const deny = { decisions: [{ callId: 'call-1', digest: pendingCall.digest, decision: 'deny' as const }] }

describe('A turn that waits', () => {
  it('shows its calls as they would run, and keeps its state unreadable for the client that stores the state', async () => {
    const { one } = replicas()
    const pending = [{ ...pendingCall, callId: 'call-0', isAsked: false }, pendingCall]
    const asked = await one.pause(turnOf('ada'), waitingTurn({ pending }))
    expect(asked).toMatchObject({
      kind: 'approval',
      calls: [
        {
          callId: 'call-1',
          tool: 'create_order',
          title: 'Create order',
          api: 'orders-api',
          effect: 'create',
          arguments: { city: 'Oslo' },
          digest: pendingCall.digest,
          stepId: 'step-1',
        },
      ],
    })
    expect(Buffer.from(asked.continuation.split('.')[3] ?? '', 'base64url').toString()).not.toContain(
      'secret',
    )
    const seconds = (Date.parse(asked.expiresAt) - Date.now()) / 1000
    expect(seconds).toBeGreaterThan(590)
    expect(seconds).toBeLessThanOrEqual(600)
  })

  it('goes on at another replica, with the user’s decisions', async () => {
    const { one, other } = replicas()
    const turn = turnOf('ada')
    const resumed = await other.resume(continueRequest(await one.pause(turn, waitingTurn())))
    expect(resumed.continuation).toMatchObject({
      turnId: turn.id,
      message: turn.message,
      state: waitingTurn().state,
    })
    expect([...resumed.decisions]).toEqual([['call-1', 'approve']])
    expect(resumed.denied.size).toBe(0)
  })

  it('says how long the user took, and zero at a replica whose clock is behind', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 })
    onTestFinished(() => void vi.useRealTimers())
    const { one, other } = replicas()
    const request = continueRequest(await one.pause(turnOf('ada'), waitingTurn()))
    vi.advanceTimersByTime(19_000)
    expect(await one.resume(request)).toMatchObject({ waitedMs: 19_000 })
    vi.setSystemTime(Date.now() - 30_000)
    expect(await other.resume(request)).toMatchObject({ waitedMs: 0 })
  })

  it('remembers until its end which calls were denied', async () => {
    const { one } = replicas()
    const first = await one.resume(continueRequest(await one.pause(turnOf('ada'), waitingTurn()), deny))
    const again: PausableTurn = { ...turnOf('ada'), resumed: first }
    const next = await one.resume(continueRequest(await one.pause(again, waitingTurn())))
    expect([...next.denied]).toEqual([pendingCall.digest])
  })

  it('goes on only once: a second request to continue the turn is refused while the turn runs', async () => {
    const { one } = replicas()
    const request = continueRequest(await one.pause(turnOf('ada'), waitingTurn()))
    await one.resume(request)
    await expect(one.resume(request)).rejects.toThrow(problemOf('APPROVAL_USED'))
  })

  it('can be continued again after a failure: with any decision if no call was sent, else with the same one', async () => {
    const { one, other } = replicas()
    const request = continueRequest(await one.pause(turnOf('ada'), waitingTurn()))
    const first = await one.resume({ ...request, ...deny })
    first.release()
    const second = await one.resume(request)
    second.approvedCalls.push({ isIdempotent: true, mayHaveRun: true })
    second.release()
    await expect(one.resume({ ...request, ...deny })).rejects.toThrow(problemOf('APPROVAL_USED'))
    const third = await one.resume(request)
    // Although the third time it failed before anything was sent.
    third.release()
    await expect(one.resume({ ...request, ...deny })).rejects.toThrow(problemOf('APPROVAL_USED'))
    await expect(one.resume(request)).resolves.toBeDefined()
    // Another replica cannot know.
    await expect(other.resume({ ...request, ...deny })).resolves.toBeDefined()
  })

  it('can be continued again after a failure only if each call that was sent can safely be sent again', async () => {
    const { one } = replicas()
    const request = continueRequest(await one.pause(turnOf('ada'), waitingTurn()))
    const first = await one.resume(request)
    first.approvedCalls.push({ isIdempotent: false, mayHaveRun: false })
    first.release()
    const second = await one.resume(request)
    second.approvedCalls.push({ isIdempotent: false, mayHaveRun: true })
    second.release()
    await expect(one.resume(request)).rejects.toThrow(problemOf('APPROVAL_USED'))
  })

  it('can still be continued after a request to continue the turn was refused', async () => {
    const { one } = replicas()
    const request = continueRequest(await one.pause(turnOf('ada'), waitingTurn()))
    await expect(one.resume({ ...request, decisions: [] })).rejects.toThrow(problemOf('APPROVAL_INVALID'))
    await expect(one.resume({ ...request, mode: 'bedrock' })).rejects.toThrow(problemOf('APPROVAL_CHANGED'))
    const { user } = turnOf('ben')
    await expect(one.resume({ ...request, user })).rejects.toThrow(problemOf('APPROVAL_NOT_YOURS'))
    await expect(one.resume(request)).resolves.toMatchObject({ continuation: { pending: [pendingCall] } })
  })

  it.each([
    ['three times', ['approve', 'approve', 'approve']],
    ['once more after everything was denied once', ['approve', 'deny', 'approve', 'approve']],
    ['twice more after everything was denied', ['deny', 'deny', 'deny', 'deny', 'deny']],
    ['at most five times', ['deny', 'deny', 'deny', 'approve', 'approve']],
  ] as const)('may wait %s', async (_what, decisions) => {
    const { one } = replicas()
    let turn: PausableTurn = turnOf('ada')
    const mayWait: boolean[] = []
    for (const decision of decisions) {
      const decided = [{ callId: 'call-1', digest: pendingCall.digest, decision }]
      const paused = await one.pause(turn, waitingTurn())
      const resumed = await one.resume(continueRequest(paused, { decisions: decided }))
      mayWait.push(resumed.mayWaitAgain)
      turn = { ...turn, resumed }
    }
    expect(mayWait).toEqual(decisions.map((_decision, index) => index < decisions.length - 1))
  })

  it('is shown with title and arguments as they are if its tool has no sentence of its own', async () => {
    const { one } = replicas()
    const args = { topic: 'Apollo, urgent', size: { lines: 2 } }
    const { calls } = await one.pause(turnOf('ada'), waitingTurn({ pending: [{ ...pendingCall, args }] }))
    expect(calls[0]?.sentence).toEqual([
      { text: 'Create order' },
      { text: ', ' },
      { value: 'topic' },
      { text: ': ' },
      { value: 'Apollo, urgent' },
      { text: ', ' },
      { value: 'size' },
      { text: ': ' },
      { value: '{"lines":2}' },
    ])
  })

  it('keeps its expiry if the same call then waits for a step-up, and gets a later expiry if another call waits', async () => {
    const { one } = replicas()
    const first = await one.resume(continueRequest(await one.pause(turnOf('ada'), waitingTurn())))
    const exp = first.continuation.exp - 300
    const turn: PausableTurn = {
      ...turnOf('ada'),
      resumed: { ...first, continuation: { ...first.continuation, exp } },
    }
    const stepUp = await one.pause(turn, waitingTurn({ kind: 'step-up', claims: '{"c1"}' }))
    expect(stepUp).toMatchObject({ claimsChallenge: '{"c1"}', expiresAt: new Date(exp * 1000).toISOString() })
    const other = { ...pendingCall, callId: 'call-2' }
    const { expiresAt } = await one.pause(turn, waitingTurn({ pending: [other] }))
    expect(Date.parse(expiresAt)).toBeGreaterThan(exp * 1000)
  })

  it('is counted, and is in the audit log with ids and digests but without arguments and tokens', async () => {
    const { one, lines, counted } = replicas()
    const request = continueRequest(await one.pause(turnOf('ada'), waitingTurn()))
    await one.resume(request)
    await expect(one.resume(request)).rejects.toThrow(problemOf('APPROVAL_USED'))
    const audited = lines.map(line => JSON.parse(line))
    const ofCall = {
      agent: agent.name,
      caller: agent.clientId,
      onBehalfOf: 'ada',
      flow: 'obo',
      correlationId: turnOf('ada').id,
      api: 'orders-api',
      tool: 'create_order',
      digest: pendingCall.digest,
    }
    expect(audited).toMatchObject([
      { audit: 'asked', kind: 'approval', ...ofCall },
      { audit: 'approved', kind: 'approval', ...ofCall },
      { audit: 'not-accepted', reason: 'APPROVAL_USED', onBehalfOf: 'ada' },
    ])
    expect(lines.join()).not.toMatch(/Oslo|eyJ/)
    expect(counted).toEqual([{ kind: 'approval' }, { kind: 'approval', decision: 'approve' }])
  })
})

describe('A turn that waits for a consent', () => {
  const right = { api: 'orders-api', permission: 'Orders.Read', kind: 'scope' } as const

  it('names the URLs at which the user and an administrator can consent', async () => {
    const { one } = replicas()
    const { consent } = await one.pause(turnOf('ada'), waitingTurn({ kind: 'consent', right }))
    const url = new URL(consent?.url ?? '')
    expect(`${url.origin}${url.pathname}`).toBe(`${agent.authority}/${ids.tenantId}/oauth2/v2.0/authorize`)
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      client_id: agent.clientId,
      response_type: 'none',
      response_mode: 'query',
      redirect_uri: consentRedirectUri,
      scope: `api://${ids.ordersApiAppId}/Orders.Read`,
      state: consent?.state,
    })
    const admin = new URL(consent?.adminUrl ?? '')
    expect(admin.pathname).toBe(`/${ids.tenantId}/v2.0/adminconsent`)
    expect(admin.searchParams.get('redirect_uri')).toBe(consentRedirectUri)
    expect(consent?.scopes).toEqual([{ value: 'Orders.Read', text: 'Use the Orders API for you' }])
  })

  // biome-ignore format: table
  it.each<[string, object, string | null]>([
    ['preferred_username', { preferred_username: 'ada@contoso.example', upn: 'other' }, 'ada@contoso.example'],
    ['upn', { upn: 'ada@contoso.example' }, 'ada@contoso.example'],
    ['no name', { preferred_username: 7 }, null],
  ])('is asked of the user’s own account if their token has %s', async (_what, names, hint) => {
    const user = { ...verifiedUser('ada'), claims: { oid: 'ada', ...names } }
    const turn = { ...turnOf('ada'), user }
    const { consent } = await replicas().one.pause(turn, waitingTurn({ kind: 'consent', right }))
    expect(new URL(consent?.url ?? '').searchParams.get('login_hint')).toBe(hint)
  })

  it('counts as waiting once, however often the consent is tried again', async () => {
    const { one } = replicas()
    let turn: PausableTurn = turnOf('ada')
    for (const _time of [1, 2, 3, 4]) {
      const pause = await one.pause(turn, waitingTurn({ kind: 'consent', right }))
      turn = { ...turn, resumed: await one.resume(continueRequest(pause)) }
    }
    const pauses = () => [turn.resumed?.continuation.pauses, turn.resumed?.mayWaitAgain]
    expect(pauses()).toEqual([1, true])
    const approval = continueRequest(await one.pause(turn, waitingTurn()))
    turn = { ...turn, resumed: await one.resume(approval) }
    expect(pauses()).toEqual([2, true])
  })

  it('gets a new OAuth state each time that it waits', async () => {
    const { one } = replicas()
    const states = await Promise.all(
      [1, 2].map(
        async () => (await one.pause(turnOf('ada'), waitingTurn({ kind: 'consent', right }))).consent?.state,
      ),
    )
    expect(new Set(states).size).toBe(2)
    for (const state of states) expect(state).toMatch(/^[\w-]{22}$/)
  })
})

describe('A used continuation', () => {
  it('is forgotten when it has expired, or when it is the oldest of too many', () => {
    const used = new UsedApprovals()
    const now = Date.now() / 1000
    used.use('old', now - 1, '')
    used.use('first', now + 600, '')
    expect(() => used.use('old', now + 600, '')).not.toThrow()
    for (let index = 0; index < 10_000; index++) used.use(`jti-${index}`, now + 600, '')
    expect(() => used.use('first', now + 600, '')).not.toThrow()
    expect(() => used.use('jti-1', now + 600, '')).toThrow(
      expect.objectContaining({ code: 'APPROVAL_USED', message: 'A decision came before.' }),
    )
    expect(() => used.use('jti-0', now + 600, '')).not.toThrow()
  })
})
