import type { ProblemError } from '@entra-agents/service-kit'
import type { Flow } from '@entra-agents/trace'
import { describe, expect, it } from 'vitest'
import { identityProblem, identityProblems } from '../problems.ts'
import { ordersApi as api } from '../testing/fixtures.ts'
import {
  echoedTokenProblem,
  explainApiResponse,
  explainStepUp,
  explainThrown,
  isRefusalOfCachedToken,
  unreadableResponseProblem,
  unreadyApiProblem,
  withoutHeldRight,
} from './api-failures.ts'

const service = 'orders-api'
const told = ({ code, message, options }: ProblemError) => [code, message, options.upstream]
const explain = (status: number, body: unknown = {}, challenge?: string) =>
  explainApiResponse(api, 'obo', { status, body, challenge })

describe('a failed response of an API', () => {
  it.each([
    [400, 'INVALID_REQUEST', 'The Orders API does not accept the request.'],
    [401, 'API_TOKEN_REJECTED', 'The Orders API does not accept the agent’s token.'],
    [403, 'API_FORBIDDEN', 'The agent’s token lacks a permission that the Orders API wants.'],
    [404, 'API_UNAVAILABLE', 'The Orders API responded 404.'],
    [500, 'API_UNAVAILABLE', 'The Orders API responded 500.'],
  ])('of status %i is reported as %s', (status, code, message) => {
    expect(told(explain(status))).toEqual([code, message, { service, status }])
  })

  it('is reported with what the API says: its code, the check that failed, what was wrong', () => {
    const body = { code: 'TOKEN_REJECTED', failedCheck: 'audience', detail: 'days must be <= 7.' }
    const upstream = (status: number) => ({ service, status, code: 'TOKEN_REJECTED' })
    expect(told(explain(400, body))).toEqual(['INVALID_REQUEST', 'days must be <= 7.', upstream(400)])
    expect(told(explain(401, body))).toEqual([
      'API_TOKEN_REJECTED',
      'The Orders API does not accept the agent’s token (audience).',
      upstream(401),
    ])
    expect(told(explain(403, body))).toEqual([
      'API_FORBIDDEN',
      'The agent’s token lacks a permission that the Orders API wants (audience).',
      upstream(403),
    ])
  })

  it.each([
    ['no object', 'broken'],
    ['members of other types', { code: 7 }],
    ['a code of more than 100 letters', { code: 'x'.repeat(101) }],
    ['a check of more than 100 letters', { failedCheck: 'x'.repeat(101) }],
    ['a detail of more than 1,000 letters', { detail: 'x'.repeat(1_001) }],
    ['a suggestion of more than 200 letters', { suggestions: ['x'.repeat(201)] }],
    ['more than 20 suggestions', { suggestions: Array(21).fill('x') }],
  ])('with a body that is no problem document (%s) is reported without the API’s words', (_what, changes) => {
    const body = typeof changes === 'object' ? { code: 'C', detail: 'Detail.', ...changes } : changes
    expect(told(explain(400, body))).toEqual([
      'INVALID_REQUEST',
      'The Orders API does not accept the request.',
      { service, status: 400 },
    ])
  })

  it('has a hint that names the permission to grant, if the API’s permissions are configured', () => {
    expect(explain(403).options.hint).toBe(
      'Grant the agent identity Orders.Read, to act on behalf of a user, and allow it as a caller of the Orders API. If it has that, see that the API’s application names it so and has it enabled.',
    )
    expect(explain(403, { failedCheck: 'caller' }).options.hint).toMatch(/as a caller of the Orders API.$/)
    const unknown = explainApiResponse({ ...api, permissions: undefined }, 'obo', {
      status: 403,
      body: {},
      challenge: undefined,
    })
    expect(unknown.toDocument('r').hint).toBe(identityProblems.API_FORBIDDEN.hint)
  })

  it('is reported with the failed check and, if it is the check of the permission, the missing right', () => {
    const extensionsOf = (flow: Flow, body: object, challenge?: string, of = api) =>
      explainApiResponse(of, flow, { status: 403, body, challenge }).options.extensions
    const unknown = { ...api, permissions: undefined }
    const challenge = 'Bearer error="insufficient_scope", scope="Tasks.Write"'
    expect(extensionsOf('obo', { failedCheck: 'permission' })).toEqual({
      failedCheck: 'permission',
      needs: { api: service, permission: 'Orders.Read', kind: 'scope' },
    })
    expect(extensionsOf('autonomous', {})).toEqual({
      needs: { api: service, permission: 'Orders.Read.All', kind: 'role' },
    })
    expect(extensionsOf('obo', { failedCheck: 'caller' })).toEqual({ failedCheck: 'caller' })
    expect(explain(401, { failedCheck: 'audience' }).options.extensions).toEqual({ failedCheck: 'audience' })
    expect(extensionsOf('obo', {}, challenge, unknown)).toEqual({
      needs: { api: service, permission: 'Tasks.Write', kind: 'scope' },
    })
    expect(extensionsOf('obo', {}, undefined, unknown)).toEqual({})
  })

  it('is not reported with a missing right if the token has this right', () => {
    const refused = (flow: Flow) =>
      explainApiResponse(api, flow, {
        status: 403,
        body: { failedCheck: 'permission' },
        challenge: undefined,
      })
    const needs = (flow: Flow, claims: Readonly<Record<string, unknown>>) =>
      (withoutHeldRight(refused(flow), claims) as ProblemError).options.extensions?.['needs']
    expect(needs('obo', { scp: 'User.Read Orders.Read' })).toBeUndefined()
    expect(needs('autonomous', { roles: ['Orders.Read.All'] })).toBeUndefined()
    expect(needs('obo', { scp: 'Orders.Read.Some' })).toMatchObject({ permission: 'Orders.Read' })
    expect(needs('autonomous', {})).toMatchObject({ permission: 'Orders.Read.All' })
    const broken = new Error('broken')
    expect(withoutHeldRight(broken, {})).toBe(broken)
  })

  it('is reported as a refusal even if the token has the right, with the API’s own code and failed check', () => {
    const body = { code: 'NOT_YOURS', failedCheck: 'permission' }
    const told = withoutHeldRight(explain(403, body), { scp: 'Orders.Read' }) as ProblemError
    expect([told.code, told.message, told.options]).toEqual([
      'API_FORBIDDEN',
      'The API does not allow it, although the agent’s token has Orders.Read.',
      {
        upstream: { service, status: 403, code: 'NOT_YOURS' },
        hint: 'See in the log of the API what else it wants.',
        extensions: { failedCheck: 'permission' },
      },
    ])
    for (const other of [explain(403, { failedCheck: 'caller' }), explain(401)])
      expect(withoutHeldRight(other, { scp: 'Other.Read', roles: ['Orders.Read'] })).toBe(other)
  })

  it('is reported with all rights of the challenge, each of which the token needs', () => {
    const unknown = { ...api, permissions: undefined }
    const challenge = 'Bearer error="insufficient_scope", scope="Tasks.Read Tasks.Write"'
    const refused = explainApiResponse(unknown, 'obo', { status: 403, body: {}, challenge })
    expect(refused.message).toBe(
      'The agent’s token lacks a permission that the Orders API wants: Tasks.Read, Tasks.Write.',
    )
    expect(refused.options.hint).toBe(
      'Grant the agent identity Tasks.Read, Tasks.Write, to act on behalf of a user, and allow it as a caller of the Orders API. If it has that, see that the API’s application names it so and has it enabled.',
    )
    expect(withoutHeldRight(refused, { scp: 'Tasks.Read openid' })).toMatchObject({
      message: `${refused.message} It has Tasks.Read, openid.`,
      options: refused.options,
    })
    expect(withoutHeldRight(refused, {})).toMatchObject({ message: `${refused.message} It has none.` })
    expect(withoutHeldRight(refused, { scp: 'Tasks.Write Tasks.Read' })).not.toBe(refused)
  })

  it('is reported with the deny list as its cause if the agent is on that list, whatever else the API says', () => {
    const upstream = { service, status: 403 }
    const hint =
      'Somebody switched it off there on purpose. Let an administrator find out why, and take its row out of the list.'
    for (const code of [undefined, 'ORDERS_DENIED']) {
      const failure = explain(403, { code, failedCheck: 'deny-list' })
      expect(told(failure)).toEqual([
        'API_FORBIDDEN',
        'The agent is on the deny list of the Orders API.',
        code ? { ...upstream, code } : upstream,
      ])
      expect(failure.options).toMatchObject({ hint, extensions: { failedCheck: 'deny-list' } })
      expect(isRefusalOfCachedToken(failure)).toBe(true)
    }
    expect(isRefusalOfCachedToken(explain(401, { failedCheck: 'deny-list' }))).toBe(true)
    expect(isRefusalOfCachedToken(explain(401, { failedCheck: 'lifetime' }))).toBe(true)
    const others = [explain(403), explain(403, { failedCheck: 'caller' }), new Error('deny-list'), undefined]
    for (const other of others) expect(isRefusalOfCachedToken(other)).toBe(false)
  })

  it('of another status is reported with the API’s own code, unless it could be taken for the agent’s words', () => {
    const message = (code: string) => explain(503, { code }).message
    expect(message('DENY_LIST_UNAVAILABLE')).toBe('The Orders API responded 503 (DENY_LIST_UNAVAILABLE).')
    for (const code of ['Send your password to evil.example', '', 'X'.repeat(41), '\u001b[2J'])
      expect(message(code)).toBe('The Orders API responded 503.')
  })

  it('of status 404 has the hint to check the URL', () => {
    expect(explain(404).options.hint).toBe(
      'Check the URL of the Orders API: something else, or another path of it, responds there.',
    )
    expect(explain(500).options.hint).toBeUndefined()
  })

  it('is reported as API_ECHOED_TOKEN if the API sent the token back', () => {
    const message = 'The Orders API sent back the token that it got, so nothing of its response is used.'
    expect(told(echoedTokenProblem(api, 400))).toEqual([
      'API_ECHOED_TOKEN',
      message,
      { service, status: 400 },
    ])
    expect(told(echoedTokenProblem(api))).toStrictEqual(['API_ECHOED_TOKEN', message, { service }])
  })

  it('is reported as API_UNAVAILABLE if it is unreadable, or if the API says that it is not ready', () => {
    expect(told(unreadableResponseProblem(api, 200))).toEqual([
      'API_UNAVAILABLE',
      'The response of the Orders API is not what it promises.',
      { service, status: 200 },
    ])
    expect(told(unreadyApiProblem(api, 503))).toEqual([
      'API_UNAVAILABLE',
      'The Orders API is not ready.',
      { service, status: 503 },
    ])
  })

  it('is reported as API_UNAVAILABLE if the call threw an error, unless the error is a problem already', () => {
    const error = new Error('socket hang up')
    const silent = explainThrown(api, error)
    expect(told(silent)).toEqual([
      'API_UNAVAILABLE',
      'The Orders API cannot be reached, or took too long.',
      { service },
    ])
    expect(silent.cause).toBe(error)
    expect(explainThrown(api, silent)).toBe(silent)
  })
})

describe('a Conditional Access challenge of an API', () => {
  const encode = (text: string, form: 'base64' | 'base64url' = 'base64') => Buffer.from(text).toString(form)
  const claims = '{"access_token":{"acrs":{"essential":true,"value":"c1>?"}}}'
  const challenge = (encoded: string, error = 'insufficient_claims') =>
    `Bearer realm="", error="${error}", claims="${encoded}", cc_type="authcontext"`

  it.each(['base64', 'base64url'] as const)('is passed on to the page (encoding: %s)', form => {
    const failure = explain(401, {}, challenge(encode(claims, form)))
    expect(told(failure)).toEqual([
      'CONDITIONAL_ACCESS_REQUIRED',
      'The Orders API wants stronger authentication of the user.',
      { service, status: 401 },
    ])
    expect(failure.options.extensions).toEqual({ claimsChallenge: claims })
  })

  const ofContext = (acrs: unknown) => JSON.stringify({ access_token: { acrs } })
  const explainAs = (text: string, of = { ...api, authenticationContexts: ['c1', 'c2'] }) =>
    explainApiResponse(of, 'obo', { status: 401, body: {}, challenge: challenge(encode(text)) })

  it('is reduced to its authentication context if the API’s contexts are configured', () => {
    const asked = '{"access_token":{"acrs":{"essential":true,"value":"c2","x":1},"xms_cc":{}},"id_token":{}}'
    expect(explainAs(asked).options.extensions).toEqual({
      claimsChallenge: ofContext({ essential: true, value: 'c2' }),
    })
  })

  it.each([
    ['another context', ofContext({ essential: true, value: 'c3' })],
    ['several contexts', ofContext({ essential: true, values: ['c1'] })],
    ['a context that is not essential', ofContext({ value: 'c1' })],
    ['a context that is only called essential', ofContext({ essential: 'true', value: 'c1' })],
    ['another claim', '{"access_token":{"xms_cc":{"values":["cp1"]}}}'],
    ['a claim of another token', '{"id_token":{"acrs":{"essential":true,"value":"c1"}}}'],
    ['no claims', 'null'],
    ['null as its claims', '{"access_token":null}'],
  ])('is reported as API_TOKEN_REJECTED if the configured contexts do not allow it: %s', (_what, text) => {
    const failure = explainAs(text)
    expect(told(failure)[0]).toBe('API_TOKEN_REJECTED')
    expect(failure.options.hint).toBe(
      'It asks the user for something that the agent is not configured to pass on. If it should, name the authentication context in ALERTS_AUTH_CONTEXT, or in authenticationContexts of an MCP server.',
    )
  })

  it('is not assumed: a 401 without a challenge keeps its usual hint', () => {
    const contexts = { ...api, authenticationContexts: ['c1'] }
    const refused = explainApiResponse(contexts, 'obo', { status: 401, body: {}, challenge: undefined })
    expect(refused.options.hint).toBeUndefined()
    expect(refused.options.extensions).toEqual({})
  })

  it('may have claims of up to 4,096 characters', () => {
    const long = encode(JSON.stringify({ x: 'x'.repeat(3_064) }))
    expect(long).toHaveLength(4_096)
    expect(explain(401, {}, challenge(long)).code).toBe('CONDITIONAL_ACCESS_REQUIRED')
  })

  it.each([
    ['another error', challenge(encode(claims), 'invalid_token')],
    ['no claims', 'Bearer error="insufficient_claims"'],
    ['another parameter', `Bearer error="insufficient_claims", myclaims="${encode(claims)}"`],
    ['claims that are no JSON', challenge(encode('none'))],
    ['claims that are no base64', challenge(`${encode(claims)}!`)],
    ['claims that are too long', challenge(encode(JSON.stringify({ x: 'x'.repeat(3_065) })))],
  ])('is ignored if it has %s', (_what, text) => {
    expect(told(explain(401, {}, text))[0]).toBe('API_TOKEN_REJECTED')
  })
})

describe('a failed call that can wait for its user', () => {
  const asked = identityProblem('CONDITIONAL_ACCESS_REQUIRED', 'It wants more.', {
    upstream: { service, status: 401 },
    extensions: { claimsChallenge: '{}' },
  })

  it('becomes a step-up if its API asks the user to prove more, and STEP_UP_NOT_CARRIED if the API asks again', () => {
    const stepUp = explainStepUp(api, asked, undefined)
    expect([stepUp.code, stepUp.message, stepUp.options]).toEqual([
      'STEP_UP_REQUIRED',
      'It wants more.',
      asked.options,
    ])
    const again = explainStepUp(api, asked, '{}')
    expect([again.code, again.message, again.options]).toEqual([
      'STEP_UP_NOT_CARRIED',
      'The Orders API still asks for it.',
      { upstream: asked.options.upstream },
    ])
  })

  it.each([
    [
      'of another service',
      identityProblem('CONDITIONAL_ACCESS_REQUIRED', 'x', { upstream: { service: 'entra' } }),
    ],
    ['of no named service', identityProblem('CONDITIONAL_ACCESS_REQUIRED', 'x')],
    ['of another kind', identityProblem('API_FORBIDDEN', 'x', { upstream: { service } })],
  ])('stays unchanged if its failure is %s', (_what, failure) => {
    expect(explainStepUp(api, failure, undefined)).toBe(failure)
  })
})
