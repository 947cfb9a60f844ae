import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { RequestListener, ServerResponse } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type AgentTokens, type AgentTokensOptions, createAgentTokens } from './agent-tokens.ts'
import { identityProblem } from './problems.ts'
import {
  agent,
  authorizationHeader,
  autonomousClaims,
  deadUrl,
  ids,
  onBehalfOfClaims,
  ordersApi,
  recordingLogger,
  secondAgent,
  sidecarProblem,
  startServer,
  type TestServer,
  verifiedUser,
} from './testing/fixtures.ts'
import { type IdentityTiming, identityTiming } from './timing.ts'
import type { TokenRequest } from './token-request.ts'

const correlationId = '99999999-0000-4000-8000-000000000009'
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
})

async function startSidecar(listener: RequestListener): Promise<TestServer> {
  const server = await startServer(listener)
  opened.push(server)
  return server
}

/** The health of the agent's identity, with that of its flows. */
function healthOf({ health }: AgentTokens) {
  return { ...health, flows: health.flowsOf(agent) }
}

function createTokens(
  sidecarUrl: string,
  more: Partial<AgentTokensOptions> = {},
  changes: Partial<IdentityTiming> = {},
): AgentTokens {
  const tokens = createAgentTokens({
    sidecarUrl,
    agents: [agent],
    apis: [ordersApi],
    lookAtEntra: async () => 'responds',
    logger: recordingLogger().logger,
    timing: { ...identityTiming, tokenRetryMs: 5, sidecarRestartMs: 20, ...changes },
    ...more,
  })
  opened.push(tokens)
  return tokens
}

/** A sidecar whose requests `listener` answers, and the `AgentTokens` that ask this sidecar. */
async function tokensOf(
  listener: RequestListener,
  more?: Partial<AgentTokensOptions>,
  changes?: Partial<IdentityTiming>,
) {
  const sidecar = await startSidecar(listener)
  return { sidecar, tokens: createTokens(sidecar.url, more, changes) }
}

function request(changes: Partial<TokenRequest> = {}): TokenRequest {
  return {
    agent,
    flow: 'autonomous',
    api: ordersApi,
    user: undefined,
    correlationId,
    traceparent,
    signal: new AbortController().signal,
    ...changes,
  }
}

const oboRequest = (oid: string, value?: string) => request({ flow: 'obo', user: verifiedUser(oid, value) })
const problemOf = (code: string) =>
  expect.objectContaining({ code, message: expect.stringMatching(/^[A-Z“].+[.)]$/) })
const isHealthPath = (target: string | undefined) => target === '/healthz'

function grantToken(response: ServerResponse, claims = autonomousClaims()): void {
  response.setHeader('content-type', 'application/json; charset=utf-8')
  response.end(authorizationHeader(claims))
}

/** The claims of an agent's own token, for the agent that a request to the sidecar names. */
function claimsOfNamedAgent(target = '') {
  const azp = new URL(target, 'http://localhost').searchParams.get('AgentIdentity')
  return autonomousClaims({ azp, oid: azp, sub: azp })
}

function refuse(response: ServerResponse, status: number, detail: string): void {
  response
    .writeHead(status, { 'content-type': 'application/problem+json' })
    .end(sidecarProblem(status, detail))
}

/** Gives the nth token request the nth answer, and further ones the last answer; `/healthz` gets “Healthy”. */
function inOrder(...answers: ((response: ServerResponse) => void)[]): RequestListener {
  let next = 0
  return (incoming, response) => {
    if (isHealthPath(incoming.url)) {
      response.end('Healthy')
      return
    }
    answers[Math.min(next, answers.length - 1)]?.(response)
    next += 1
  }
}

describe('the token that the sidecar is asked for', () => {
  it('is an app token of the agent identity in the autonomous flow; Tc is not sent, even if the user has one', async () => {
    const { sidecar, tokens } = await tokensOf(inOrder(grantToken))
    const token = await tokens.obtain(request({ user: verifiedUser(ids.ada) }))
    expect(token).toMatchObject({
      claims: { azp: ids.agentClientId },
      attempts: 1,
      correlationId,
    })
    expect(sidecar.requests).toHaveLength(1)
    expect(sidecar.requests[0]?.target).toBe(
      `GET /AuthorizationHeaderUnauthenticated/ordersApp?AgentIdentity=${ids.agentClientId}` +
        `&optionsOverride.AcquireTokenOptions.CorrelationId=${correlationId}`,
    )
    expect(sidecar.requests[0]?.headers).toMatchObject({
      traceparent,
      host: new URL(sidecar.url).host,
      accept: 'application/json',
    })
    expect(sidecar.requests[0]?.headers).not.toHaveProperty('authorization')
  })

  it('is a token on behalf of the user in the obo flow, with Tc', async () => {
    const { sidecar, tokens } = await tokensOf(
      inOrder(response => grantToken(response, onBehalfOfClaims(ids.ada))),
    )
    const token = await tokens.obtain(oboRequest(ids.ada, 'tc-of-ada'))
    expect(token.claims['oid']).toBe(ids.ada)
    expect(sidecar.requests[0]?.target).toContain(
      `GET /AuthorizationHeader/orders?AgentIdentity=${ids.agentClientId}&`,
    )
    expect(sidecar.requests[0]?.headers.authorization).toBe('Bearer tc-of-ada')
  })

  it('is never an app token in the obo flow: without a user, no token is requested', async () => {
    const { sidecar, tokens } = await tokensOf(inOrder(grantToken))
    await expect(tokens.obtain(request({ flow: 'obo' }))).rejects.toEqual(problemOf('SIGN_IN_REQUIRED'))
    expect(sidecar.requests).toEqual([])
  })

  it('is requested at a URL that `urlOf` returns in full', async () => {
    const tokens = createTokens('http://localhost:5000')
    expect(tokens.urlOf(request())).toBe(
      `http://localhost:5000/AuthorizationHeaderUnauthenticated/ordersApp?AgentIdentity=${ids.agentClientId}` +
        `&optionsOverride.AcquireTokenOptions.CorrelationId=${correlationId}`,
    )
  })

  it('is requested anew each time, since only the sidecar has a cache', async () => {
    const { sidecar, tokens } = await tokensOf(inOrder(grantToken))
    await tokens.obtain(request())
    await tokens.obtain(request())
    expect(sidecar.requests).toHaveLength(2)
  })
})

describe('equal requests under way', () => {
  it('are sent to the sidecar as one request', async () => {
    const { sidecar, tokens } = await tokensOf(inOrder(grantToken))
    const all = await Promise.all(Array.from({ length: 50 }, () => tokens.obtain(request())))
    expect(new Set(all.map(token => token.raw)).size).toBe(1)
    expect(sidecar.requests).toHaveLength(1)
  })

  it('are joined only if user and flow are the same', async () => {
    const sidecar = await startSidecar((incoming, response) => {
      const oid = incoming.headers.authorization?.slice('Bearer token-of-'.length)
      void setImmediate().then(() => grantToken(response, oid ? onBehalfOfClaims(oid) : autonomousClaims()))
    })
    const tokens = createTokens(sidecar.url)
    const asked = Array.from({ length: 150 }, (_, n) =>
      [oboRequest(ids.ada), oboRequest(ids.ben), request()].at(n % 3),
    ).filter(one => one !== undefined)
    const got = await Promise.all(asked.map(one => tokens.obtain(one)))
    expect(got.map(token => token.claims['oid'])).toEqual(
      asked.map(one => one.user?.objectId ?? ids.agentClientId),
    )
    expect(sidecar.requests).toHaveLength(3)
  })

  it('are joined only if the agent is the same, so that each agent gets its own token', async () => {
    const { sidecar, tokens } = await tokensOf((incoming, response) =>
      grantToken(response, claimsOfNamedAgent(incoming.url)),
    )
    const asked = [agent, secondAgent, agent, secondAgent]
    const got = await Promise.all(asked.map(one => tokens.obtain(request({ agent: one }))))
    expect(got.map(token => token.claims['azp'])).toEqual(asked.map(({ clientId }) => clientId))
    expect(sidecar.requests).toHaveLength(2)
  })

  it('never get the token of another agent, even if the sidecar returns it', async () => {
    const { tokens } = await tokensOf(inOrder(grantToken))
    const obtained = tokens.obtain(request({ agent: secondAgent }))
    await expect(obtained).rejects.toEqual(problemOf('AGENT_IDENTITY_NOT_HONOURED'))
  })

  it('are not joined when the same user has a new token', async () => {
    const { sidecar, tokens } = await tokensOf(
      inOrder(response => grantToken(response, onBehalfOfClaims(ids.ada))),
    )
    await Promise.all([
      tokens.obtain(oboRequest(ids.ada, 'first')),
      tokens.obtain(oboRequest(ids.ada, 'renewed')),
    ])
    expect(sidecar.requests).toHaveLength(2)
  })

  it('are aborted when the last caller goes away, and not before', async () => {
    let hungUp = 0
    const sidecar = await startSidecar((_incoming, response) => {
      response.on('close', () => {
        hungUp += 1
      })
    })
    const tokens = createTokens(sidecar.url)
    const first = new AbortController()
    const second = new AbortController()
    const one = tokens.obtain(request({ signal: first.signal }))
    const two = tokens.obtain(request({ signal: second.signal }))
    await expect.poll(() => sidecar.requests.length).toBe(1)
    first.abort(new Error('first went away'))
    await expect(one).rejects.toThrow('first went away')
    expect(hungUp).toBe(0)
    second.abort(new Error('second went away'))
    await expect(two).rejects.toThrow('second went away')
    await expect.poll(() => hungUp).toBe(1)
    expect(tokens.health.sidecar.state).toBe('unknown')
  })
})

describe('a token request that fails', () => {
  type Answer = (response: ServerResponse) => void
  const serviceDown: Answer = response => refuse(response, 401, 'Service is unavailable.')
  const broken: Answer = response => response.destroy()
  const unknownCredential: Answer = response =>
    refuse(response, 401, 'AADSTS700213: No matching federated identity record found.')

  it.each(
    // biome-ignore format: table
    [
      ['an outage of Entra', serviceDown],
      ['a code of Entra that passes', (response: ServerResponse) => refuse(response, 401, 'AADSTS90033: busy')],
      ['an unexpected error', (response: ServerResponse) => refuse(response, 500, 'An unexpected error occurred.')],
      ['a broken connection', broken],
      ['keys out of the sidecar’s reach', (response: ServerResponse) => response.writeHead(401, { 'www-authenticate': `Bearer error_description="The issuer '(null)' is invalid"` }).end()],
    ],
  )('is made again after %s', async (_what, failure) => {
    const { tokens } = await tokensOf(inOrder(failure, grantToken))
    await expect(tokens.obtain(request())).resolves.toMatchObject({
      attempts: 2,
    })
  })

  it('is made again, several times, while Entra does not know a federated credential everywhere', async () => {
    const { tokens } = await tokensOf(
      inOrder(unknownCredential, unknownCredential, unknownCredential, grantToken),
    )
    await expect(tokens.obtain(request())).resolves.toMatchObject({ attempts: 4 })
  })

  it.each([
    [2, 'ENTRA_UNAVAILABLE', serviceDown],
    [3, 'SIDECAR_UNREACHABLE', broken],
    [4, 'FEDERATION_MISMATCH', unknownCredential],
  ] as const)('is given up after %i attempts, with the problem %s', async (times, code, failure) => {
    const { sidecar, tokens } = await tokensOf(inOrder(failure))
    await expect(tokens.obtain(request())).rejects.toEqual(problemOf(code))
    expect(sidecar.requests).toHaveLength(times)
  })

  it('is made again after ever longer waits', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(1)
    const cameMs: number[] = []
    const sidecar = await startSidecar(
      inOrder(response => {
        cameMs.push(performance.now())
        broken(response)
      }),
    )
    await expect(createTokens(sidecar.url, {}, { tokenRetryMs: 20 }).obtain(request())).rejects.toThrow()
    const [first = 0, second = 0, third = 0] = cameMs
    expect(second - first).toBeGreaterThan(20)
    expect(third - second).toBeGreaterThan(40)
  })

  it('is not made again if the caller goes away during the wait', async () => {
    const caller = new AbortController()
    const sidecar = await startSidecar(
      inOrder(response => {
        response.once('close', () => setImmediate().then(() => caller.abort(new Error('went away'))))
        response.setHeader('connection', 'close')
        serviceDown(response)
      }),
    )
    const tokens = createTokens(sidecar.url, {}, { tokenRetryMs: 60_000, tokenDeadlineMs: 120_000 })
    await expect(tokens.obtain(request({ signal: caller.signal }))).rejects.toThrow('went away')
    expect(sidecar.requests).toHaveLength(1)
  })

  it.each([
    ['CONSENT_REQUIRED', (response: ServerResponse) => refuse(response, 401, 'AADSTS65001: no grant')],
    [
      'AGENT_NOT_PERMITTED',
      (response: ServerResponse) =>
        refuse(response, 401, `AADSTS700213: No record for ${ids.agentClientId}.`),
    ],
    ['ENTRA_UNAVAILABLE', (response: ServerResponse) => refuse(response, 401, '{"error":"throttled"}')],
    ['SIDECAR_MISCONFIGURED', (response: ServerResponse) => refuse(response, 400, 'No scopes found')],
    ['SIDECAR_REFUSED_CALLER', (response: ServerResponse) => response.writeHead(403).end()],
    [
      'AGENT_IDENTITY_NOT_HONOURED',
      (response: ServerResponse) => grantToken(response, autonomousClaims({ azp: ids.blueprintAppId })),
    ],
    ['SIDECAR_MISCONFIGURED', (response: ServerResponse) => response.end('x'.repeat(200_000))],
  ])('is not made again if another attempt would not help: %s', async (code, failure) => {
    const { sidecar, tokens } = await tokensOf(inOrder(failure, grantToken))
    await expect(tokens.obtain(request())).rejects.toEqual(problemOf(code))
    expect(sidecar.requests).toHaveLength(1)
  })
})

describe('a token that has expired on arrival', () => {
  const expired = (response: ServerResponse) => grantToken(response, autonomousClaims({ exp: 1 }))
  const pastTheCache = ({ requests }: TestServer) =>
    requests.map(({ target }) => target.includes('AcquireTokenOptions.ForceRefresh=true'))

  it('is asked for once more, past the sidecar’s cache', async () => {
    const { sidecar, tokens } = await tokensOf(inOrder(expired, grantToken))
    await expect(tokens.obtain(request())).resolves.toMatchObject({ attempts: 2, isNew: true })
    expect(pastTheCache(sidecar)).toEqual([false, true])
  })

  it('is a failure if the new one has expired, too', async () => {
    const { sidecar, tokens } = await tokensOf(inOrder(expired))
    await expect(tokens.obtain(request())).rejects.toEqual(problemOf('SIDECAR_MISCONFIGURED'))
    expect(pastTheCache(sidecar)).toEqual([false, true])
  })
})

describe('a response without a usable token', () => {
  const { authorizationHeader: valid } = JSON.parse(authorizationHeader(autonomousClaims()))

  it.each([
    ['the status 401', 401, valid],
    ['the status 201', 201, valid],
    ['words before the token', 200, `Not ${valid}`],
    ['words after the token', 200, `${valid} and more`],
    ['a list in place of the token', 200, [valid]],
    ['`null` in place of the token', 200, null],
  ])('is refused because it has %s', async (_what, status, header) => {
    const sidecar = await startSidecar(
      inOrder(response => response.writeHead(status).end(JSON.stringify({ authorizationHeader: header }))),
    )
    await expect(createTokens(sidecar.url).obtain(request())).rejects.toMatchObject({
      code: expect.stringMatching(/^(SIDECAR_FAILED|SIDECAR_MISCONFIGURED|ENTRA_UNAVAILABLE)$/),
      options: { upstream: { service: 'sidecar', status } },
    })
  })

  it('is explained by its text if its media type is application/problem+json', async () => {
    const { tokens } = await tokensOf(inOrder(response => refuse(response, 400, 'No scopes found')))
    await expect(tokens.obtain(request())).rejects.toMatchObject({
      options: { hint: expect.stringContaining('DownstreamApis__ordersApp__Scopes__0') },
    })
  })
})

describe('a sidecar that restarts', () => {
  const patient = { sidecarRestartMs: 60_000, tokenDeadlineMs: 60_000 }

  it('during a request is asked again until it listens', async () => {
    let refusals = 0
    const countRefusal = () => void refusals++
    subscribe('undici:client:connectError', countRefusal)
    const first = await startServer((_request, response) => {
      response.destroy()
      void first.close()
    })
    const token = createTokens(first.url, {}, patient).obtain(request())
    await expect.poll(() => refusals).toBeGreaterThan(3)
    const second = await startServer(inOrder(grantToken), Number(new URL(first.url).port))
    opened.push(second)
    const { attempts } = await token
    unsubscribe('undici:client:connectError', countRefusal)
    expect(attempts).toBe(refusals + 2)
    expect([first, second].map(({ requests }) => requests.length)).toEqual([1, 1])
  })

  it('and responds 503 before it stops is asked again until it is back', async () => {
    const stopping = (response: ServerResponse) => void response.writeHead(503).end()
    const sidecar = await startSidecar(inOrder(stopping, stopping, stopping, grantToken))
    const { attempts } = await createTokens(sidecar.url, {}, patient).obtain(request())
    expect(attempts).toBe(4)
  })

  it('is no longer asked when the caller has gone away', async () => {
    const caller = new AbortController()
    const tokens = createTokens(await deadUrl(), {}, patient)
    const token = tokens.obtain(request({ signal: caller.signal }))
    caller.abort(new Error('went away'))
    await expect(token).rejects.toThrow('went away')
  })

  it('and does not come back is reported as the cause; Entra is not', async () => {
    const tokens = createTokens(
      await deadUrl(),
      {},
      { sidecarRestartMs: 60_000, tokenRetryMs: 500, tokenDeadlineMs: 1_000 },
    )
    await expect(tokens.obtain(request())).rejects.toEqual(problemOf('SIDECAR_UNREACHABLE'))
  })
})

describe('a sidecar that does not answer token requests', () => {
  it('is reported as down when nobody listens for longer than a restart takes, and as ready once it gives a token', async () => {
    let sidecarUrl = await deadUrl()
    const tokens = createTokens(sidecarUrl)
    await expect(tokens.obtain(request())).rejects.toEqual(problemOf('SIDECAR_UNREACHABLE'))
    expect(tokens.health.flowsOf(agent)).toMatchObject({
      autonomous: { state: 'unavailable', problem: { code: 'SIDECAR_UNREACHABLE' } },
      obo: { state: 'unavailable' },
    })
    sidecarUrl = sidecarUrl.replace(/.*:/, '')
    const server = await startServer(inOrder(grantToken), Number(sidecarUrl))
    opened.push(server)
    await tokens.obtain(request())
    expect(healthOf(tokens)).toMatchObject({
      sidecar: { state: 'ready' },
      flows: { autonomous: { state: 'ready' }, obo: { state: 'unknown' } },
    })
  })

  it('is reported as down when it accepts connections and is silent, even on /healthz', async () => {
    const { sidecar, tokens } = await tokensOf(
      () => undefined,
      {},
      { sidecarSilenceMs: 20, sidecarHealthMs: 50 },
    )
    const error = await tokens.obtain(request()).catch((thrown: Error) => thrown)
    expect(error).toEqual(problemOf('SIDECAR_UNREACHABLE'))
    expect(error).toMatchObject({ options: { upstream: { service: 'sidecar' } } })
    // The agent waits for a silent sidecar once: asking again would take as long.
    expect(sidecar.requests.filter(({ target }) => target !== 'GET /healthz')).toHaveLength(1)
  })

  it('is reported as down when it says on /healthz that it is not healthy', async () => {
    const sidecar = await startSidecar((incoming, response) => {
      if (isHealthPath(incoming.url)) response.writeHead(503).end('Unhealthy')
    })
    const tokens = createTokens(sidecar.url, {}, { sidecarSilenceMs: 20 })
    await expect(tokens.obtain(request())).rejects.toEqual(problemOf('SIDECAR_UNREACHABLE'))
  })

  it('is waited for no longer when the agent stops', async () => {
    const { sidecar, tokens } = await tokensOf(() => undefined)
    const waiting = tokens.obtain(request()).catch((thrown: Error) => thrown)
    await expect.poll(() => sidecar.requests.length).toBe(1)
    await tokens.close()
    expect(await waiting).toMatchObject({ code: 'SIDECAR_UNREACHABLE', cause: { code: 'UND_ERR_DESTROYED' } })
  })

  it('but is alive is waited for until the deadline; then Entra is reported as silent', async () => {
    const { sidecar, tokens } = await tokensOf(
      inOrder(() => undefined),
      {},
      { sidecarSilenceMs: 20, tokenDeadlineMs: 200 },
    )
    const error = await tokens.obtain(request()).catch((thrown: Error) => thrown)
    expect(error).toEqual(problemOf('ENTRA_UNAVAILABLE'))
    expect(error).toMatchObject({
      options: { upstream: { service: 'sidecar' }, hint: expect.stringContaining('egress') },
    })
    await expect.poll(() => sidecar.requests.map(({ target }) => target)).toContain('GET /healthz')
  })

  it('at first, because Entra is slow, still gives its token later', async () => {
    let waiting: ServerResponse | undefined
    const sidecar = await startSidecar((incoming, response) => {
      if (!isHealthPath(incoming.url)) {
        waiting = response
        return
      }
      response.end('Healthy')
      if (waiting) grantToken(waiting)
    })
    const tokens = createTokens(sidecar.url, {}, { sidecarSilenceMs: 20, sidecarHealthMs: 60_000 })
    await expect(tokens.obtain(request())).resolves.toMatchObject({ attempts: 1 })
  })
})

describe('the health of the identity', () => {
  const unexpected = (response: ServerResponse) => refuse(response, 500, 'An unexpected error occurred.')

  it('is unknown before the first request', async () => {
    expect(healthOf(createTokens(await deadUrl()))).toMatchObject({
      sidecar: { state: 'unknown' },
      flows: { autonomous: { state: 'unknown' }, obo: { state: 'unknown' } },
      sidecarNeedsRestart: undefined,
    })
  })

  it('says “restart the sidecar” when every token request fails although the sidecar answers', async () => {
    const { tokens } = await tokensOf(inOrder(unexpected))
    await expect(tokens.obtain(request())).rejects.toThrow()
    expect(tokens.health.sidecar.problem?.message).toContain('responded 500')
    expect(tokens.health.sidecarNeedsRestart).toBeUndefined()
    await expect(tokens.obtain(request())).rejects.toThrow()
    expect(tokens.health.sidecarNeedsRestart?.code).toBe('SIDECAR_FAILED')
    const { problem } = tokens.health.sidecar
    expect(problem?.code).toBe('SIDECAR_FAILED')
    expect(problem?.message).toContain('every token request fails')
    expect(problem?.toDocument('r').hint).toContain('restart the sidecar')
    expect(tokens.health.flowsOf(agent).obo.problem).toBe(problem)
  })

  it('counts the failures of concurrent requests as one', async () => {
    const sidecar = await startSidecar(inOrder(unexpected))
    const others = ['notes-api', 'tasks-api'].map(name => ({ ...ordersApi, name }))
    const tokens = createTokens(sidecar.url, { apis: [ordersApi, ...others] })
    await tokens.refresh()
    expect(new Set(sidecar.requests.map(({ target }) => target)).size).toBeGreaterThanOrEqual(3)
    expect(tokens.health.sidecarNeedsRestart).toBeUndefined()
    await expect(tokens.obtain(request())).rejects.toThrow()
    expect(tokens.health.sidecarNeedsRestart?.code).toBe('SIDECAR_FAILED')
  })

  it('blames Entra, not the sidecar, when the agent itself cannot reach Entra either', async () => {
    const { tokens } = await tokensOf(inOrder(unexpected), { lookAtEntra: async () => 'silent' })
    for (let time = 0; time < 3; time++) {
      const error = await tokens.obtain(request()).catch((thrown: Error) => thrown)
      expect(error).toEqual(problemOf('ENTRA_UNAVAILABLE'))
      expect(error).toMatchObject({
        options: { upstream: { service: 'entra' }, cause: { code: 'SIDECAR_FAILED' } },
      })
    }
    expect(healthOf(tokens)).toMatchObject({
      sidecar: { state: 'ready' },
      flows: { autonomous: { state: 'unavailable' }, obo: { state: 'unavailable' } },
      sidecarNeedsRestart: undefined,
    })
  })

  it('is not explained by a silent Entra if the sidecar named another cause', async () => {
    const { tokens } = await tokensOf(
      inOrder(response => refuse(response, 401, 'AADSTS50105: no role')),
      { lookAtEntra: async () => 'silent' },
    )
    await expect(tokens.obtain(request())).rejects.toEqual(problemOf('AGENT_NOT_PERMITTED'))
  })

  it('is not changed by a turn that was aborted', async () => {
    const { sidecar, tokens } = await tokensOf(() => undefined)
    const turn = new AbortController()
    const asked = tokens.obtain(request({ signal: turn.signal })).catch((thrown: Error) => thrown)
    await expect.poll(() => sidecar.requests.length).toBe(1)
    turn.abort(identityProblem('REQUEST_TIMEOUT', 'No answer came in time.'))
    expect(await asked).toEqual(problemOf('REQUEST_TIMEOUT'))
    await setImmediate()
    expect(tokens.health.flowsOf(agent).autonomous.state).toBe('unknown')
  })

  it('is not changed by failures that concern one user only', async () => {
    const sidecar = await startSidecar(
      inOrder(
        response => grantToken(response, onBehalfOfClaims(ids.ada)),
        response => refuse(response, 401, 'AADSTS50076: MFA'),
      ),
    )
    const tokens = createTokens(sidecar.url)
    await tokens.obtain(oboRequest(ids.ada))
    await expect(tokens.obtain(oboRequest(ids.ben))).rejects.toEqual(problemOf('CONDITIONAL_ACCESS_REQUIRED'))
    expect(tokens.health.flowsOf(agent).obo.state).toBe('ready')
  })

  it('shows a refusal by Entra at the flow, not at the sidecar', async () => {
    const { tokens } = await tokensOf(inOrder(response => refuse(response, 401, 'AADSTS50105: no role')))
    await expect(tokens.obtain(request())).rejects.toThrow()
    expect(healthOf(tokens)).toMatchObject({
      sidecar: { state: 'ready' },
      flows: {
        autonomous: { state: 'unavailable', problem: { code: 'AGENT_NOT_PERMITTED' } },
        obo: { state: 'unknown' },
      },
    })
  })

  it('is probed by a real token request, once for all concurrent callers', async () => {
    const { sidecar, tokens } = await tokensOf(inOrder(grantToken))
    await Promise.all([tokens.refresh(), tokens.refresh()])
    await tokens.refresh()
    expect(sidecar.requests).toHaveLength(1)
    expect(tokens.health.flowsOf(agent)).toMatchObject({
      autonomous: { state: 'ready' },
      obo: { state: 'unknown' },
    })
  })

  it('is probed again 5 seconds after the last probe began', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    try {
      const asked = [Promise.withResolvers<ServerResponse>(), Promise.withResolvers<ServerResponse>()]
      let looks = 0
      const sidecar = await startSidecar((_request, response) => asked[looks++]?.resolve(response))
      const tokens = createTokens(sidecar.url, {}, { sidecarSilenceMs: 60_000, tokenDeadlineMs: 60_000 })
      const look = tokens.refresh()
      const response = await asked[0]?.promise
      vi.advanceTimersByTime(2_000)
      if (response) grantToken(response)
      await look
      vi.advanceTimersByTime(2_999)
      await tokens.refresh()
      expect(looks).toBe(1)
      vi.advanceTimersByTime(1)
      void tokens.refresh()
      await asked[1]?.promise
    } finally {
      vi.useRealTimers()
    }
  })

  it('is probed only for APIs that the agent calls as itself', async () => {
    const sidecar = await startSidecar(inOrder(grantToken))
    const forUsersOnly = { ...ordersApi, name: 'notes-api', flows: ['obo'] } as const
    await createTokens(sidecar.url, { apis: [forUsersOnly, ordersApi] }).refresh()
    expect(sidecar.requests).toHaveLength(1)
  })

  it('is probed for each agent', async () => {
    const { sidecar, tokens } = await tokensOf(
      (incoming, response) => grantToken(response, claimsOfNamedAgent(incoming.url)),
      { agents: [agent, secondAgent] },
    )
    await tokens.refresh()
    expect(tokens.health.flowsOf(agent).autonomous.state).toBe('ready')
    expect(tokens.health.flowsOf(secondAgent).autonomous.state).toBe('ready')
    expect(sidecar.requests).toHaveLength(2)
  })

  it('is probed without throwing when the sidecar is down', async () => {
    const tokens = createTokens(await deadUrl())
    await tokens.refresh()
    expect(tokens.health.sidecar).toMatchObject({
      state: 'unavailable',
      problem: { code: 'SIDECAR_UNREACHABLE' },
    })
  })
})

describe('the log', () => {
  it('has a line with ids for each token and each failure, and says how long a failure took', async () => {
    const sidecar = await startSidecar(
      inOrder(grantToken, response => refuse(response, 401, 'AADSTS50105: no')),
    )
    const { logger, lines } = recordingLogger()
    const tokens = createTokens(sidecar.url, { logger })
    await tokens.obtain(request())
    const askedMs = performance.now()
    await expect(tokens.obtain(request())).rejects.toThrow()
    const tookMs = performance.now() - askedMs
    const common = { flow: 'autonomous', api: 'orders-api', correlationId }
    const [obtained, failed] = lines.map(line => JSON.parse(line))
    expect(obtained).toMatchObject({ ...common, attempts: 1, msg: 'The agent has a token.' })
    expect(failed).toMatchObject({
      ...common,
      code: 'AGENT_NOT_PERMITTED',
      upstream: { service: 'entra', code: 'AADSTS50105' },
    })
    expect(failed.durationMs).toBeLessThanOrEqual(Math.round(tookMs))
    expect(failed.durationMs).toBeGreaterThanOrEqual(0)
  })

  it('has the correlation id and the AADSTS code of a failure, but neither a token nor the user’s name from Entra’s text', async () => {
    const sidecar = await startSidecar(
      inOrder(response => refuse(response, 401, 'AADSTS65001: ada@contoso.example has not consented')),
    )
    const { logger, lines } = recordingLogger()
    const tokens = createTokens(sidecar.url, { logger })
    await expect(tokens.obtain(oboRequest(ids.ada, 'secret-token'))).rejects.toThrow()
    const text = lines.join('\n')
    expect(text).toContain(correlationId)
    expect(text).toContain('AADSTS65001')
    expect(text).not.toMatch(/secret-token|ada@contoso/)
  })
})
