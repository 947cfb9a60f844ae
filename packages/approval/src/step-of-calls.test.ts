import { ApiContext, type ApiContextOptions, identityProblem } from '@entra-agents/identity/core'
import { recordingLogger } from '@entra-agents/identity/testing/fixtures'
import { turnOf } from '@entra-agents/identity/testing/stage'
import { isProblem, ProblemError } from '@entra-agents/service-kit'
import type { NeededRight, Sentence } from '@entra-agents/trace'
import { expect, it } from 'vitest'
import { runStep, waitAfterFailure } from './step-of-calls.ts'
import { type Act, type StoryCall, tellStory } from './testing/story.ts'

const change = { effect: 'create', title: 'Create order', isIdempotent: true, toolHash: 'hash-1' } as const

const read = (id: string, given: Partial<StoryCall> = {}): StoryCall => ({
  id,
  tool: 'get_order',
  arguments: { city: id },
  api: 'orders-api',
  ...given,
})
const create = (id: string, given: Partial<StoryCall> = {}) =>
  read(id, { tool: 'create_order', change, ...given })

type Extras = Omit<Act, 'calls' | 'decisions'>
const step = (calls: readonly StoryCall[], extras: Extras = {}): Act => ({ ...extras, calls })
const decide = (decisions: Act['decisions'], calls: readonly StoryCall[], extras: Extras = {}): Act => ({
  ...extras,
  ...(decisions && { decisions }),
  calls,
})

const pausing = { turn: { pausesForConsent: true } }
const unasked = { ...pausing, options: { asksForConsent: false } }
const right: NeededRight = { api: 'orders-api', permission: 'Orders.Read', kind: 'scope' }
const needing = (code: 'CONSENT_REQUIRED' | 'API_FORBIDDEN', needs: Partial<NeededRight> = {}) => ({
  failure: identityProblem(code, 'Lacks it.', { extensions: { needs: { ...right, ...needs } } }),
})
const noConsent = needing('CONSENT_REQUIRED')
const stepUp = {
  failure: identityProblem('STEP_UP_REQUIRED', 'More.', { extensions: { claimsChallenge: '{"c1"}' } }),
}
/** A change to which the agent turns out to have no right before anybody is asked. */
const unfit = ({ failure }: { readonly failure: ProblemError }) => ({
  requireRight: () => Promise.reject(failure),
})
const lost = { failure: identityProblem('API_TOKEN_REJECTED', 'No.') }
const silent = { failure: identityProblem('API_UNAVAILABLE', 'Silent.') }
const once = { change: { ...change, isIdempotent: false } }

/** A call whose tool tells the user what it would change, or fails to look it up. */
const telling = (told: Sentence | ProblemError) => ({
  change: {
    ...change,
    async tell() {
      if (isProblem(told)) throw told
      return told
    },
  },
})
const oslo = telling([{ text: 'Deletes ' }, { value: 'Oslo' }])

const approveOslo = { Oslo: 'approve' } as const
const cities = ['Oslo', 'Rome', 'Paris']
const approveAll = { Oslo: 'approve', Rome: 'approve', Paris: 'approve' } as const

// biome-ignore format: table
const changedTools: readonly (readonly [what: string, now: StoryCall | undefined])[] = [
  ['is gone', undefined],
  ['has another definition', create('Oslo', { change: { ...change, toolHash: 'hash-2' } })],
  ['does something else', create('Oslo', { change: { ...change, effect: 'delete' } })],
  ['changes nothing now', create('Oslo', { change: undefined })],
  ['belongs to another API', create('Oslo', { api: 'notes' })],
  ['takes other arguments', create('Oslo', { arguments: { city: 'Rome' } })],
]

// biome-ignore format: table
const outcomes: readonly (readonly [code: string, isSent: boolean])[] = [
  ['API_UNAVAILABLE', true],
  ['API_ECHOED_TOKEN', true],
  ['MCP_SERVER_UNREACHABLE', true],
  ['MCP_RESULT_TOO_LARGE', true],
  ['INTERNAL_ERROR', true],
  ['INVALID_REQUEST', true],
  ['API_UNAVAILABLE', false],
]
const failing = (code: string) =>
  new ProblemError(code, { status: 502, title: 'It failed.', hint: 'Ask again.' }, 'It failed.')
const tellAll = { options: { isTellable: () => true } }

// biome-ignore format: table
const stories: readonly (readonly [title: string, ...acts: readonly Act[]])[] = [
  ['Calls that only read run, and then the user is asked about calls that change something',
    step([create('Oslo'), read('Rome'), create('Paris')])],
  ['Approved calls run one after the other, each in the trace step that waited; denied calls do not run',
    step([create('Oslo', once), create('Rome'), create('Paris')]),
    decide({ Oslo: 'approve', Rome: 'deny', Paris: 'approve' }, [create('Oslo', { ...once, isSent: true }), create('Rome'), create('Paris')])],
  ['A call has the same idempotency key whenever it is sent',
    step([create('Oslo')]),
    decide(approveOslo, [create('Oslo')]),
    decide(approveOslo, [create('Oslo')])],
  ...changedTools.map(([what, now]) => [`Nothing runs if the tool ${what}`,
    step([create('Paris'), create('Oslo')]),
    decide({ Paris: 'approve', Oslo: 'approve' }, [create('Paris'), now].filter(call => call !== undefined))] as const),
  ['Nothing more is changed once a call has failed in a way that ends the turn',
    step(cities.map(city => create(city))),
    decide(approveAll, [create('Oslo'), create('Rome', needing('API_FORBIDDEN')), create('Paris')])],
  ['The user is not asked again about a call that they denied in this turn',
    step([create('Oslo')]),
    decide({ Oslo: 'deny' }, [{ ...create('Oslo'), id: 'another-id' }, create('Rome')], { isLaterStep: true })],
  ['A call that demands a step-up waits for it, with the later changes, and the claims are sent with that call alone',
    step([create('Oslo'), create('Rome')]),
    decide({ Oslo: 'approve', Rome: 'approve' }, [create('Oslo', stepUp), create('Rome')]),
    decide(approveOslo, [create('Oslo'), create('Rome')])],
  ['A turn asks for an approval before a consent; changes wait for a call that waits again, calls that only read do not',
    step([read('Rome', noConsent), read('Bonn', noConsent), create('Oslo')], pausing),
    decide(approveOslo, [read('Rome', noConsent), read('Bonn'), create('Oslo')], pausing)],
  ['A turn asks for one consent at a time, and for that of all calls that lack the same',
    step([read('Rome', noConsent), read('Bonn', needing('CONSENT_REQUIRED', { permission: 'Orders.List' })), read('Oslo', noConsent)], pausing)],
  ['A consent that the user gave is noted in the trace as what nobody has observed',
    step([read('Rome', noConsent)], pausing),
    decide({ Rome: 'approve' }, [read('Rome')], pausing)],
  ['A consent that the user denied is noted as a denial',
    step([read('Rome', noConsent)], pausing),
    decide({ Rome: 'deny' }, [read('Rome')], pausing)],
  ['A turn fails if a consent is missing and the client cannot wait for the consent', step([read('Rome', noConsent)])],
  ['A turn fails if the user lacks a right and the client cannot wait', step([read('Rome', needing('API_FORBIDDEN'))])],
  ['A turn that asks for no consent tells the model which permission is missing, and the user by a notice',
    step([read('Rome', needing('API_FORBIDDEN')), read('Paris', noConsent), read('Bonn'), create('Oslo')], unasked)],
  ['A turn fails if the agent’s own app role is missing, also if it asks for no consent',
    step([read('Rome', needing('API_FORBIDDEN', { kind: 'role' }))], { ...unasked, turn: turnOf() })],
  ['A turn that has waited as often as it may refuses changes to the model, and asks for no consent or step-up',
    step([create('Oslo')]),
    decide(approveOslo, [read('Bonn'), read('Rome', noConsent), create('Paris')], { ...pausing, mayWaitAgain: false, isLaterStep: true }),
    decide(approveOslo, [create('Oslo', stepUp)], { mayWaitAgain: false })],
  ['What a call would change is looked up for the user, who still sees it when the approved call waits for a step-up',
    step([create('Oslo', oslo)]),
    decide(approveOslo, [create('Oslo', { ...oslo, ...stepUp })])],
  ['Nobody is asked about a call if it cannot be looked up what it would change', step([create('Oslo', telling(silent.failure))])],
  ['The user is asked for the consent that the look-up needs, and only then to approve the call',
    step([create('Oslo', telling(noConsent.failure))], pausing),
    decide(approveOslo, [create('Oslo', oslo)], pausing)],
  ['Nobody is asked to approve a call to which the agent has no right, and which the model is told; other calls wait as ever',
    step([create('Oslo', unfit(needing('API_FORBIDDEN'))), create('Rome', unfit(noConsent)), create('Paris', { requireRight: async () => undefined })], unasked)],
  ['Without a model, a call to which the agent has no right ends the turn, and nobody is asked',
    step([create('Oslo', unfit(needing('API_FORBIDDEN')))], { options: { from: 'user' } })],
  ['The user is asked for the consent that a change needs, and only then to approve the change',
    step([create('Oslo', unfit(noConsent))], pausing),
    decide(approveOslo, [create('Oslo')], pausing),
    decide(approveOslo, [create('Oslo')], pausing)],
  ['The user is asked to approve once, also if only the API says that a consent is missing',
    step([create('Oslo')], pausing),
    decide(approveOslo, [create('Oslo', needing('API_FORBIDDEN'))], pausing),
    decide(approveOslo, [create('Oslo')], pausing)],
  ...([
    ['runs if it would change the same', oslo],
    ['runs if what it would change is gone, which changes nothing', telling(identityProblem('NOT_FOUND', 'Gone.'))],
    ['does not run if it would change something else', telling([{ value: 'Rome' }])],
    ['does not run if the look-up fails', telling(silent.failure)],
  ] as const).map(([what, now]) => [`An approved call ${what} by then`, step([create('Oslo', oslo)]), decide(approveOslo, [create('Oslo', now)])] as const),
  ['Without a model, an approved call that would change something else by then ends the turn',
    step([create('Oslo', oslo)]),
    decide(approveOslo, [create('Oslo', telling([{ value: 'Rome' }]))], { options: { from: 'user' } })],
  ['The other reads finish if one fails in a way that ends the turn, and then nobody is asked',
    step([read('Rome', lost), create('Oslo'), read('Paris')])],
  ['A turn goes on after a failure of which the model may know', step([read('Rome', silent)])],
  ['Without a user nothing is changed', step([create('Oslo')], { turn: turnOf() })],
  ['Without a user a tool that may run unattended runs', step([create('Oslo', { change: { ...change, unattended: true } })], { turn: turnOf() })],
  ['A step of more than five changes fails', step(['1', '2', '3', '4', '5', '6'].map(id => create(id)))],
  ...outcomes.map(([code, isSent]) => [`Whether a call may have been done is open if it failed with ${code}, sent: ${isSent}`,
    step([create('Oslo')]),
    decide(approveOslo, [create('Oslo', { failure: failing(code), isSent })], tellAll)] as const),
]

it('Each step of calls ends, waits and is shown as its story says', async () => {
  const texts: string[] = []
  for (const [title, ...acts] of stories) texts.push([title, ...(await tellStory(acts))].join('\n'))
  await expect(`${texts.join('\n\n')}\n`).toMatchFileSnapshot('step-of-calls.txt')
})

/** The context of a call on behalf of Ada, or without a user. */
const contextOf = (turn = turnOf('ada')) =>
  new ApiContext({ logger: recordingLogger().logger } as unknown as ApiContextOptions, turn, undefined)
const optionsOf = (turn = turnOf('ada')) =>
  ({ context: contextOf(turn), from: 'bedrock', isTellable: () => false, asksForConsent: true }) as const
const playable = (call: StoryCall) => ({ ...call, run: async () => 'done' })

it('The trace shows at most 200 characters of a call', async () => {
  const options = optionsOf()
  const city = 'Oslo'.repeat(100)
  await runStep(options, [playable(read(city))])
  expect(options.context.turn.trace.steps[0]?.title).toBe(`get_order({"city":"${city}`.slice(0, 200))
})

it('A call that was made without a step becomes a waiting step only if it failed because a consent is missing', () => {
  const turn = { ...turnOf('ada'), pausesForConsent: true }
  const call = playable(read('Rome'))
  expect(waitAfterFailure(optionsOf(turn), call, identityProblem('CONSENT_REQUIRED', 'None.'))).toMatchObject(
    {
      kind: 'consent',
      right: { api: 'orders-api', permission: '.default', kind: 'scope' },
      pending: [{ callId: 'Rome', isAsked: true }],
    },
  )
  expect(turn.trace.steps).toMatchObject([{ kind: 'tool', status: 'waiting' }])
  expect(waitAfterFailure(optionsOf(turn), call, silent.failure)).toBeUndefined()
})

it('A context without a permit allows no change', () => {
  expect(() => contextOf().permit).toThrow('nothing permits it')
})
