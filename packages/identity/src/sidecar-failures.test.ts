import { refusals } from '@entra-agents/entra-failures/codes'
import { type OutboundResponse, SendError } from '@entra-agents/service-kit/send'
import { flowNames } from '@entra-agents/trace'
import { describe, expect, it } from 'vitest'
import { explainResponse, explainSilence, type TokenFailure } from './sidecar-failures.ts'
import { agent, describeProblem, ids, ordersApi, sidecarProblem } from './testing/fixtures.ts'

const textResponse = (status: number, text: string, type = 'application/problem+json'): OutboundResponse => ({
  status,
  text,
  headers: { 'content-type': type },
})
const emptyBody = (status: number, challenge?: string): OutboundResponse => ({
  status,
  text: '',
  headers: { 'www-authenticate': challenge },
})
const problem = (status: number, detail: string) => textResponse(status, sidecarProblem(status, detail))
const invalidToken = (description: string) =>
  emptyBody(401, `Bearer error="invalid_token", error_description="${description}"`)

function describeTokenFailure({ problem, transient }: TokenFailure): string {
  const again = transient === 'spreading' ? 'several times' : 'once'
  return [describeProblem(problem), ...(transient ? [`  asked again: ${again}`] : [])].join('\n')
}

/** What a response means in each flow; flows in which it means the same are named together. */
function describeResponse([what, response]: readonly [what: string, response: OutboundResponse]): string {
  const flowsOf = Map.groupBy(flowNames, flow =>
    describeTokenFailure(explainResponse(response, { agent, flow, api: ordersApi })),
  )
  const meanings = [...flowsOf].map(([meaning, flows]) =>
    flows.length === flowNames.length ? meaning : `(${flows.join(', ')}) ${meaning}`,
  )
  return [`# ${what}`, ...meanings, ''].join('\n')
}

// biome-ignore format: table
const ownResponses: readonly (readonly [string, OutboundResponse])[] = [
  ['no bearer token found', emptyBody(401, 'Bearer')],
  ['a bearer token refused without a reason', emptyBody(401, 'Bearer error="invalid_token"')],
  ['a token refused as expired', invalidToken("The token expired at '01/01/1970 00:16:40'")],
  ['a token refused for its audience', invalidToken("The audience '(null)' is invalid")],
  ['Entra’s keys out of the sidecar’s reach', invalidToken("The issuer '(null)' is invalid")],
  ['a signing key that the sidecar has not fetched yet', invalidToken('The signature key was not found')],
  ['a request that is not local', emptyBody(403)],
  ['no scopes', textResponse(400, sidecarProblem(400, "No scopes found for the API 'x'"), 'application/problem+json; charset=utf-8')],
  ['another host name', textResponse(400, '<h2>Bad Request</h2>', 'text/html')],
  ['a 400 without a word', emptyBody(400)],
  ['another verb', emptyBody(405)],
  ['another server at the address', textResponse(404, 'nope', 'text/plain')],
  ['a redirect', emptyBody(302)],
  ['Entra is down', problem(401, 'Service is unavailable to process the request. The request Uri is: https://login.microsoftonline.com/t/oauth2/v2.0/token on port 443')],
  ['Entra is too slow', problem(401, 'Request to the endpoint timed out. CorrelationId: x')],
  ['nothing of Entra at the sidecar’s instance', problem(401, 'HttpStatusCode: 404: NotFound')],
  ['a web page in Entra’s place', problem(401, 'An error response was returned, but it could not be parsed.')],
  ['Entra throttles', problem(401, '{"error":"slow_down"}')],
  ['Entra throttles, as MSAL says', problem(401, 'Your app has been throttled.')],
  ['no account to act for', problem(401, 'No account or login hint was passed to the AcquireTokenSilent call.')],
  ['a detail that is no text', textResponse(401, '{"detail":17}')],
  ['a 401 that is no JSON', textResponse(401, 'no JSON')],
  ['an unexpected error', problem(500, 'An unexpected error occurred.')],
  ['an error that quotes a refusal by Entra without being one', problem(500, 'AADSTS700016: Unknown.')],
  ['no tenant configured', emptyBody(500)],
  ['a bad gateway', emptyBody(502)],
  ['a proxy in between', textResponse(503, 'upstream connect error', 'text/plain')],
  ['a gateway that waits in vain', emptyBody(504)],
  ['a header without a bearer token', textResponse(200, '{"authorizationHeader":"Pop x"}')],
]

it('A response of the sidecar without a token is explained by a problem, which never asks the user to sign in again', async () => {
  await expect(ownResponses.map(describeResponse).join('\n')).toMatchFileSnapshot('sidecar-failures.txt')
})

it('An error in place of a response is explained by a sidecar out of reach, or by something else at its address', async () => {
  const causes = [new Error('ECONNREFUSED'), new SendError('too-large', 'too long')]
  const failures = causes.map(cause => explainSilence(cause))
  expect(failures.map(({ problem }) => problem.options.cause)).toEqual(causes)
  await expect(failures.map(describeTokenFailure).join('\n\n')).toMatchFileSnapshot('sidecar-silence.txt')
})

describe('A refusal of Entra', () => {
  const wrapped = (text: string) =>
    `A configuration issue is preventing authentication - check the error message from the server for details. Original exception: ${text}`

  it('means in each flow what its code says', async () => {
    const known = Object.keys(refusals).map(code => [`AADSTS${code}`, `AADSTS${code}: A sentence.`] as const)
    const further = [
      ['an unknown code', 'AADSTS900144: A sentence.'],
      ['in a text of MSAL', wrapped('AADSTS50105: A sentence.')],
    ] as const
    const told = [...known, ...further].map(([what, detail]) =>
      describeResponse([what, problem(401, detail)]),
    )
    await expect(told.join('\n')).toMatchFileSnapshot('entra-refusals.txt')
  })

  it('means something else if it names the blueprint, as which the sidecar must not ask for TR, or the agent', async () => {
    const { agentClientId, blueprintAppId } = ids
    const codes = [82001, 65001, 50105, 50076, 7000215, 700213, 700016, 7000112, 900144]
    const told = codes.flatMap(code =>
      Object.entries({ blueprint: blueprintAppId, agent: agentClientId }).map(([who, id]) =>
        describeResponse([
          `AADSTS${code} that names the ${who}`,
          problem(401, `AADSTS${code}: Application '${id}' …`),
        ]),
      ),
    )
    await expect(told.join('\n')).toMatchFileSnapshot('entra-refusals-by-name.txt')
  })

  it('is reported with the ids that find it in Entra’s log, and without the rest of Entra’s text, which names people', () => {
    const [requestId, correlationId] = [
      '0a1b2c3d-0000-4000-8000-00000000000a',
      '0a1b2c3d-0000-4000-8000-00000000000c',
    ]
    const [trace, correlation] = [`Trace ID: ${requestId}`, `Correlation ID: ${correlationId}`]
    for (const found of [`${trace} ${correlation}`, `${correlation} ${trace}`]) {
      const text = `AADSTS50105: ada@contoso.example. ${found} Timestamp: 2026-11-25 00:00:00Z`
      const { problem: told } = explainResponse(problem(401, text), { agent, flow: 'obo', api: ordersApi })
      const { upstream, cause } = told.options
      expect(upstream).toEqual({ service: 'entra', code: 'AADSTS50105', requestId, correlationId })
      expect(JSON.stringify([told.toDocument('request-1'), told.message])).not.toMatch(/ada@|Trace ID|2026/)
      expect(cause).toMatchObject({ status: 401, message: 'The sidecar responded 401.' })
      expect(String(cause)).toBe('SidecarResponseError: The sidecar responded 401.')
    }
  })
})
