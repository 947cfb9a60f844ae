import { refusals } from '@entra-agents/entra-failures/codes'
import { type OutboundResponse, SendError } from '@entra-agents/service-kit/send'
import { type Flow, mapFlows } from '@entra-agents/trace'
import { describe, expect, it } from 'vitest'
import { explainResponse, explainSilence } from './sidecar-failures.ts'
import { agent, expectSentences, ids, ordersApi, sidecarProblem } from './testing/fixtures.ts'

const { agentClientId, blueprintAppId } = ids
const ownContext = { agent, flow: 'autonomous', api: ordersApi } as const
const oboContext = { agent, flow: 'obo', api: ordersApi } as const
const agentUserContext = { agent, flow: 'agent-user', api: ordersApi } as const
const contextByFlow = { autonomous: ownContext, obo: oboContext, 'agent-user': agentUserContext }

function textResponse(
  status: number,
  text: string,
  contentType = 'application/problem+json',
): OutboundResponse {
  return { status, text, headers: { 'content-type': contentType } }
}

const emptyBody = (status: number, challenge?: string): OutboundResponse => ({
  status,
  text: '',
  headers: { 'www-authenticate': challenge },
})

const detail401 = (detail: string) => textResponse(401, sidecarProblem(401, detail))
const invalidToken = (description: string) =>
  emptyBody(401, `Bearer error="invalid_token", error_description="${description}"`)
const entraIsDown =
  'Service is unavailable to process the request. The request Uri is: https://login.microsoftonline.com/t/oauth2/v2.0/token on port 443'

describe('answers of the sidecar', () => {
  it('are reported with the ids that find the request in Entra’s log, and without the rest of their text', () => {
    const [requestId, correlationId] = [
      '0a1b2c3d-0000-4000-8000-00000000000a',
      '0a1b2c3d-0000-4000-8000-00000000000c',
    ]
    const [trace, correlation] = [`Trace ID: ${requestId}`, `Correlation ID: ${correlationId}`]
    for (const ids of [`${trace} ${correlation}`, `${correlation} ${trace}`]) {
      const text = `AADSTS50105: Ada Osei. ${ids} Timestamp: 2026-11-25 00:00:00Z`
      const { problem } = explainResponse(detail401(text), oboContext)
      expect(problem.options.upstream).toEqual({
        service: 'entra',
        code: 'AADSTS50105',
        requestId,
        correlationId,
      })
      expect(JSON.stringify(problem.toDocument('request-1'))).not.toContain('Ada')
    }
  })

  it.each(
    // biome-ignore format: table
    [
      ['no bearer token found', emptyBody(401, 'Bearer'), 'SIDECAR_MISCONFIGURED', false],
      ['a bearer token refused without a reason', emptyBody(401, 'Bearer error="invalid_token"'), 'SIDECAR_MISCONFIGURED', false],
      ['a token refused as expired', invalidToken("The token expired at '01/01/1970 00:16:40'"), 'SIDECAR_MISCONFIGURED', false],
      ['a token refused for its audience', invalidToken("The audience '(null)' is invalid"), 'SIDECAR_MISCONFIGURED', false],
      ['a token refused for its signature', invalidToken('The signature is invalid'), 'SIDECAR_MISCONFIGURED', false],
      ['Entra’s keys out of the sidecar’s reach', invalidToken("The issuer '(null)' is invalid"), 'ENTRA_UNAVAILABLE', true],
      ['a signing key that the sidecar has not fetched yet', invalidToken('The signature key was not found'), 'ENTRA_UNAVAILABLE', true],
      ['a request that is not local', emptyBody(403), 'SIDECAR_REFUSED_CALLER', false],
      ['no scopes', textResponse(400, sidecarProblem(400, "No scopes found for the API 'x'")), 'SIDECAR_MISCONFIGURED', false],
      ['another host name', textResponse(400, '<h2>Bad Request</h2>', 'text/html'), 'SIDECAR_MISCONFIGURED', false],
      ['another verb', emptyBody(405), 'SIDECAR_MISCONFIGURED', false],
      ['another server at the address', textResponse(404, 'nope', 'text/plain'), 'SIDECAR_MISCONFIGURED', false],
      ['headers too large', emptyBody(431), 'SIDECAR_MISCONFIGURED', false],
      ['a redirect', emptyBody(302), 'SIDECAR_MISCONFIGURED', false],
      ['Entra is down', detail401(entraIsDown), 'ENTRA_UNAVAILABLE', true],
      ['Entra is too slow', detail401('Request to the endpoint timed out. CorrelationId: x'), 'ENTRA_UNAVAILABLE', true],
      ['nothing of Entra at the sidecar’s instance', detail401('HttpStatusCode: 404: NotFound'), 'ENTRA_UNAVAILABLE', true],
      ['a web page in Entra’s place', detail401('An error response was returned, but it could not be parsed.'), 'ENTRA_UNAVAILABLE', true],
      ['Entra throttles', detail401('{"error":"slow_down"}'), 'ENTRA_UNAVAILABLE', false],
      ['Entra throttles, as MSAL says', detail401('Your app has been throttled.'), 'ENTRA_UNAVAILABLE', false],
      ['an error that quotes a refusal by Entra without being one', textResponse(500, sidecarProblem(500, 'AADSTS700016: Unknown.')), 'SIDECAR_FAILED', true],
      ['no app token', detail401('No account or login hint was passed to the AcquireTokenSilent call.'), 'SIDECAR_MISCONFIGURED', false],
      ['an unexpected error', textResponse(500, sidecarProblem(500, 'An unexpected error occurred.')), 'SIDECAR_FAILED', true],
      ['no tenant configured', emptyBody(500), 'SIDECAR_MISCONFIGURED', false],
      ['a proxy in between', textResponse(503, 'upstream connect error', 'text/plain'), 'SIDECAR_UNREACHABLE', true],
      ['a header without a bearer token', textResponse(200, '{"authorizationHeader":"Pop x"}'), 'SIDECAR_FAILED', false],
      ['no JSON', textResponse(200, '<html>'), 'SIDECAR_FAILED', false],
    ],
  )('are explained by a problem: %s', (_what, given, code, transient) => {
    for (const context of [ownContext, oboContext]) {
      const failure = explainResponse(given, context)
      expect(failure.problem.code).toBe(code)
      expect(failure.transient).toBe(transient)
      expect(failure.problem.options.upstream).toEqual({ service: 'sidecar', status: given.status })
      expectSentences(failure.problem)
    }
  })

  it('never make the agent ask for another sign-in when the sidecar refuses a token that the agent has verified', () => {
    for (const challenge of [
      'Bearer',
      'Bearer error="invalid_token"',
      'Bearer error_description="The issuer \'(null)\'"',
    ]) {
      expect(
        explainResponse(emptyBody(401, challenge), oboContext).problem.kind.status,
      ).toBeGreaterThanOrEqual(500)
    }
  })

  it('that report missing scopes are explained with the variable that sets the scopes', () => {
    const contentType = 'application/problem+json; charset=utf-8'
    const failure = explainResponse(
      textResponse(400, sidecarProblem(400, 'No scopes found'), contentType),
      oboContext,
    )
    expect(failure.problem.options.hint).toContain('DownstreamApis__orders__Scopes__0')
  })

  it.each([
    ['another server at the address', emptyBody(405), 'SIDECAR_URL'],
    ['another host name', textResponse(400, 'no', 'text/html'), 'http://localhost:<port>'],
    ['an unknown 400', emptyBody(400), 'http://localhost:<port>'],
    ['Entra’s keys out of the sidecar’s reach', invalidToken('The issuer is invalid'), 'port 443'],
    ['a wrong clock', invalidToken('The token expired'), 'clock'],
    ['a token refused for another reason', invalidToken('The audience is invalid'), 'AzureAd__ClientId'],
    ['no app token', detail401('No account or login hint was passed'), 'ordersApp__RequestAppToken=true'],
    ['an instance with a tenant', detail401('HttpStatusCode: 404: NotFound'), 'AzureAd__Instance'],
    ['no tenant', emptyBody(500), 'AzureAd__TenantId'],
  ])('are reported with a hint what to do about %s', (_what, given, hint) => {
    expect(explainResponse(given, ownContext).problem.options.hint).toContain(hint)
  })

  it('that are malformed are not quoted in the cause of the problem', () => {
    for (const body of ['{"detail":17}', 'no JSON', '[]']) {
      const { problem } = explainResponse(textResponse(401, body), ownContext)
      expect(problem.code).toBe('ENTRA_UNAVAILABLE')
      expect(problem.options.cause).toMatchObject({
        name: 'SidecarResponseError',
        status: 401,
        message: 'The sidecar responded 401.',
      })
    }
  })

  it('that never come are reported as SIDECAR_UNREACHABLE', () => {
    const cause = new Error('ECONNREFUSED')
    const { problem, transient } = explainSilence(cause)
    expect(problem).toMatchObject({
      code: 'SIDECAR_UNREACHABLE',
      options: { cause, upstream: { service: 'sidecar' } },
    })
    expectSentences(problem)
    expect(transient).toBe(true)
  })

  it('that are far too long are reported as a wrong SIDECAR_URL', () => {
    const { problem, transient } = explainSilence(new SendError('too-large', 'too long'))
    expect(problem).toMatchObject({
      code: 'SIDECAR_MISCONFIGURED',
      options: { upstream: { service: 'sidecar' }, hint: expect.stringContaining('SIDECAR_URL') },
    })
    expectSentences(problem)
    expect(transient).toBe(false)
  })
})

describe('refusals of Entra', () => {
  it.each([
    ['AADSTS82001', ownContext, 'Sidecar__AllowOverrides__GetAuthorizationHeaderUnauthenticated=true'],
    ['AADSTS65001', oboContext, 'Sidecar__AllowOverrides__GetAuthorizationHeader=true'],
    ['AADSTS50105', oboContext, 'Sidecar__AllowOverrides__GetAuthorizationHeader=true'],
    ['AADSTS50076', oboContext, 'Sidecar__AllowOverrides__GetAuthorizationHeader=true'],
  ])(
    'with the code %s that name the blueprint instead of the agent show that the sidecar ignores the agent identity',
    (aadsts, context, setting) => {
      const { problem } = explainResponse(detail401(`${aadsts}: Application '${blueprintAppId}' …`), context)
      expect(problem.code).toBe('AGENT_IDENTITY_NOT_HONOURED')
      expect(problem.options.hint).toContain(setting)
      expectSentences(problem)
    },
  )

  it.each(['AADSTS7000215', 'AADSTS700213', 'AADSTS700016'])(
    'with the code %s that name the blueprint are about the blueprint’s own request, not about an ignored agent identity',
    aadsts => {
      const { problem } = explainResponse(
        detail401(`${aadsts}: Application '${blueprintAppId}' …`),
        oboContext,
      )
      expect(problem.code).not.toBe('AGENT_IDENTITY_NOT_HONOURED')
    },
  )

  it('are explained with the names of the API and of the API’s sidecar entry', () => {
    const { problem } = explainResponse(detail401('AADSTS65001: …'), oboContext)
    expect(problem.message).toBe('The agent identity has no grant for the Orders API. (AADSTS65001)')
    const scope = explainResponse(detail401('AADSTS70011: …'), ownContext)
    expect(scope.problem.options.hint).toContain('DownstreamApis__ordersApp__Scopes__0')
  })

  const wrapped = (text: string) =>
    `A configuration issue is preventing authentication - check the error message from the server for details. Original exception: ${text}`

  it.each(Object.entries(refusals))(
    'with the code AADSTS%s mean what the table of refusals says, also inside a text of MSAL',
    (code, refusal) => {
      const text = `AADSTS${code}: Some sentence.`
      for (const detail of [text, wrapped(text)]) {
        for (const [flow, meaning] of [
          ['obo', refusal],
          ['autonomous', refusal.asItself ?? refusal],
          ['agent-user', refusal.asAgentUser ?? refusal.asItself ?? refusal],
        ] as const) {
          const { problem, transient } = explainResponse(detail401(detail), contextByFlow[flow])
          expect(problem.code).toBe(meaning.code)
          expect('needs' in (problem.options.extensions ?? {})).toBe(meaning.lacksRight ?? false)
          expect(transient).toBe(meaning.transient ?? false)
          expect(problem.options.upstream).toEqual({ service: 'entra', code: `AADSTS${code}` })
          expectSentences(problem)
        }
      }
    },
  )

  it.each(['AADSTS90033', 'AADSTS90055'])('with the code %s are transient', code => {
    const failure = explainResponse(detail401(`${code}: Busy.`), ownContext)
    expect(failure).toMatchObject({ problem: { code: 'ENTRA_UNAVAILABLE' }, transient: true })
  })

  it.each(['AADSTS900144', 'AADSTS9999999'])('with the unknown code %s become a general problem', code => {
    const codeOf = (flow: Flow, text: string) =>
      explainResponse(detail401(text), contextByFlow[flow]).problem.code
    expect(mapFlows(flow => codeOf(flow, `${code}: x`))).toEqual({
      autonomous: 'ENTRA_REFUSED',
      obo: 'ENTRA_REFUSED',
      'agent-user': 'AGENT_USER_UNUSABLE',
    })
    // The text names the blueprint, so Entra refused T1, which is not yet about the agent's user account.
    expect(codeOf('agent-user', `${code}: Application '${blueprintAppId}' …`)).toBe('ENTRA_REFUSED')
  })

  it.each([
    ['AADSTS700016', agentClientId, 'AGENT_NOT_PERMITTED'],
    ['AADSTS700016', blueprintAppId, 'SIDECAR_MISCONFIGURED'],
    ['AADSTS7000112', agentClientId, 'AGENT_DISABLED'],
    ['AADSTS7000112', blueprintAppId, 'SIDECAR_MISCONFIGURED'],
  ])('with the code %s about the application %s become the problem %s', (aadsts, id, code) => {
    const text = `${aadsts}: Application with identifier '${id}' was not found or is disabled.`
    const { problem } = explainResponse(detail401(text), ownContext)
    expect(problem.code).toBe(code)
    expectSentences(problem)
  })

  it('are reported without Entra’s own text, which names people, applications and tenants', () => {
    const text = 'AADSTS65001: The user ada@contoso.example has not consented. Trace ID: 1234'
    const { problem } = explainResponse(detail401(text), oboContext)
    expect(
      JSON.stringify([problem.toDocument('r'), problem.message, String(problem.options.cause)]),
    ).not.toMatch(/ada@contoso|Trace ID/)
  })

  it('have a hint to look up the code if the code is unknown, and no such hint if the code is known', () => {
    expect(explainResponse(detail401('AADSTS900144: x'), ownContext).problem.options.hint).toBe(
      'Look it up at https://login.microsoftonline.com/error?code=900144.',
    )
    expect(explainResponse(detail401('AADSTS7000214: x'), ownContext).problem.options.hint).toBeUndefined()
  })

  it('by Conditional Access come without a challenge, since the sidecar drops Entra’s challenge', () => {
    const { problem } = explainResponse(detail401('AADSTS50076: MFA'), oboContext)
    expect(problem.toDocument('r')).not.toHaveProperty('claimsChallenge')
  })
})
