import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { RequestListener, ServerResponse } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { AgentTokens, AgentTokensOptions } from './agent-tokens.ts'
import {
  type Answer,
  apiCallerOf,
  deadUrl,
  grant,
  grantingSidecar,
  inOrder,
  problemOf,
  refuse,
  startTestServer,
} from './downstream/testing/stage.ts'
import { identityProblem } from './problems.ts'
import {
  agent,
  authorizationHeader,
  autonomousClaims,
  ids,
  onBehalfOfClaims,
  ordersApi,
  secondAgent,
  verifiedUser,
} from './testing/fixtures.ts'
import type { IdentityTiming } from './timing.ts'
import type { TokenRequest } from './token-source.ts'

const correlationId = '99999999-0000-4000-8000-000000000009'
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** The `AgentTokens` that ask the sidecar at this URL. */
function askAt(url: string, timing?: Partial<IdentityTiming>, more?: Partial<AgentTokensOptions>) {
  return apiCallerOf([ordersApi], url, timing, more)
}

/** A sidecar whose requests `listener` answers, and the `AgentTokens` that ask it. */
async function tokensOf(
  listener: RequestListener,
  timing?: Partial<IdentityTiming>,
  more?: Partial<AgentTokensOptions>,
) {
  const sidecar = await startTestServer(listener)
  return { sidecar, ...askAt(sidecar.url, timing, more) }
}

function request(changes: Partial<TokenRequest> = {}): TokenRequest {
  const { signal } = new AbortController()
  const common = { user: undefined, correlationId, traceparent, signal }
  return { agent, flow: 'autonomous', api: ordersApi, ...common, ...changes }
}

const oboRequest = (oid: string, value?: string) => request({ flow: 'obo', user: verifiedUser(oid, value) })

/** A token request that fails, as the error that it throws. */
const failureOf = (tokens: AgentTokens, asked = request()) =>
  tokens.obtain(asked).then(
    () => expect.fail('It got a token.'),
    (error: unknown) => error,
  )

/** The states of the sidecar and of the agent's flows, and whether the sidecar needs a restart. */
function statesOf({ health }: AgentTokens) {
  const { autonomous, obo } = health.flowsOf(agent)
  const needsRestart = health.sidecarNeedsRestart !== undefined
  return [health.sidecar.state, autonomous.state, obo.state, ...(needsRestart ? ['restart'] : [])].join(', ')
}

const keepSilent = () => undefined
const broken: Answer = response => response.destroy()
const serviceDown = refuse(401, 'Service is unavailable.')
const unexpected = refuse(500, 'An unexpected error occurred.')
const unknownCredential = refuse(401, 'AADSTS700213: No matching federated identity record found.')
const noRole = refuse(401, 'AADSTS50105: no role')
const stopping: Answer = response => response.writeHead(503).end()
const expired = grant(autonomousClaims({ exp: 1 }))

describe('the token that the sidecar is asked for', () => {
  it('is an app token of the agent identity in the autonomous flow; Tc is not sent, even if the user has one', async () => {
    const { sidecar, tokens } = await tokensOf(inOrder(grant()))
    const token = await tokens.obtain(request({ user: verifiedUser(ids.ada) }))
    expect(token).toMatchObject({ claims: { azp: ids.agentClientId }, attempts: 1, correlationId })
    const path =
      `/AuthorizationHeaderUnauthenticated/ordersApp?AgentIdentity=${ids.agentClientId}` +
      `&optionsOverride.AcquireTokenOptions.CorrelationId=${correlationId}`
    expect(sidecar.requests.map(({ target }) => target)).toEqual([`GET ${path}`])
    expect(tokens.urlOf(request())).toBe(`${sidecar.url}${path}`)
    const { host } = new URL(sidecar.url)
    expect(sidecar.requests[0]?.headers).toMatchObject({ traceparent, host, accept: 'application/json' })
    expect(sidecar.requests[0]?.headers).not.toHaveProperty('authorization')
  })

  it('is a token on behalf of the user in the obo flow, with Tc', async () => {
    const { sidecar, tokens } = await tokensOf(inOrder(grant(onBehalfOfClaims(ids.ada))))
    const token = await tokens.obtain(oboRequest(ids.ada, 'tc-of-ada'))
    expect(token.claims['oid']).toBe(ids.ada)
    expect(sidecar.requests[0]?.target).toContain(
      `GET /AuthorizationHeader/orders?AgentIdentity=${ids.agentClientId}&`,
    )
    expect(sidecar.requests[0]?.headers.authorization).toBe('Bearer tc-of-ada')
  })

  it('is never an app token in the obo flow: without a user, no token is requested', async () => {
    const { sidecar, tokens } = await tokensOf(inOrder(grant()))
    expect(await failureOf(tokens, request({ flow: 'obo' }))).toEqual(problemOf('SIGN_IN_REQUIRED'))
    expect(sidecar.requests).toEqual([])
  })
})

describe('requests for tokens', () => {
  it('are sent each time, since only the sidecar has a cache, but equal ones under way are sent as one', async () => {
    const { sidecar, tokens } = await tokensOf(inOrder(grant()))
    const all = await Promise.all(Array.from({ length: 50 }, () => tokens.obtain(request())))
    expect(new Set(all.map(token => token.raw)).size).toBe(1)
    expect(sidecar.requests).toHaveLength(1)
    await tokens.obtain(request())
    expect(sidecar.requests).toHaveLength(2)
  })

  it('are joined only if user, user’s token, flow and agent are the same, so that each gets its own token', async () => {
    const { sidecar, tokens } = await tokensOf(async (incoming, response) => {
      const oid = incoming.headers.authorization?.split(/token-of-|, renewed/)[1]
      await setImmediate()
      if (oid) grant(onBehalfOfClaims(oid))(response)
      else grantingSidecar(incoming, response)
    })
    const renewed = oboRequest(ids.ada, `token-of-${ids.ada}, renewed`)
    const kinds = [
      oboRequest(ids.ada),
      renewed,
      oboRequest(ids.ben),
      request(),
      request({ agent: secondAgent }),
    ]
    const asked = Array.from({ length: 50 }, () => kinds).flat()
    const got = await Promise.all(asked.map(one => tokens.obtain(one)))
    expect(got.map(token => token.claims['oid'])).toEqual(
      asked.map(one => one.user?.objectId ?? one.agent.clientId),
    )
    expect(sidecar.requests).toHaveLength(kinds.length)
  })

  it('never get the token of another agent, even if the sidecar returns it', async () => {
    const { tokens } = await tokensOf(inOrder(grant()))
    const failure = await failureOf(tokens, request({ agent: secondAgent }))
    expect(failure).toEqual(problemOf('AGENT_IDENTITY_NOT_HONOURED'))
  })

  it('are aborted when the last caller goes away, and not before', async () => {
    let hungUp = 0
    const { sidecar, tokens } = await tokensOf((_incoming, response) => {
      response.on('close', () => hungUp++)
    })
    const [first, second] = [new AbortController(), new AbortController()]
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
  const { authorizationHeader: valid } = JSON.parse(authorizationHeader(autonomousClaims()))
  const respond =
    (status: number, header: unknown): Answer =>
    response =>
      response.writeHead(status).end(JSON.stringify({ authorizationHeader: header }))

  // biome-ignore format: table
  it.each<[what: string, answers: readonly Answer[], outcome: string, requests: number]>([
    ['once, after an outage of Entra', [serviceDown, grant()], 'a token', 2],
    ['once, after a broken connection', [broken, grant()], 'a token', 2],
    ['several times, while Entra does not know a federated credential everywhere', [unknownCredential, unknownCredential, unknownCredential, grant()], 'a token', 4],
    ['no third time during an outage of Entra', [serviceDown], 'ENTRA_UNAVAILABLE', 2],
    ['no fourth time if the connection breaks', [broken], 'SIDECAR_UNREACHABLE', 3],
    ['no fifth time if Entra does not know a federated credential', [unknownCredential], 'FEDERATION_MISMATCH', 4],
    ['not without consent', [refuse(401, 'AADSTS65001: no grant'), grant()], 'CONSENT_REQUIRED', 1],
    ['once, if a token comes with the status 401', [respond(401, valid), grant()], 'a token', 2],
    ['not if a token comes with the status 201', [respond(201, valid), grant()], 'SIDECAR_MISCONFIGURED', 1],
    ['not if there are words before the token', [respond(200, `Not ${valid}`), grant()], 'SIDECAR_FAILED', 1],
    ['not if there are words after the token', [respond(200, `${valid} and more`), grant()], 'SIDECAR_FAILED', 1],
    ['not if a list is in place of the token', [respond(200, [valid]), grant()], 'SIDECAR_FAILED', 1],
    ['not if `null` is in place of the token', [respond(200, null), grant()], 'SIDECAR_FAILED', 1],
    ['several times, while the sidecar says that it stops', [stopping, stopping, stopping, grant()], 'a token', 4],
    ['once, past the sidecar’s cache, if the token has expired', [expired, grant()], 'a token', 2],
    ['no third time if the token past the cache has expired, too', [expired], 'SIDECAR_MISCONFIGURED', 2],
  ])('is made again: %s', async (_what, answers, outcome, requests) => {
    const { sidecar, tokens } = await tokensOf(inOrder(...answers), { sidecarRestartMs: 60_000 })
    const got = await tokens.obtain(request()).catch((error: { code: string }) => error)
    expect('code' in got ? got.code : 'a token').toBe(outcome)
    if ('raw' in got) expect(got).toMatchObject({ attempts: requests, isNew: answers[0] === expired })
    const isPastCache = sidecar.requests.map(({ target }) => target.includes('Options.ForceRefresh=true'))
    expect(isPastCache).toEqual(sidecar.requests.map((_, index) => answers[0] === expired && index > 0))
    expect(sidecar.requests).toHaveLength(requests)
  })

  it('is made again after ever longer waits', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(1)
    const cameMs: number[] = []
    const { tokens } = await tokensOf(
      inOrder(response => {
        cameMs.push(performance.now())
        broken(response)
      }),
      { tokenRetryMs: 20 },
    )
    await failureOf(tokens)
    const [first = 0, second = 0, third = 0] = cameMs
    expect(second - first).toBeGreaterThan(20)
    expect(third - second).toBeGreaterThan(40)
  })

  it('is not made again if the caller goes away during the wait', async () => {
    const caller = new AbortController()
    const { sidecar, tokens } = await tokensOf(
      inOrder(response => {
        response.once('close', () => setImmediate().then(() => caller.abort(new Error('went away'))))
        response.setHeader('connection', 'close')
        serviceDown(response)
      }),
      { tokenRetryMs: 60_000, tokenDeadlineMs: 120_000 },
    )
    await expect(tokens.obtain(request({ signal: caller.signal }))).rejects.toThrow('went away')
    expect(sidecar.requests).toHaveLength(1)
  })
})

describe('a sidecar that restarts', () => {
  const patient = { sidecarRestartMs: 60_000, tokenDeadlineMs: 60_000 }

  it('during a request is asked again until it listens', async () => {
    let refusals = 0
    const countRefusal = () => void refusals++
    subscribe('undici:client:connectError', countRefusal)
    const first = await startTestServer((_request, response) => {
      response.destroy()
      void first.close()
    })
    const token = askAt(first.url, patient).tokens.obtain(request())
    await expect.poll(() => refusals).toBeGreaterThan(3)
    const second = await startTestServer(inOrder(grant()), Number(new URL(first.url).port))
    const { attempts } = await token
    unsubscribe('undici:client:connectError', countRefusal)
    expect(attempts).toBe(refusals + 2)
    expect([first, second].map(({ requests }) => requests.length)).toEqual([1, 1])
  })

  it('is no longer asked when the caller has gone away', async () => {
    const caller = new AbortController()
    const token = askAt(await deadUrl(), patient).tokens.obtain(request({ signal: caller.signal }))
    caller.abort(new Error('went away'))
    await expect(token).rejects.toThrow('went away')
  })

  it('and does not come back is reported as the cause before the deadline, whose problem would blame Entra', async () => {
    const timing = { sidecarRestartMs: 60_000, tokenRetryMs: 100, tokenDeadlineMs: 200 }
    const { tokens } = askAt(await deadUrl(), timing)
    expect(await failureOf(tokens)).toEqual(problemOf('SIDECAR_UNREACHABLE'))
  })

  it('is reported as down when it is away for longer than a restart takes, and as ready once it gives a token', async () => {
    const url = await deadUrl()
    const { tokens } = askAt(url)
    expect(await failureOf(tokens)).toEqual(problemOf('SIDECAR_UNREACHABLE'))
    expect(statesOf(tokens)).toBe('unavailable, unavailable, unavailable')
    await startTestServer(inOrder(grant()), Number(new URL(url).port))
    await tokens.obtain(request())
    expect(statesOf(tokens)).toBe('ready, ready, unknown')
  })
})

describe('a sidecar that does not answer token requests', () => {
  it('is reported as down when it accepts connections and is silent, even on /healthz', async () => {
    const { sidecar, tokens } = await tokensOf(keepSilent, { sidecarSilenceMs: 20, sidecarHealthMs: 50 })
    expect(await failureOf(tokens)).toMatchObject({
      code: 'SIDECAR_UNREACHABLE',
      message: 'The sidecar accepts connections but does not respond.',
      options: { upstream: { service: 'sidecar' } },
    })
    // The agent waits for a silent sidecar once: asking again would take as long.
    expect(sidecar.requests.filter(({ target }) => target !== 'GET /healthz')).toHaveLength(1)
  })

  it('is reported as down when it says on /healthz that it is not healthy', async () => {
    const { tokens } = await tokensOf(
      ({ url }, response) => url === '/healthz' && response.writeHead(503).end('Unhealthy'),
      { sidecarSilenceMs: 20 },
    )
    expect(await failureOf(tokens)).toEqual(problemOf('SIDECAR_UNREACHABLE'))
  })

  it('is waited for no longer when the agent stops', async () => {
    const { sidecar, tokens } = await tokensOf(keepSilent)
    const waiting = failureOf(tokens)
    await expect.poll(() => sidecar.requests.length).toBe(1)
    await tokens.close()
    expect(await waiting).toMatchObject({ code: 'SIDECAR_UNREACHABLE', cause: { code: 'UND_ERR_DESTROYED' } })
  })

  it('but is alive is waited for until the deadline; then Entra is reported as silent', async () => {
    const { sidecar, tokens } = await tokensOf(inOrder(keepSilent), {
      sidecarSilenceMs: 20,
      tokenDeadlineMs: 200,
    })
    expect(await failureOf(tokens)).toMatchObject({
      code: 'ENTRA_UNAVAILABLE',
      message: 'The sidecar is alive but had no token after 200 ms.',
      options: { upstream: { service: 'sidecar' }, hint: expect.stringContaining('check its egress') },
    })
    await expect.poll(() => sidecar.requests.map(({ target }) => target)).toContain('GET /healthz')
  })

  it('at first, because Entra is slow, still gives its token later', async () => {
    let waiting: ServerResponse | undefined
    const { tokens } = await tokensOf(
      ({ url }, response) => {
        if (url !== '/healthz') waiting = response
        else {
          response.end('Healthy')
          if (waiting) grant()(waiting)
        }
      },
      { sidecarSilenceMs: 20, sidecarHealthMs: 60_000 },
    )
    await expect(tokens.obtain(request())).resolves.toMatchObject({ attempts: 1 })
  })
})

describe('the health of the identity', () => {
  it('counts the failures of concurrent requests as one', async () => {
    const others = ['notes-api', 'tasks-api'].map(name => ({ ...ordersApi, name }))
    const { sidecar, tokens } = await tokensOf(inOrder(unexpected), {}, { apis: [ordersApi, ...others] })
    await tokens.refresh()
    expect(new Set(sidecar.requests.map(({ target }) => target)).size).toBeGreaterThanOrEqual(3)
    expect(statesOf(tokens)).toBe('unavailable, unavailable, unavailable')
    await failureOf(tokens)
    expect(statesOf(tokens)).toBe('unavailable, unavailable, unavailable, restart')
  })

  it('blames Entra, not the sidecar, when the agent itself cannot reach Entra either', async () => {
    const { tokens } = await tokensOf(inOrder(unexpected), {}, { lookAtEntra: async () => 'silent' })
    for (let time = 0; time < 3; time++)
      expect(await failureOf(tokens)).toMatchObject({
        code: 'ENTRA_UNAVAILABLE',
        message: 'Neither the sidecar nor the agent reaches Entra.',
        options: { upstream: { service: 'entra' }, cause: { code: 'SIDECAR_FAILED' } },
      })
    expect(statesOf(tokens)).toBe('ready, unavailable, unavailable')
  })

  // biome-ignore format: table
  it.each([
    ['the cause that the sidecar named, if Entra is silent', 'silent', noRole, 'AGENT_NOT_PERMITTED', /AADSTS50105/],
    ['the sidecar’s report that Entra is silent, if it is', 'silent', serviceDown, 'ENTRA_UNAVAILABLE', /^The sidecar gets no response from Entra/],
    ['what stands between agent and Entra, if it does', identityProblem('PROXY_REFUSED', 'No.'), serviceDown, 'PROXY_REFUSED', /No/],
  ] as const)('is explained by %s', async (_what, reach, answer, code, message) => {
    const { tokens } = await tokensOf(inOrder(answer), {}, { lookAtEntra: async () => reach })
    expect(await failureOf(tokens)).toMatchObject({ code, message: expect.stringMatching(message) })
  })

  it('is not changed by a turn that was aborted', async () => {
    const { sidecar, tokens } = await tokensOf(keepSilent)
    const turn = new AbortController()
    const asked = failureOf(tokens, request({ signal: turn.signal }))
    await expect.poll(() => sidecar.requests.length).toBe(1)
    turn.abort(identityProblem('REQUEST_TIMEOUT', 'No answer came in time.'))
    expect(await asked).toEqual(problemOf('REQUEST_TIMEOUT'))
    await setImmediate()
    expect(statesOf(tokens)).toBe('unknown, unknown, unknown')
  })

  it('is probed by a real token request, once for all concurrent callers', async () => {
    const { sidecar, tokens } = await tokensOf(inOrder(grant()))
    await Promise.all([tokens.refresh(), tokens.refresh()])
    await tokens.refresh()
    expect(sidecar.requests).toHaveLength(1)
    expect(statesOf(tokens)).toBe('ready, ready, unknown')
  })

  it('is probed again 5 seconds after the last probe began', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    const asked = [Promise.withResolvers<ServerResponse>(), Promise.withResolvers<ServerResponse>()]
    let looks = 0
    const { tokens } = await tokensOf((_request, response) => asked[looks++]?.resolve(response), {
      sidecarSilenceMs: 60_000,
      tokenDeadlineMs: 60_000,
    })
    const look = tokens.refresh()
    const response = await asked[0]?.promise
    vi.advanceTimersByTime(2_000)
    if (response) grant()(response)
    await look
    vi.advanceTimersByTime(2_999)
    await tokens.refresh()
    expect(looks).toBe(1)
    vi.advanceTimersByTime(1)
    void tokens.refresh()
    await asked[1]?.promise
  })

  it('is probed for each agent, and only for APIs that the agent calls as itself', async () => {
    const forUsersOnly = { ...ordersApi, name: 'notes-api', flows: ['obo'] } as const
    const more = { agents: [agent, secondAgent], apis: [forUsersOnly, ordersApi] }
    const { sidecar, tokens } = await tokensOf(grantingSidecar, {}, more)
    await tokens.refresh()
    expect(sidecar.requests).toHaveLength(2)
    for (const one of more.agents) expect(tokens.health.flowsOf(one).autonomous.state).toBe('ready')
  })

  it('is probed without throwing when the sidecar is down', async () => {
    const { tokens } = askAt(await deadUrl())
    await tokens.refresh()
    expect(tokens.health.sidecar.problem).toEqual(problemOf('SIDECAR_UNREACHABLE'))
  })
})

describe('the log', () => {
  it('has a line with ids for each token and each failure, and says how long a failure took', async () => {
    const { tokens, lines } = await tokensOf(inOrder(grant(), noRole))
    await tokens.obtain(request())
    const askedMs = performance.now()
    await failureOf(tokens)
    const tookMs = performance.now() - askedMs
    const common = { flow: 'autonomous', api: 'orders-api', correlationId }
    const [obtained, failed] = lines.map(line => JSON.parse(line))
    expect(obtained).toMatchObject({ ...common, attempts: 1, msg: 'The agent has a token.' })
    const upstream = { service: 'entra', code: 'AADSTS50105' }
    expect(failed).toMatchObject({ ...common, code: 'AGENT_NOT_PERMITTED', upstream })
    expect(failed.durationMs).toBeLessThanOrEqual(Math.round(tookMs))
    expect(failed.durationMs).toBeGreaterThanOrEqual(0)
  })

  it('has neither a token nor the user’s name from Entra’s text', async () => {
    const { tokens, lines } = await tokensOf(
      inOrder(refuse(401, 'AADSTS65001: ada@contoso.example has not consented')),
    )
    await failureOf(tokens, oboRequest(ids.ada, 'secret-token'))
    expect(lines.join('\n')).toContain('AADSTS65001')
    expect(lines.join('\n')).not.toMatch(/secret-token|ada@contoso/)
  })
})
