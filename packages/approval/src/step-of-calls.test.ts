import { ApiContext, type ApiContextOptions, identityProblem, type Permit } from '@entra-agents/identity'
import { recordingLogger } from '@entra-agents/identity/testing/fixtures'
import { problemOf, turnOf } from '@entra-agents/identity/testing/stage'
import { ProblemError } from '@entra-agents/service-kit'
import type { Decision, NeededRight, PauseKind } from '@entra-agents/trace'
import { describe, expect, it } from 'vitest'
import type { PausableTurn } from './pausable-turn.ts'
import { resumeStep, runStep, type StepCall, type StepOptions, waitAfterFailure } from './step-of-calls.ts'
import type { Change, ToolContext } from './toolset.ts'
import type { ResumedTurn, Wait } from './waiting.ts'

const change = { effect: 'create', title: 'Create order', isIdempotent: true, toolHash: 'hash-1' } as const
const tellableCode = 'API_UNAVAILABLE'

/** A turn on behalf of Ada whose calls record in which order they ran, and under which permit. */
function createStep(changes: Partial<PausableTurn> = {}, settings: Partial<StepOptions> = {}) {
  const notices: ProblemError[] = []
  const turn: PausableTurn = { ...turnOf('ada'), notice: notice => notices.push(notice), ...changes }
  const { logger, lines } = recordingLogger()
  const context = new ApiContext(
    { logger } as Partial<ApiContextOptions> as ApiContextOptions,
    turn,
    undefined,
  )
  const ran: string[] = []
  const permits: Permit[] = []
  const call = (id: string, given: Partial<StepCall<string>> = {}): StepCall<string> => ({
    id,
    tool: given.change ? 'create_order' : 'get_order',
    arguments: { city: id },
    api: 'orders-api',
    ...given,
    async run(context) {
      ran.push(id)
      if (given.change) permits.push(context.permit)
      return given.run ? given.run(context) : `${id} done`
    },
  })
  const options = {
    context,
    from: 'bedrock',
    isTellable: ({ code }: { code: string }) => code === tellableCode,
    asksForConsent: true,
    ...settings,
  } as const
  return {
    turn,
    notices,
    audited: () => lines.map(line => JSON.parse(line)),
    options,
    ran,
    permits,
    read: (id: string, given?: Partial<StepCall<string>>) => call(id, given),
    create: (id: string, given?: Partial<StepCall<string>>) => call(id, { change, ...given }),
    steps: () =>
      turn.trace.steps.map(({ kind, status, tool, approval }) => [
        kind,
        status,
        tool?.name ?? approval?.decision,
      ]),
  }
}

function waitOf({ wait }: { wait: Wait | undefined }): Wait {
  if (!wait) throw new Error('The step does not wait.')
  return wait
}

/** The turn that waited, as it goes on after these decisions of its user. */
function resumedAfter(
  wait: Wait,
  decisions: Record<string, Decision['decision']>,
  more: Partial<ResumedTurn> = {},
): ResumedTurn {
  const denied = wait.pending.filter(({ callId }) => decisions[callId] === 'deny')
  const { kind, pending, claims } = wait
  return {
    continuation: {
      turnId: 'turn-1',
      kind,
      message: 'Warn me.',
      pending,
      ...(claims === undefined ? {} : { claims }),
      pauses: 1,
      deniedPauses: 0,
      exp: 0,
      usage: null,
      tools: [],
      state: null,
    },
    decisions: new Map(Object.entries(decisions)),
    denied: new Set(denied.map(({ digest }) => digest)),
    waitedMs: 19_000,
    mayWaitAgain: true,
    approvedCalls: [],
    release: () => {},
    ...more,
  }
}

const rejectForStepUp = () =>
  Promise.reject(identityProblem('STEP_UP_REQUIRED', 'More.', { extensions: { claimsChallenge: '{"c1"}' } }))
const neededRight: NeededRight = { api: 'orders-api', permission: 'Orders.Read', kind: 'scope' }
const rejectForConsent = () =>
  Promise.reject(identityProblem('CONSENT_REQUIRED', 'None.', { extensions: { needs: neededRight } }))

describe('A step of calls', () => {
  it('runs calls that only read, and then asks about calls that change something', async () => {
    const { options, create, read, ran, steps } = createStep()
    const end = await runStep(options, [create('Oslo'), read('Rome'), create('Paris')])
    expect(ran).toEqual(['Rome'])
    expect(end.ends.get('Rome')).toEqual({ status: 'ok', output: 'Rome done' })
    const { kind, pending } = waitOf(end)
    expect(kind).toBe('approval')
    expect(pending).toMatchObject([
      {
        callId: 'Oslo',
        tool: 'create_order',
        title: 'Create order',
        effect: 'create',
        args: { city: 'Oslo' },
        isAsked: true,
      },
      { callId: 'Paris', isAsked: true },
    ])
    expect(steps()).toEqual([
      ['tool', 'ok', 'get_order'],
      ['tool', 'waiting', 'create_order'],
      ['tool', 'waiting', 'create_order'],
    ])
  })

  it('runs approved calls one after the other, each in its waiting trace step, and leaves out denied calls', async () => {
    const first = createStep()
    const wait = waitOf(
      await runStep(first.options, [first.create('Oslo'), first.create('Rome'), first.create('Paris')]),
    )
    const resumed = resumedAfter(wait, { Oslo: 'approve', Rome: 'deny', Paris: 'approve' })
    const { options, create, ran, permits, steps, turn } = createStep({ resumed })
    const { ends, wait: next } = await resumeStep(options, resumed, ({ callId }) => create(callId))
    expect(next).toBeUndefined()
    expect(ran).toEqual(['Oslo', 'Paris'])
    expect([...ends].map(([id, { status }]) => [id, status])).toEqual([
      ['Oslo', 'ok'],
      ['Rome', 'denied'],
      ['Paris', 'ok'],
    ])
    expect(new Set(permits.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(2)
    expect(steps()).toEqual([
      ['approval', 'ok', 'approve'],
      ['tool', 'ok', 'create_order'],
      ['approval', 'ok', 'deny'],
      ['tool', 'failed', 'create_order'],
      ['approval', 'ok', 'approve'],
      ['tool', 'ok', 'create_order'],
    ])
    const denied = turn.trace.steps[3]
    expect([denied?.approval, denied?.problem]).toEqual([
      { decision: 'deny', digest: wait.pending[1]?.digest, waitedMs: 19_000 },
      undefined,
    ])
    // The calls go on in the trace steps that waited, not in new ones.
    const waited = wait.pending.map(({ stepId }) => stepId)
    expect(turn.trace.steps.filter(({ kind }) => kind === 'tool').map(({ id }) => id)).toEqual(waited)
    expect(turn.trace.steps[0]?.approval).toMatchObject({ digest: wait.pending[0]?.digest, waitedMs: 19_000 })
  })

  // biome-ignore format: table
  it.each<[PauseKind, Decision['decision'], string[]]>([
    ['approval', 'approve', ['user → agent: ok, The user approved create_order, exactly as shown']],
    ['approval', 'deny', ['user → agent: ok, The user denied create_order, exactly as shown']],
    ['consent', 'approve', ['user → entra: not-observable, The user has consented, as the page says; the next token shows whether it is so']],
    ['consent', 'deny', ['user → agent: ok, The user denied create_order, exactly as shown']],
    ['step-up', 'approve', []],
  ])('shows in the trace, below the call, what its user decided (%s: %s)', async (kind, decision, notes) => {
    const first = createStep()
    const wait = { ...waitOf(await runStep(first.options, [first.create('Oslo')])), kind }
    const resumed = resumedAfter(wait, { Oslo: decision })
    const { options, create, turn } = createStep({ resumed })
    await resumeStep(options, resumed, () => create('Oslo'))
    const [call, ...decided] = turn.trace.steps.toReversed()
    expect(call?.tool).toEqual({ name: 'create_order', arguments: { city: 'Oslo' } })
    expect(call).toMatchObject({ from: 'bedrock', to: 'agent', title: 'create_order({"city":"Oslo"})' })
    expect(decided.map(({ from, to, status, title }) => `${from} → ${to}: ${status}, ${title}`)).toEqual(notes)
    for (const { parentId } of decided) expect(parentId).toBe(call?.id)
  })

  it('shows in the trace at most 200 characters of a call', async () => {
    const { options, read, turn } = createStep()
    await runStep(options, [read('Oslo'.repeat(100))])
    expect(turn.trace.steps[0]?.title).toBe(`get_order({"city":"${'Oslo'.repeat(100)}`.slice(0, 200))
  })

  it('gives a call the same idempotency key whenever it is sent', async () => {
    const first = createStep()
    const wait = waitOf(await runStep(first.options, [first.create('Oslo')]))
    const keys: string[] = []
    for (const _time of [1, 2]) {
      const resumed = resumedAfter(wait, { Oslo: 'approve' })
      const { options, create, permits } = createStep({ resumed })
      await resumeStep(options, resumed, ({ callId }) => create(callId))
      keys.push(...permits.map(({ idempotencyKey }) => idempotencyKey))
    }
    expect(keys).toEqual([keys[0], keys[0]])
    expect(keys[0]).toMatch(/^[\w-]{43}$/)
  })

  // biome-ignore format: table
  it.each<[string, Partial<StepCall<string>> | undefined]>([
    ['is gone', undefined],
    ['has another definition', { change: { ...change, toolHash: 'hash-2' } }],
    ['does something else', { change: { ...change, effect: 'delete' } }],
    ['changes nothing now', { change: undefined }],
    ['belongs to another API', { api: 'notes' }],
    ['takes other arguments', { arguments: { city: 'Rome' } }],
  ])('runs nothing if the tool %s', async (_what, now) => {
    const first = createStep()
    const wait = waitOf(await runStep(first.options, [first.create('Paris'), first.create('Oslo')]))
    const resumed = resumedAfter(wait, { Paris: 'approve', Oslo: 'approve' })
    const { options, create, ran } = createStep({ resumed })
    const goOn = resumeStep(options, resumed, ({ callId }) =>
      callId === 'Paris' ? create(callId) : now && create(callId, now),
    )
    await expect(goOn).rejects.toThrow(problemOf('APPROVAL_CHANGED'))
    expect(ran).toEqual([])
  })

  it('changes nothing more once a call has failed in a way that ends the turn', async () => {
    const first = createStep()
    const names = ['Oslo', 'Rome', 'Paris']
    const wait = waitOf(
      await runStep(
        first.options,
        names.map(name => first.create(name)),
      ),
    )
    const resumed = resumedAfter(wait, { Oslo: 'approve', Rome: 'approve', Paris: 'approve' })
    const { options, create, ran, steps } = createStep({ resumed })
    const run = () => Promise.reject(identityProblem('API_FORBIDDEN', 'Not for you.'))
    const goOn = resumeStep(options, resumed, ({ callId }) =>
      create(callId, callId === 'Rome' ? { run } : {}),
    )
    await expect(goOn).rejects.toThrow(problemOf('API_FORBIDDEN'))
    expect(ran).toEqual(['Oslo', 'Rome'])
    expect(steps().filter(([kind]) => kind === 'tool')).toEqual([
      ['tool', 'ok', 'create_order'],
      ['tool', 'failed', 'create_order'],
      ['tool', 'failed', 'create_order'],
    ])
  })

  it('does not ask again about a call that was denied in this turn', async () => {
    const first = createStep()
    const wait = waitOf(await runStep(first.options, [first.create('Oslo')]))
    const { options, create, ran } = createStep({ resumed: resumedAfter(wait, { Oslo: 'deny' }) })
    const again = { ...create('Oslo'), id: 'another-id' }
    const { ends, wait: next } = await runStep(options, [again, create('Rome')])
    expect(ends.get('another-id')).toEqual({ status: 'denied' })
    expect(options.context.turn.trace.steps[0]).toMatchObject({
      status: 'failed',
      approval: { decision: 'deny' },
    })
    expect(next?.pending.map(({ callId }) => callId)).toEqual(['Rome'])
    expect(ran).toEqual([])
  })

  it('waits for a step-up if a call demands a step-up, and then sends the claims with that call alone', async () => {
    const first = createStep()
    const wait = waitOf(await runStep(first.options, [first.create('Oslo'), first.create('Rome')]))
    const approved = resumedAfter(wait, { Oslo: 'approve', Rome: 'approve' })
    const second = createStep({ resumed: approved })
    const calls = { Oslo: second.create('Oslo', { run: rejectForStepUp }), Rome: second.create('Rome') }
    const stepUpWait = waitOf(
      await resumeStep(second.options, approved, ({ callId }) => calls[callId as keyof typeof calls]),
    )
    expect(second.ran).toEqual(['Oslo'])
    expect(stepUpWait).toMatchObject({
      kind: 'step-up',
      claims: '{"c1"}',
      pending: [
        { callId: 'Oslo', isAsked: true },
        { callId: 'Rome', isAsked: false },
      ],
    })
    const resumed = resumedAfter(stepUpWait, { Oslo: 'approve' })
    const third = createStep({ resumed })
    const { ends, wait: next } = await resumeStep(third.options, resumed, ({ callId }) =>
      third.create(callId),
    )
    expect(next).toBeUndefined()
    expect([...ends.values()].map(({ status }) => status)).toEqual(['ok', 'ok'])
    expect(third.permits.map(({ claims }) => claims)).toEqual(['{"c1"}', undefined])
  })

  it('lets only changes wait for a change that waits again: calls that only read run', async () => {
    const first = createStep({ pausesForConsent: true })
    const rome = first.read('Rome', { run: rejectForConsent })
    const asked = waitOf(await runStep(first.options, [rome, first.create('Oslo'), first.create('Paris')]))
    const wait = { ...asked, pending: [...asked.pending.slice(1), ...asked.pending.slice(0, 1)] }
    const resumed = resumedAfter(wait, { Oslo: 'approve', Paris: 'approve' })
    const { options, create, read, ran } = createStep({ resumed })
    const calls = [create('Oslo', { run: rejectForStepUp }), create('Paris'), read('Rome')]
    const next = await resumeStep(options, resumed, ({ callId }) => calls.find(({ id }) => id === callId))
    expect(ran).toEqual(['Oslo', 'Rome'])
    expect([...next.ends.keys()]).toEqual(['Rome'])
    expect(waitOf(next).pending.map(({ callId }) => callId)).toEqual(['Oslo', 'Paris'])
  })

  it('asks for an approval before a consent, and then for the consent', async () => {
    const first = createStep({ pausesForConsent: true })
    const rome = first.read('Rome', { run: rejectForConsent })
    const wait = waitOf(await runStep(first.options, [rome, first.create('Oslo')]))
    expect(wait.kind).toBe('approval')
    expect(wait.pending.map(({ callId, isAsked }) => [callId, isAsked])).toEqual([
      ['Rome', false],
      ['Oslo', true],
    ])
    const resumed = resumedAfter(wait, { Oslo: 'approve' })
    const second = createStep({ pausesForConsent: true, resumed })
    const calls = { Rome: second.read('Rome', { run: rejectForConsent }), Oslo: second.create('Oslo') }
    const next = waitOf(
      await resumeStep(second.options, resumed, ({ callId }) => calls[callId as keyof typeof calls]),
    )
    expect(next).toMatchObject({ kind: 'consent', right: neededRight })
    expect(next.pending.map(({ callId, isAsked }) => [callId, isAsked])).toEqual([
      ['Rome', true],
      ['Oslo', false],
    ])
  })

  it('asks for one consent at a time if calls lack several, and for that of all calls that lack the same', async () => {
    const lacking = (permission: string) => ({
      run: () =>
        Promise.reject(
          identityProblem('CONSENT_REQUIRED', 'None.', {
            extensions: { needs: { ...neededRight, permission } },
          }),
        ),
    })
    const { options, read } = createStep({ pausesForConsent: true })
    const calls = [
      read('Rome', lacking('Weather.Read')),
      read('Bonn', lacking('Weather.Forecast')),
      read('Oslo', lacking('Weather.Read')),
    ]
    const { right, pending } = waitOf(await runStep(options, calls))
    expect(right).toEqual({ ...neededRight, permission: 'Weather.Read' })
    expect(pending.map(({ callId, isAsked }) => [callId, isAsked])).toEqual([
      ['Rome', true],
      ['Bonn', false],
      ['Oslo', true],
    ])
  })

  it('fails if a consent is missing and the client cannot wait for the consent', async () => {
    const { options, read } = createStep()
    await expect(runStep(options, [read('Rome', { run: rejectForConsent })])).rejects.toThrow(
      problemOf('CONSENT_REQUIRED'),
    )
  })

  it('tells the model which permission is missing, and the user by a notice, if it does not ask for a consent', async () => {
    const { options, read, create, notices, steps } = createStep(
      { pausesForConsent: true },
      { asksForConsent: false },
    )
    const forbidden = () =>
      Promise.reject(identityProblem('API_FORBIDDEN', 'Lacks it.', { extensions: { needs: neededRight } }))
    const calls = [
      read('Rome', { run: forbidden }),
      read('Paris', { run: rejectForConsent }),
      read('Bonn'),
      create('Oslo'),
    ]
    const { ends, wait } = await runStep(options, calls)
    const told = { code: 'API_FORBIDDEN', message: expect.stringContaining('Orders.Read') }
    for (const id of ['Rome', 'Paris'])
      expect(ends.get(id)).toMatchObject({ status: 'failed', failure: told })
    expect(wait?.kind).toBe('approval')
    expect(notices).toMatchObject([told, told])
    expect(notices[0]?.options.extensions).toEqual({ needs: neededRight })
    expect(steps().map(([, status]) => status)).toEqual(['failed', 'failed', 'ok', 'waiting'])
  })

  it('fails if the agent’s own app role is missing, also if it does not ask for a consent', async () => {
    const { options, read } = createStep(turnOf(), { asksForConsent: false })
    const needs: NeededRight = { ...neededRight, kind: 'role' }
    const run = () => Promise.reject(identityProblem('API_FORBIDDEN', 'Lacks it.', { extensions: { needs } }))
    await expect(runStep(options, [read('Rome', { run })])).rejects.toThrow(problemOf('API_FORBIDDEN'))
  })

  it('refuses changes to the model, and asks for no consent, once the turn has waited as often as it may', async () => {
    const first = createStep()
    const wait = waitOf(await runStep(first.options, [first.create('Oslo')]))
    const resumed = resumedAfter(wait, { Oslo: 'approve' }, { mayWaitAgain: false })
    const { options, read, create, ran, audited } = createStep({ resumed, pausesForConsent: true })
    const calls = [read('Bonn'), read('Rome', { run: rejectForConsent }), create('Paris')]
    const { ends, wait: next } = await runStep(options, calls)
    expect(next).toBeUndefined()
    expect(ran).toEqual(['Bonn', 'Rome'])
    expect(ends.get('Rome')).toMatchObject({ failure: { code: 'API_FORBIDDEN' } })
    expect(ends.get('Paris')).toMatchObject({ failure: { code: 'APPROVAL_LIMIT_REACHED' } })
    expect(audited().map(({ code }) => code)).toEqual(['CONSENT_REQUIRED', 'APPROVAL_LIMIT_REACHED'])
    const stepUp = createStep({ resumed })
    const demanded = await resumeStep(stepUp.options, resumed, ({ callId }) =>
      stepUp.create(callId, { run: rejectForStepUp }),
    )
    expect(demanded.wait).toBeUndefined()
    expect(demanded.ends.get('Oslo')).toMatchObject({ failure: { code: 'APPROVAL_LIMIT_REACHED' } })
  })

  it('leaves an audit line for each refused call, without its arguments', async () => {
    const { options, read, audited } = createStep()
    const forbidden = () =>
      Promise.reject(identityProblem('API_FORBIDDEN', 'Lacks it.', { extensions: { needs: neededRight } }))
    await expect(runStep(options, [read('Rome', { run: forbidden })])).rejects.toThrow()
    expect(audited()).toEqual([
      expect.objectContaining({
        audit: 'tool-refused',
        agent: 'default',
        flow: 'obo',
        onBehalfOf: 'ada',
        correlationId: options.context.turn.correlationId,
        tool: 'get_order',
        api: 'orders-api',
        code: 'API_FORBIDDEN',
        needs: neededRight,
      }),
    ])
    expect(JSON.stringify(audited())).not.toContain('Rome')
  })

  describe('with a call whose tool looks up what it would change', () => {
    const told = [{ text: 'Deletes ' }, { value: 'Oslo' }]
    const gone = identityProblem('NOT_FOUND', 'Gone.')
    const telling = (tell: NonNullable<Change['tell']>) => ({ change: { ...change, tell } })

    it('shows the user what was looked up', async () => {
      const { options, create } = createStep()
      const { pending } = waitOf(
        await runStep(options, [
          create(
            'Oslo',
            telling(async () => told),
          ),
        ]),
      )
      expect(pending).toMatchObject([{ sentence: told }])
    })

    it('asks nobody if it cannot be looked up', async () => {
      const { options, create, steps } = createStep()
      const silent = telling(() => Promise.reject(identityProblem(tellableCode, 'Silent.')))
      const { ends, wait } = await runStep(options, [create('Oslo', silent)])
      expect([wait, ends.get('Oslo')?.status]).toEqual([undefined, 'failed'])
      expect(steps()).toEqual([['tool', 'failed', 'create_order']])
    })

    it('asks for the consent that the look-up needs, and only then for the approval of the call', async () => {
      const first = createStep({ pausesForConsent: true })
      const wait = waitOf(await runStep(first.options, [first.create('Oslo', telling(rejectForConsent))]))
      expect(wait.kind).toBe('consent')
      const resumed = resumedAfter(wait, { Oslo: 'approve' })
      const { options, create, ran } = createStep({ resumed, pausesForConsent: true })
      const next = await resumeStep(options, resumed, () =>
        create(
          'Oslo',
          telling(() => told),
        ),
      )
      expect(next.wait).toMatchObject({ kind: 'approval', pending: [{ callId: 'Oslo', isAsked: true }] })
      expect(next.wait?.pending[0]?.stepId).toBe(wait.pending[0]?.stepId)
      expect(ran).toEqual([])
    })

    it('still shows what was looked up when the approved call waits for a step-up', async () => {
      const first = createStep()
      const wait = waitOf(
        await runStep(first.options, [
          first.create(
            'Oslo',
            telling(() => told),
          ),
        ]),
      )
      const resumed = resumedAfter(wait, { Oslo: 'approve' })
      const { options, create } = createStep({ resumed })
      const next = await resumeStep(options, resumed, () =>
        create('Oslo', { ...telling(() => told), run: rejectForStepUp }),
      )
      expect(next.wait).toMatchObject({ kind: 'step-up', pending: [{ sentence: told }] })
    })

    const silent = identityProblem(tellableCode, 'Silent.')
    // biome-ignore format: table
    it.each<[string, NonNullable<Change['tell']>, failure: string | undefined]>([
      ['runs it if what it would change is the same when it is approved', () => told, undefined],
      ['runs it if what it would change is gone, which changes nothing', () => Promise.reject(gone), undefined],
      ['does not run it if it would change something else by then', () => [{ value: 'Rome' }], 'APPROVAL_CHANGED'],
      ['does not run it if the look-up fails by then', () => Promise.reject(silent), tellableCode],
    ])('%s', async (_what, tellNow, failure) => {
      const first = createStep()
      const wait = waitOf(await runStep(first.options, [first.create('Oslo', telling(() => told))]))
      const resumed = resumedAfter(wait, { Oslo: 'approve' })
      const { options, create, ran } = createStep({ resumed })
      const { ends } = await resumeStep(options, resumed, () => create('Oslo', telling(tellNow)))
      expect(ran).toEqual(failure ? [] : ['Oslo'])
      expect(ends.get('Oslo')).toMatchObject(failure ? { failure: { code: failure } } : { status: 'ok' })
    })
  })

  it('lets other reads finish if one read fails in a way that ends the turn, then fails without asking for an approval', async () => {
    const { options, create, read, ran, steps } = createStep()
    const lost = () => Promise.reject(identityProblem('API_TOKEN_REJECTED', 'No.'))
    const calls = [read('Rome', { run: lost }), create('Oslo'), read('Paris')]
    await expect(runStep(options, calls)).rejects.toThrow(problemOf('API_TOKEN_REJECTED'))
    expect(ran).toEqual(['Rome', 'Paris'])
    expect(steps().map(([, status]) => status)).toEqual(['failed', 'ok'])
  })

  it('goes on after a failure of which the model may know', async () => {
    const { options, read } = createStep()
    const silent = () => Promise.reject(identityProblem(tellableCode, 'Silent.'))
    const { ends } = await runStep(options, [read('Rome', { run: silent })])
    expect(ends.get('Rome')).toMatchObject({ status: 'failed', failure: { code: tellableCode } })
  })

  it('changes nothing without a user, unless the tool may run unattended', async () => {
    const { options, create, ran, permits } = createStep(turnOf())
    await expect(runStep(options, [create('Oslo')])).rejects.toThrow(problemOf('TOOL_NEEDS_A_PERSON'))
    const unattended = create('Oslo', { change: { ...change, unattended: true } })
    const { wait } = await runStep(options, [unattended])
    expect(wait).toBeUndefined()
    expect(ran).toEqual(['Oslo'])
    expect(permits).toHaveLength(1)
  })

  it('fails if more than five calls would change something', async () => {
    const { options, create } = createStep()
    const calls = ['1', '2', '3', '4', '5', '6'].map(id => create(id))
    await expect(runStep(options, calls)).rejects.toThrow(problemOf('STEP_LIMIT_REACHED'))
  })

  it('shows how far each approved call has come while it runs', async () => {
    const once = { ...change, isIdempotent: false }
    const first = createStep()
    const calls = [first.create('Oslo', { change: once }), first.create('Rome'), first.create('Paris')]
    const wait = waitOf(await runStep(first.options, calls))
    const resumed = resumedAfter(wait, { Oslo: 'approve', Rome: 'approve', Paris: 'deny' })
    const { options, create } = createStep({ resumed })
    const send = async ({ permit }: ToolContext) => {
      permit.mayHaveRun = true
      return 'sent'
    }
    await resumeStep(options, resumed, ({ callId }) =>
      create(callId, callId === 'Oslo' ? { change: once, run: send } : {}),
    )
    expect(resumed.approvedCalls).toMatchObject([
      { isIdempotent: false, mayHaveRun: true },
      { isIdempotent: true, mayHaveRun: false },
    ])
  })

  // biome-ignore format: table
  it.each<[code: string, wasSent: boolean, isUnknown: boolean]>([
    ['API_UNAVAILABLE', true, true],
    ['API_ECHOED_TOKEN', true, true],
    ['MCP_SERVER_UNREACHABLE', true, true],
    ['MCP_RESULT_TOO_LARGE', true, true],
    ['INTERNAL_ERROR', true, true],
    ['INVALID_REQUEST', true, false],
    ['API_UNAVAILABLE', false, false],
  ])('says of a call that it may have been done only if it was sent and its outcome is not known (%s, sent: %s)', async (code, wasSent, isUnknown) => {
    const first = createStep()
    const wait = waitOf(await runStep(first.options, [first.create('Oslo')]))
    const resumed = resumedAfter(wait, { Oslo: 'approve' })
    const { options, create, audited } = createStep({ resumed })
    const run = async ({ permit }: ToolContext) => {
      permit.mayHaveRun = wasSent
      throw new ProblemError(code, { status: 502, title: 'It failed.', hint: 'Ask again.' }, 'It failed.')
    }
    const { ends } = await resumeStep({ ...options, isTellable: () => true }, resumed, () => create('Oslo', { run }))
    const end = ends.get('Oslo')
    const mark = end?.status === 'failed' && end.failure.options.extensions?.['mayHaveBeenDone']
    expect(mark).toBe(isUnknown || undefined)
    const line = { audit: 'outcome-unknown', tool: 'create_order', api: 'orders-api', digest: wait.pending[0]?.digest }
    expect(audited()).toMatchObject(isUnknown ? [line] : [])
  })
})

describe('A call that was made without a step', () => {
  it('becomes a waiting step only if it failed because a consent is missing', () => {
    const { options, read, turn } = createStep({ pausesForConsent: true })
    const failure = identityProblem('CONSENT_REQUIRED', 'None.')
    expect(waitAfterFailure(options, read('Rome'), failure)).toMatchObject({
      kind: 'consent',
      right: { api: 'orders-api', permission: '.default', kind: 'scope' },
      pending: [{ callId: 'Rome', isAsked: true }],
    })
    expect(turn.trace.steps).toMatchObject([{ kind: 'tool', status: 'waiting' }])
    expect(
      waitAfterFailure(options, read('Rome'), identityProblem('API_UNAVAILABLE', 'Silent.')),
    ).toBeUndefined()
  })
})

describe('A context without a permit', () => {
  it('allows no change', () => {
    expect(
      () =>
        new ApiContext({} as Partial<ApiContextOptions> as ApiContextOptions, turnOf('ada'), undefined)
          .permit,
    ).toThrow('nothing permits it')
  })
})
