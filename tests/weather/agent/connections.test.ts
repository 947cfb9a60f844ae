import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { connectTo } from '@entra-agents/service-kit/testing/exchange'
import { createIssuer } from '@entra-agents/tokens/testing/token-issuer'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { ask, findMetricsUrl, parseEvents, postChat } from '../../contract/agent/ask.ts'
import { startScriptedServer } from '../../contract/agent/scripted-server.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { Stack } from '../support/stack.ts'

/** Until it is resolved, the weather API answers only its readiness check. */
let gate: PromiseWithResolvers<void>
const weather = await forFile(
  startScriptedServer(async ({ url = '' }, response) => {
    if (url !== '/readyz') await gate.promise
    response.setHeader('content-type', 'application/json').end(JSON.stringify(weatherIn(url)))
  }),
)
const stack = await forFile(
  Stack.start({ agent: { WEATHER_API_URL: weather.url } }, ['entra', 'sidecar', 'agent']),
)
let callsBefore = 0
beforeEach(() => {
  gate = Promise.withResolvers()
  onTestFinished(() => gate.resolve())
  callsBefore = countCalls()
  stack.agentLog.length = 0
})

function weatherIn(url: string) {
  return {
    city: new URL(url, 'http://weather').searchParams.get('city'),
    country: 'Nowhere',
    temperature_c: 10,
    temperature_f: 50,
    condition: 'Clear',
    observed_at: new Date().toISOString(),
    source: 'climate-normals',
    validated: {
      flow: 'autonomous',
      caller: identities.agentId,
      on_behalf_of: null,
      signature_verified: true,
      checks: [{ name: 'signature', ok: true }],
    },
  }
}

function countCalls(): number {
  return weather.requests.filter(({ url }) => url.startsWith('/weather')).length
}
const untilCalled = (times: number) => expect.poll(() => countCalls() - callsBefore).toBe(times)
const askStream = async () =>
  parseEvents(await (await postChat(stack.agentUrl, {}, { accept: 'text/event-stream' })).text())
const untilAbandoned = () => expect.poll(() => stack.agentLog.join('')).toContain('"outcome":"ABANDONED"')

/** An agent alone, with these variables. */
async function startAgent(agent: Readonly<Record<string, string>> = {}): Promise<Stack> {
  const alone = await Stack.start({ agent }, ['agent'])
  onTestFinished(() => alone.close())
  return alone
}

/** Says hello, which calls no other service. */
const sayHello = (url: string, address?: string, signal?: AbortSignal) =>
  postChat(url, { message: 'Hello' }, address === undefined ? {} : { 'x-forwarded-for': address }, signal)

describe('A client that goes away', () => {
  it.each(['application/json', 'text/event-stream'])(
    'while it waits for a response of type %s aborts the agent’s call of the API',
    async accept => {
      const client = new AbortController()
      const abandoned = weather.abandoned
      const response = postChat(stack.agentUrl, {}, { accept }, client.signal)
      const outcome = response.then(answer => answer.text()).catch((error: Error) => error.name)
      await untilCalled(1)
      client.abort()
      await expect.poll(() => weather.abandoned, { interval: 2 }).toBe(abandoned + 1)
      expect(await outcome).toBe('AbortError')
      await untilAbandoned()
    },
  )

  it('while its token is verified is counted neither as a reader nor as a turn', async () => {
    const issuer = await createIssuer()
    onTestFinished(() => issuer.close())
    const [asked, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    issuer.answerKeysWith(async (_request, response) => {
      asked.resolve()
      await goOn.promise
      const { kid, publicKey } = issuer.key
      response.end(JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid, use: 'sig' }] }))
    })
    const alone = await startAgent({ ENTRA_AUTHORITY: issuer.url })
    const app = alone.appOf('agent')
    const countConnections = promisify(app.server.getConnections.bind(app.server))
    const { tenantId, blueprintAppId, pageAppId, ada } = identities
    const iss = `${issuer.url}/${tenantId}/v2.0`
    const ids = { iss, aud: blueprintAppId, azp: pageAppId, tid: tenantId, oid: ada.oid }
    const userToken = issuer.sign({ ...ids, ver: '2.0', scp: 'access_as_user', exp: 4_000_000_000 })
    const client = new AbortController()
    const headers = { accept: 'text/event-stream', authorization: `Bearer ${userToken}` }
    const response = postChat(alone.agentUrl, { flow: 'obo' }, headers, client.signal).catch(() => {})
    await asked.promise
    client.abort()
    await response
    await expect.poll(() => countConnections()).toBe(0)
    goOn.resolve()
    await expect.poll(() => alone.agentLog.join('')).toContain('"outcome":"ABANDONED"')
    const metrics = await (await fetch(await findMetricsUrl(app))).text()
    expect(metrics).toMatch(/^agent_streams_open 0$/m)
    expect(metrics).toMatch(/^agent_turns_in_flight 0$/m)
  })
})

it('A slow reader gets the events as they come, long before the answer is complete', async () => {
  const { body } = await postChat(stack.agentUrl, {}, { accept: 'text/event-stream' })
  let received = ''
  for await (const part of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    received += part
    if (received.includes('"kind":"api-call"')) gate.resolve()
    else expect(received).not.toContain('event: delta')
  }
  expect(parseEvents(received).at(-1)?.event).toBe('result')
})

describe('Stopping', () => {
  it('lets running turns and streams finish, makes the readiness check fail at once, and accepts no new connections', async () => {
    const app = stack.appOf('agent')
    const metricsUrl = await findMetricsUrl(app)
    expect((await fetch(metricsUrl)).status).toBe(200)
    const probe = connectTo(app)
    await once(probe, 'connect')
    const [reply, events] = [ask(stack.agentUrl), askStream()]
    await untilCalled(2)

    // This unfinished request keeps the connection open; the fetch proves that the agent has received its first part.
    probe.write('GET /read')
    const isOpen = () => fetch(`${stack.agentUrl}/livez`).then(Boolean, () => false)
    expect(await isOpen()).toBe(true)
    const stopped = stack.stop('agent')
    await expect.poll(isOpen).toBe(false)
    probe.write('yz HTTP/1.1\r\nHost: localhost\r\n\r\n')
    expect(await text(probe)).toMatch(/^HTTP\/1\.1 503.*AGENT_STOPPING/s)

    gate.resolve()
    expect((await reply).status).toBe(200)
    expect((await events).at(-1)?.event).toBe('result')
    await stopped
    await expect(fetch(metricsUrl)).rejects.toThrow()
    await stack.start('agent')
  })

  it('ends turns that do not finish by themselves with AGENT_STOPPING', async () => {
    await stack.restart('agent', { STOP_TIMEOUT_MS: '1200' })
    const events = askStream()
    await untilCalled(1)
    // The weather API never answers: only the end of the turn lets the agent stop.
    await stack.stop('agent')
    expect((await events).at(-1)).toMatchObject({ event: 'problem', data: { code: 'AGENT_STOPPING' } })
    await stack.start('agent')
  })
})

describe('Limits', () => {
  it('refuse only turns beyond the allowed number of simultaneous turns, with AGENT_BUSY', async () => {
    const url = await stack.startReplica({ MAX_CONCURRENT_TURNS: '2' })
    const running = [ask(url), ask(url)]
    await untilCalled(2)
    const refused = await ask(url)
    expect([refused.status, refused.body.code]).toEqual([503, 'AGENT_BUSY'])
    expect(refused.headers.get('retry-after')).toBe('1')
    gate.resolve()
    expect((await Promise.all(running)).map(({ status }) => status)).toEqual([200, 200])
    expect((await ask(url)).status).toBe(200)
  })

  it('refuse only messages beyond the number that an address may send in a minute, with RATE_LIMITED', async () => {
    const { agentUrl } = await startAgent({ RATE_LIMIT_PER_MINUTE: '2' })
    for (const status of [422, 422, 429]) expect((await sayHello(agentUrl)).status).toBe(status)
    const refused = await ask(agentUrl)
    expect(refused.body.code).toBe('RATE_LIMITED')
    expect(refused.headers.get('retry-after')).toMatch(/^([1-9]|[1-5]\d|60)$/)
    expect((await fetch(`${agentUrl}/api/chat/continue`, { method: 'POST' })).status).toBe(429)
    expect((await fetch(`${agentUrl}/api/status`)).status).toBe(200)
  })

  it('are not evaded by an X-Forwarded-For header that no trusted proxy sent: its messages have the pace of the address, but wait only for their own client', async () => {
    const { agentUrl } = await startAgent({ RATE_LIMIT_PER_MINUTE: '60' })
    const client = new AbortController()
    const statuses: number[] = []
    const burst = Array.from({ length: 80 }, () =>
      sayHello(agentUrl, '192.0.2.1, 203.0.113.7', client.signal).then(
        ({ status }) => statuses.push(status),
        () => {},
      ),
    )
    await expect.poll(() => statuses).toContain(429)
    expect((await sayHello(agentUrl, '192.0.2.1, 203.0.113.8')).status).toBe(422)
    expect(statuses.length).toBeLessThan(40)
    client.abort()
    await Promise.all(burst)
    const limited = await startAgent({ RATE_LIMIT_PER_MINUTE: '2' })
    const instructions: number[] = []
    for (let round = 0; round < 4; round += 1) {
      const headers = { 'x-forwarded-for': `203.0.113.${round}` }
      const { status } = await fetch(`${limited.agentUrl}/api/instructions?flow=autonomous`, { headers })
      instructions.push(status)
    }
    expect(instructions).toEqual([200, 200, 429, 429])
  })

  it.each([
    ['a client by its own address', ['203.0.113.7', '203.0.113.8', '203.0.113.7'], [422, 422, 429]],
    ['one address with and without a port', ['203.0.113.7:1001', '203.0.113.7', '203.0.113.7:1002']],
    ['one IPv6 network', ['2001:db8:0:1::1', '[2001:db8:0:1::2]:443', '[2001:db8:0:1:f::3]']],
    ['one IPv4 address in either notation', ['198.51.100.1', '::ffff:198.51.100.1', '::FFFF:c633:6401']],
    [
      'all that is no address',
      ['garbage', 'unknown', '_hidden', '300.1.1.1', '1.2', '203.0.113.7, x', 'x, ,'],
    ],
    ['one address after the client’s own words', ['192.0.2.1, 203.0.113.7', 'garbage, 203.0.113.7']],
  ])(
    'behind a trusted proxy count %s as one client',
    async (_what, addresses, expected = [422, ...Array(addresses.length - 1).fill(429)]) => {
      const alone = await startAgent({ RATE_LIMIT_PER_MINUTE: '1', TRUSTED_PROXIES: '127.0.0.1,::1' })
      const statuses: number[] = []
      for (const address of addresses) statuses.push((await sayHello(alone.agentUrl, address)).status)
      expect(statuses).toEqual(expected)
      expect(alone.agentLog.join('')).not.toContain('TRUSTED_PROXIES')
    },
  )

  it('warn once when the proxy in front of the agent is not trusted, and name the proxy’s address', async () => {
    const { agentUrl, agentLog } = await startAgent()
    const warnings = () => agentLog.filter(line => line.includes('TRUSTED_PROXIES'))
    await sayHello(agentUrl)
    expect(warnings()).toEqual([])
    for (const address of ['203.0.113.7', '203.0.113.8']) await sayHello(agentUrl, address)
    expect(warnings()).toHaveLength(1)
    const proxy = expect.stringMatching(/^(127\.0\.0\.1|::1)$/)
    expect(JSON.parse(warnings()[0] ?? '')).toMatchObject({ level: 40, proxy })
    expect(warnings()[0]).not.toContain('203.0.113')
  })
})
