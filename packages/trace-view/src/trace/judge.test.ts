import type { Flow, Problem, TokenCard, TraceStep } from '@entra-agents/trace'
import { describe, expect, it } from 'vitest'
import { phraseText } from '../testing/phrase-text.ts'
import { apiId, publicConfig } from '../testing/public-config.ts'
import {
  accountTurn,
  agentToken,
  apiCall,
  exchangeToken,
  ownToken,
  step,
  userToken,
} from '../testing/trace.ts'
import { challenge, pauseOf } from '../testing/waiting.ts'
import { describeNames } from '../words/names.ts'
import { findStepUp } from './acrs.ts'
import { judgeTurn } from './judge.ts'
import { tellStory } from './story.ts'
import { gatherFacts } from './turn-facts.ts'
import { writeFormulas } from './write-formula.ts'

const names = describeNames(publicConfig)
const problem: Problem = {
  type: '',
  title: 'No.',
  status: 502,
  detail: '',
  code: 'API_FORBIDDEN',
  hint: '',
  requestId: '',
}
const answeredWith = (status: number) => ({ response: { status } })
const request = step('r', { kind: 'token-request' })

function verdictOf(steps: readonly TraceStep[], flow: Flow = 'autonomous', running = false) {
  const { headline, outcome, answers } = judgeTurn(gatherFacts(steps, flow, running), names)
  const told = answers.map(
    ({ question, value, detail, isBad }) =>
      `${question}: ${value} (${phraseText(detail)})${isBad ? ' ✗' : ''}`,
  )
  return { headline, outcome: `${outcome.kind}: ${outcome.words}`, told }
}

function formulasOf(steps: readonly TraceStep[], flow: Flow = 'autonomous', running = false) {
  return writeFormulas(gatherFacts(steps, flow, running), names).map(
    ({ terms, exchange, result, gate }) =>
      `${terms.map(({ token, state }) => `${token} ${state}`).join(' + ')} –${exchange.failed ? '✗' : ''}${exchange.verb}→ TR ${result.state} → ${gate.title} ${gate.state}`,
  )
}

describe('the verdict', () => {
  it('says who called, for whom, by which right, and who allowed the call', () => {
    const steps = [
      step('s', { kind: 'sign-in', token: userToken }),
      step('t', { kind: 'token', token: agentToken }),
      apiCall('a', agentToken, answeredWith(200)),
    ]
    expect(verdictOf(steps, 'obo')).toEqual({
      headline: 'The agent called Orders API on your behalf.',
      outcome: 'allowed: Allowed',
      told: [
        'Who called: Agent identity (appid bbbb…000b)',
        'For whom: You (oid eeee…000e)',
        'By which right: Orders.Read (yours, by consent · scp)',
        'Allowed by: Orders API (2 of 2 checks · 200)',
      ],
    })
    expect(formulasOf(steps, 'obo')).toEqual(['T1 unseen + Tc seen –issues TR→ TR seen → Orders API allowed'])
  })

  it('says that the agent acts as its own user account, and names the account and the tokens that nobody saw', () => {
    expect(verdictOf(accountTurn, 'agent-user')).toMatchObject({
      headline: 'The agent called Orders API as its own user account.',
      told: [
        'Who called: Agent identity (azp bbbb…000b)',
        'For whom: Its user account (Orders agent)',
        'By which right: Orders.Read (granted to the agent · scp)',
        'Allowed by: Orders API (2 of 2 checks · 200)',
      ],
    })
    expect(formulasOf(accountTurn, 'agent-user')).toEqual([
      'T1 unseen + T2 unseen –issues TR→ TR seen → Orders API allowed',
    ])
  })

  it('says that the agent acts as itself, and how many times it called', () => {
    const calls = ['a', 'b', 'c'].map(id => apiCall(id, ownToken, answeredWith(200)))
    const { headline, told } = verdictOf([step('t', { kind: 'token', token: ownToken }), ...calls])
    expect(headline).toBe('The agent called Orders API as itself, 3 times.')
    expect(told.slice(1)).toEqual([
      'For whom: Itself (oid of the agent, no user)',
      'By which right: Orders.Read.All (its own · roles)',
      'Allowed by: Orders API (accepts TR in all 3 calls)',
    ])
  })

  it('names the APIs that were called, even if they share an app id', () => {
    const shared = describeNames({
      ...publicConfig,
      apis: [...publicConfig.apis, { name: 'orders-tools', title: 'orders-tools server', appId: apiId }],
    })
    const token = { ...ownToken, verifiedBy: [] }
    const headline = (...called: TraceStep[]) =>
      judgeTurn(gatherFacts([step('t', { kind: 'token', token }), ...called], 'autonomous', false), shared)
        .headline
    const twice = ['a', 'b'].map(id => apiCall(id, token, answeredWith(200)))
    expect(headline(...twice, apiCall('c', token, { to: 'orders-tools', ...answeredWith(200) }))).toBe(
      'The agent called Orders API twice and orders-tools server as itself.',
    )
    expect(headline()).toBe('The agent got a token for Orders API and orders-tools server, and did not call.')
  })

  it('never says that checks were passed if the API reported no checks', () => {
    const token = { ...ownToken, verifiedBy: [] }
    const { told } = verdictOf([step('t', { kind: 'token', token }), apiCall('a', token, answeredWith(200))])
    expect(told[3]).toBe('Allowed by: Orders API (tells of no checks · 200)')
  })

  it('says which right is missing, according to the problem’s `needs`', () => {
    const token: TokenCard = { ...ownToken, claims: { ...ownToken.claims, roles: [] }, verifiedBy: [] }
    const needs = { api: 'orders-api', permission: 'Orders.Read.All', kind: 'role' } as const
    const steps = [
      step('t', { kind: 'token', token }),
      apiCall('a', token, {
        status: 'failed',
        ...answeredWith(403),
        problem: { ...problem, failedCheck: 'permission', needs },
      }),
    ]
    const { headline, outcome, told } = verdictOf(steps)
    expect(headline).toBe('Orders API denied the agent: a right is missing.')
    expect(outcome).toBe('denied: Denied')
    expect(told.slice(2)).toEqual([
      'By which right: None (wanted Orders.Read.All) ✗',
      'Denied by: Orders API (403 · check: permission) ✗',
    ])
    expect(formulasOf(steps)).toEqual(['T1 unseen –issues TR→ TR seen → Orders API denied'])
  })

  it('names the check that failed, and who made the check', () => {
    const token = { ...ownToken, verifiedBy: [{ actor: 'agent', checks: [{ name: 'audience', ok: false }] }] }
    const { headline, told } = verdictOf([step('t', { kind: 'token', token })])
    expect(headline).toBe('The agent rejected its token: the check of audience failed.')
    expect(told[3]).toBe('Denied by: Agent (check: audience) ✗')
  })

  it('is a denial if Entra ID refused to issue a token', () => {
    const refused = {
      ...request,
      status: 'failed' as const,
      problem: { ...problem, code: 'ENTRA_REFUSED', upstream: { service: 'entra', code: 'AADSTS7000112' } },
    }
    const { headline, outcome, told } = verdictOf([refused])
    expect(headline).toBe('Entra ID gave the agent no token.')
    expect(outcome).toBe('denied: Denied')
    expect(told[3]).toBe('Denied by: Entra ID (AADSTS7000112) ✗')
    expect(formulasOf([refused])).toEqual(['T1 unseen –✗refuses→ TR missing → The API next'])
  })

  it('is a failure and no denial if the sidecar does not answer', () => {
    const failed = {
      ...request,
      status: 'failed' as const,
      problem: { ...problem, code: 'SIDECAR_UNREACHABLE' },
    }
    const { outcome, told } = verdictOf([failed])
    expect(outcome).toBe('denied: Failed')
    expect(told[3]).toMatch(/^Failed at: .* \(SIDECAR_UNREACHABLE\) ✗$/)
  })

  const failedAtEntra = (code: string, upstream: string) => ({
    ...request,
    status: 'failed' as const,
    problem: { ...problem, code, upstream: { service: 'entra', code: upstream } },
  })

  it('is a failure and no denial if Entra ID throttles', () => {
    const throttled = failedAtEntra('ENTRA_UNAVAILABLE', 'AADSTS90055')
    const { outcome, told } = verdictOf([throttled])
    expect(outcome).toBe('denied: Failed')
    expect(told[3]).toBe('Failed at: Entra ID (AADSTS90055) ✗')
    expect(formulasOf([throttled])).toEqual(['T1 unseen –✗gives none now→ TR missing → The API next'])
  })

  it('is “waiting” and no denial if a user has to do something first', () => {
    const more = failedAtEntra('CONDITIONAL_ACCESS_REQUIRED', 'AADSTS50076')
    const { headline, outcome, told } = verdictOf([more], 'obo')
    expect(headline).toBe('Entra ID gave the agent no token yet.')
    expect(outcome).toBe('waiting: Waiting')
    expect(told[3]).toBe('Waits at: Entra ID (AADSTS50076)')
    expect(formulasOf([more])).toEqual(['T1 unseen –gives none yet→ TR missing → The API next'])
  })

  it.each([
    ['BEDROCK_THROTTLED', 'Bedrock gave no answer yet.'],
    ['BEDROCK_UNAVAILABLE', 'Bedrock gave no answer.'],
    ['BEDROCK_STREAM_BROKEN', 'Bedrock gave no whole answer.'],
  ])('mentions no token and no Entra ID if Bedrock failed (%s)', (code, sentence) => {
    const upstream = { service: 'bedrock' }
    const model = step('m', {
      kind: 'model',
      to: 'bedrock',
      status: 'failed',
      problem: { ...problem, code, upstream },
    })
    expect(verdictOf([model]).headline).toBe(sentence)
    expect(formulasOf([model])).toEqual(['T1 next –was not asked→ TR next → The API next'])
  })

  it('counts a 404 as an answer and not as a denial', () => {
    const steps = [
      step('t', { kind: 'token', token: ownToken }),
      apiCall('a', ownToken, { status: 'failed', ...answeredWith(404), problem }),
    ]
    const { headline, outcome } = verdictOf(steps)
    expect(headline).toBe('Orders API answered the agent with 404.')
    expect(outcome).toBe('neutral: Answered 404')
  })

  it('does not say that a call was made while the call is running or after the call was stopped', () => {
    const steps = [
      step('t', { kind: 'token', token: ownToken }),
      apiCall('a', ownToken, { status: 'running' }),
    ]
    expect(verdictOf(steps, 'autonomous', true).headline).toBe('The agent is calling Orders API as itself.')
    expect(verdictOf(steps).headline).toBe('The agent began to call Orders API, and its answer is not known.')
  })

  it('says what is still unknown while a token is being requested', () => {
    const asking = [
      step('s', { kind: 'sign-in', token: userToken }),
      { ...request, status: 'running' as const },
    ]
    const { headline, told } = verdictOf(asking, 'obo', true)
    expect(headline).toBe('The agent is asking for a token on your behalf.')
    expect(told).toEqual([
      'Who calls: The agent (not proven yet)',
      'For whom: You (Tc passed 1 of 1 checks)',
      'By which right: – (TR is not here yet)',
      'Allowed by: – (not asked yet)',
    ])
    expect(formulasOf(asking, 'obo', true)).toEqual([
      'T1 unseen + Tc seen –issues TR→ TR coming → The API next',
    ])
  })

  it('says that no API was called if the model needed none', () => {
    const answered = [step('m', { kind: 'model', to: 'bedrock' })]
    expect(verdictOf(answered).headline).toBe('The agent called no API.')
    expect(formulasOf(answered)).toEqual(['T1 next –was not asked→ TR next → The API next'])
  })

  it.each([
    [-20, 'TR came from the sidecar’s cache. Before this question, ', 'issued TR before'],
    [0, 'With T1, ', 'issues TR'],
  ])('derives from the time of issue (%d s) whether TR came from the cache', (seconds, start, verb) => {
    const startedAt = '2026-11-28T20:00:00.000Z'
    const iat = Date.parse(startedAt) / 1000 - 300 + seconds
    const token = { ...ownToken, claims: { ...ownToken.claims, iat } }
    const steps = [
      { ...request, startedAt },
      ...(seconds < 0
        ? [step('x', { kind: 'token-request', token: exchangeToken, status: 'not-observable' })]
        : []),
      step('t', { kind: 'token', token }),
    ]
    const facts = gatherFacts(steps, 'autonomous', false)
    expect(phraseText(tellStory(facts, names)).startsWith(start)).toBe(true)
    expect(writeFormulas(facts, names)[0]?.exchange.verb).toBe(verb)
  })

  it('does not say that TR is for one API only, if another API has the same app id', () => {
    const tools = { name: 'orders-tools', title: 'orders-tools server', appId: apiId }
    const shared = describeNames({ ...publicConfig, apis: [...publicConfig.apis, tools] })
    const steps = [step('t', { kind: 'token', token: ownToken }), apiCall('a', ownToken, answeredWith(200))]
    const opens = (known: typeof names) =>
      writeFormulas(gatherFacts(steps, 'autonomous', false), known)[0]?.result.lines[1]
    expect([opens(names), opens(shared)]).toEqual(['for Orders API only', 'for Orders API'])
  })

  it('has a formula for each TR', () => {
    const other = { ...ownToken, fingerprint: 'dddddddddddd' }
    const steps = [
      step('x', { token: exchangeToken, status: 'not-observable' }),
      step('t', { kind: 'token', token: ownToken }),
      step('u', { kind: 'token', token: other }),
    ]
    expect(formulasOf(steps)).toHaveLength(2)
  })
})

describe('a call that has to wait for the user', () => {
  const arrived = step('s', { kind: 'sign-in', token: userToken })
  const tool = { kind: 'tool', tool: { name: 'create_order' } } as const
  const waiting = step('w', { ...tool, status: 'waiting' })
  const asked = (steps: readonly TraceStep[], pause = pauseOf()) => {
    const facts = gatherFacts(steps, 'obo', false, pause)
    const { headline, outcome, answers } = judgeTurn(facts, names)
    return {
      headline,
      outcome: `${outcome.kind}: ${outcome.words}`,
      told: answers.map(({ question, value, detail }) => `${question}: ${value} (${phraseText(detail)})`),
      formulas: writeFormulas(facts, names).map(
        ({ terms, result, gate }) =>
          `${terms.map(({ token, state }) => `${token} ${state}`).join(' + ')} → TR ${result.state} → ${gate.title} ${gate.state}`,
      ),
      story: phraseText(tellStory(facts, names)),
    }
  }

  it('is described as not made yet', () => {
    const { story, ...verdict } = asked([arrived, waiting])
    expect(verdict).toEqual({
      headline: 'The agent asks to create an order on your behalf.',
      outcome: 'waiting: Waiting for you',
      told: [
        'Who would call: The agent ()',
        'For whom: You (oid eeee…000e)',
        'By which right: Yours (asked for if you approve)',
        'Decided by: You (then Orders API)',
      ],
      formulas: ['T1 next + Tc seen → TR next → Orders API waiting'],
    })
    expect(story).toContain('If you approve, the sidecar exchanges T1 and Tc for TR, and the call runs once.')
  })

  it('is described together with other calls that wait', () => {
    const { headline, story } = asked([arrived, waiting, { ...waiting, id: 'w2' }])
    expect(headline).toBe('The agent asks to create an order, and for 1 more call, on your behalf.')
    expect(story).toContain('and each call that you approve runs once.')
  })

  it('is described after the earlier calls, with a legend for its dashed plates', () => {
    const list = apiCall('l', agentToken, {
      to: 'orders-tools',
      ...answeredWith(200),
      request: {
        method: 'POST',
        url: 'http://orders/mcp',
        headers: { authorization: `Bearer TR ‹${agentToken.fingerprint}›` },
        body: { method: 'tools/list' },
      },
    })
    const facts = gatherFacts(
      [arrived, step('t', { kind: 'token', token: agentToken }), list, waiting],
      'obo',
      false,
      pauseOf(),
    )
    expect(phraseText(tellStory(facts, names))).toMatch(
      /listed its tools\. The call would change something, so it waits for you, and no token was asked for it\. /,
    )
    expect(writeFormulas(facts, names).map(({ legend }) => legend)).toEqual([
      expect.stringContaining('not seen by the agent'),
      'happens only if you approve',
    ])
  })

  it('is described as looked up, if the API was asked what the call would change', () => {
    const look = apiCall('l', agentToken, { ...answeredWith(200), parentId: 'w' })
    const steps = [arrived, waiting, step('t', { kind: 'token', token: agentToken }), look]
    expect(asked(steps).story).toContain('it waits for you, and it was only looked up what it would change.')
  })

  it('is described as not sent if the user never decided', () => {
    expect(verdictOf([arrived, waiting], 'obo')).toMatchObject({
      headline: 'The agent asked to create an order on your behalf, and it was not sent.',
      outcome: 'neutral: Not sent',
    })
  })

  const refused = apiCall('a', agentToken, {
    ...answeredWith(401),
    parentId: 'w',
    status: 'failed',
    problem: { ...problem, code: 'STEP_UP_REQUIRED', claimsChallenge: challenge },
  })
  const untilRefusal = [arrived, waiting, step('t', { kind: 'token', token: agentToken }), refused]

  it('is described as waiting if the API wants a stronger sign-in, and the verdict says what the API wants', () => {
    const pause = pauseOf({ kind: 'step-up', claimsChallenge: challenge })
    const { story, ...verdict } = asked(untilRefusal, pause)
    expect(verdict).toEqual({
      headline: 'Orders API wants a stronger sign-in before the agent may create an order.',
      outcome: 'waiting: Waiting for you',
      told: [
        'Who called: Agent identity (appid bbbb…000b)',
        'For whom: You (oid eeee…000e)',
        'By which right: Orders.Read (yours, by consent · scp)',
        'Decided by: Orders API (401 · wants acrs c1)',
      ],
      formulas: ['T1 unseen + Tc seen → TR seen → Orders API waiting'],
    })
    expect(story).toContain('your new Tc is exchanged for a TR that carries it')
    expect(findStepUp(gatherFacts(untilRefusal, 'obo', false, pause))).toEqual({
      isDone: false,
      rows: [
        { role: 'Tc', before: [], after: ['c1'] },
        { role: 'TR', before: [], after: ['c1'] },
      ],
    })
  })

  const stronger = (card: TokenCard, fingerprint: string): TokenCard => ({
    ...card,
    fingerprint,
    claims: { ...card.claims, acrs: ['c1'] },
  })

  it('is described as allowed if it ran after the step-up, which changed both Tc and TR', () => {
    const newToken = stronger(agentToken, 'aaaaaaaaaaa2')
    const steps = [
      arrived,
      step('w', tool),
      step('t', { kind: 'token', token: agentToken }),
      refused,
      step('s2', { kind: 'sign-in', token: stronger(userToken, 'ccccccccccc2') }),
      step('t2', { kind: 'token', token: newToken }),
      apiCall('b', newToken, { ...answeredWith(201), parentId: 'w' }),
    ]
    expect(verdictOf(steps, 'obo')).toMatchObject({
      headline: 'The agent called Orders API on your behalf.',
      outcome: 'allowed: Allowed',
    })
    const facts = gatherFacts(steps, 'obo', false)
    const proofs = writeFormulas(facts, names).map(({ terms: [, Tc], result }) =>
      [Tc?.lines, result.lines].map(lines => lines?.includes('acrs c1')),
    )
    expect(proofs).toEqual([
      [false, false],
      [true, true],
    ])
    expect(phraseText(tellStory(facts, names))).toContain(
      'You signed in more strongly. With T1, Entra ID exchanged the new Tc for another TR. Orders API',
    )
    expect(findStepUp(facts)).toEqual({
      isDone: true,
      rows: [
        { role: 'Tc', before: [], after: ['c1'] },
        { role: 'TR', before: [], after: ['c1'] },
      ],
    })
  })

  it('is described as allowed if it ran after the step-up, even if another call had succeeded with the first TR', () => {
    const checked = {
      ...agentToken,
      verifiedBy: [{ actor: 'orders-api', checks: [{ name: 'context', ok: false }] }],
    }
    const newToken = stronger(agentToken, 'aaaaaaaaaaa2')
    const steps = [
      arrived,
      step('t0', { kind: 'token', token: checked }),
      apiCall('list', checked, { to: 'orders-tools', ...answeredWith(200) }),
      step('w', tool),
      refused,
      step('t2', { kind: 'token', token: newToken }),
      apiCall('b', newToken, { ...answeredWith(201), parentId: 'w' }),
    ]
    expect(verdictOf(steps, 'obo').outcome).toBe('allowed: Allowed')
    const facts = gatherFacts(steps, 'obo', false)
    expect(writeFormulas(facts, names)[0]?.gate.title).toBe('Orders API')
    expect(phraseText(tellStory(facts, names))).toContain('consented to. Orders API took TR, changed nothing')
  })

  it('is described with the missing right if the call waits for a consent', () => {
    const lack = step('r', {
      kind: 'token-request',
      parentId: 'w',
      status: 'failed',
      problem: { ...problem, code: 'CONSENT_REQUIRED' },
    })
    const scopes = [{ value: 'Orders.Write', text: '' }]
    const consent = { url: '', adminUrl: '', state: '', scopes }
    const { headline, told, formulas } = asked(
      [arrived, waiting, lack],
      pauseOf({ kind: 'consent', consent }),
    )
    expect(headline).toBe('The agent needs your consent to create an order.')
    expect(told[2]).toBe('By which right: Orders.Write (not consented to yet)')
    expect(formulas).toEqual(['T1 unseen + Tc seen → TR next → Orders API waiting'])
  })

  it('is described as declined and without effect, even if the API had been called before', () => {
    const declined = step('d', {
      kind: 'approval',
      parentId: 'w',
      approval: { decision: 'deny', digest: 'd', waitedMs: 1 },
    })
    const done = step('w', tool)
    expect(verdictOf([arrived, done, declined], 'obo')).toMatchObject({
      headline: 'You declined, and nothing was sent by that.',
      outcome: 'neutral: Declined',
    })
    const token = step('t', { kind: 'token', token: agentToken })
    const afterRefusal = [arrived, done, token, refused, declined]
    expect(verdictOf(afterRefusal, 'obo').outcome).toBe('neutral: Declined')
    const { approval } = declined
    if (!approval) throw new Error('Nothing was decided.')
    const denied = step('w', { ...tool, status: 'failed', approval })
    for (const steps of [
      [arrived, denied],
      [arrived, denied, declined],
      [arrived, denied, token, refused, declined],
    ])
      expect(verdictOf(steps, 'obo').outcome).toBe('neutral: Declined')
  })

  it('is described as denied, and no longer as waiting, if its tool failed', () => {
    const failed = step('w', { ...tool, status: 'failed', problem })
    const steps = [arrived, failed, step('t', { kind: 'token', token: agentToken }), refused]
    expect(verdictOf(steps, 'obo').outcome).toBe('denied: Denied')
  })
})
