import { expect, it } from 'vitest'
import { authorizationHeader, autonomousClaims, ids, ordersApi, sidecarProblem } from '../testing/fixtures.ts'
import { apiCallerOf, problemOf, sendJson, startTestServer, stepsOf, turnOf } from './testing/stage.ts'

const denial = (status: number) =>
  sendJson(status, { code: 'ORDERS_DENIED', detail: 'On the list.', failedCheck: 'deny-list' })

/** An API that denies the sidecar's cached token; `whenNew` says what happens when the sidecar is asked for a new one. */
async function denyingApi(
  status: number,
  whenNew: 'issues' | 'issues in vain' | 'is told that the agent is off',
) {
  const cached = authorizationHeader(autonomousClaims({ uti: 'cached' }))
  const other = authorizationHeader(autonomousClaims({ uti: 'new' }))
  const asked: boolean[] = []
  const sidecar = await startTestServer(({ url = '' }, response) => {
    const isNew = url.includes('optionsOverride.AcquireTokenOptions.ForceRefresh=true')
    asked.push(isNew)
    if (!isNew) return response.end(cached)
    if (whenNew !== 'is told that the agent is off') return response.end(other)
    const text = `AADSTS7000112: Application '${ids.agentClientId}' is disabled.`
    return response
      .writeHead(401, { 'content-type': 'application/problem+json' })
      .end(sidecarProblem(401, text))
  })
  const server = await startTestServer(({ headers }, response) => {
    const isCached = cached.includes(headers.authorization ?? '')
    const respond = isCached || whenNew === 'issues in vain' ? denial(status) : sendJson(200, { found: 'it' })
    respond(response)
  })
  const { caller } = apiCallerOf([ordersApi], sidecar.url)
  const turn = turnOf()
  const isBody = (body: unknown): body is object => body !== undefined
  const api = { ...ordersApi, url: server.url }
  return { turn, asked, call: () => caller.for(turn).call(api, { path: '/', subject: 'things', isBody }) }
}

it('If an API denies a cached token, the call is made again with a new token from Entra', async () => {
  const { turn, asked, call } = await denyingApi(401, 'issues')
  expect(await call()).toEqual({ found: 'it' })
  expect(asked).toEqual([false, true])
  expect(stepsOf(turn, 'api-call').map(({ status }) => status)).toEqual(['failed', 'ok'])
  const asks = stepsOf(turn, 'token-request').filter(({ to }) => to === 'sidecar')
  expect(asks.map(({ title }) => title.endsWith(', past its cache'))).toEqual([false, true])
})

it('An agent that an API denies and Entra has disabled is reported as disabled', async () => {
  const { call } = await denyingApi(403, 'is told that the agent is off')
  await expect(call()).rejects.toEqual(problemOf('AGENT_DISABLED'))
})

it('An agent that only the API denies is reported as on the API’s deny list, after one request for a new token', async () => {
  const { asked, call } = await denyingApi(403, 'issues in vain')
  const failure = call()
  await expect(failure).rejects.toEqual(problemOf('API_FORBIDDEN'))
  await expect(failure).rejects.toThrow('The agent is on the deny list of the Orders API.')
  expect(asked).toEqual([false, true])
})
