import { connect, type Socket } from 'node:net'
import { promisify } from 'node:util'
import { createIssuer } from '@entra-agents/tokens/testing/token-issuer'
import { afterEach, describe, expect, it } from 'vitest'
import { ask, findMetricsUrl, parseEvents, postChat, question } from '../../contract/agent/ask.ts'
import { type ScriptedServer, startScriptedServer } from '../../contract/agent/scripted-server.ts'
import { identities } from '../../support/identities.ts'
import { Stack } from '../support/stack.ts'

let closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.reverse()) await close()
  closers = []
})

const weatherBody = (url = '') => ({
  city: new URL(url, 'http://weather').searchParams.get('city'),
  country: 'Nowhere',
  temperature_c: 10,
  temperature_f: 50,
  condition: 'Clear',
  observed_at: new Date().toISOString(),
  source: 'climate-normals',
  validated: {
    flow: 'autonomous',
    caller: 'bbbbbbbb-0000-4000-8000-00000000000b',
    on_behalf_of: null,
    signature_verified: true,
    checks: [{ name: 'signature', ok: true }],
  },
})

/** A stack with a weather API that responds only when the test allows it; `/readyz` responds at once. */
async function startWithSlowWeather(agentEnvironment: Record<string, string> = {}) {
  const gate = Promise.withResolvers<void>()
  const weather = await startScriptedServer(async (request, response) => {
    if (request.url !== '/readyz') await gate.promise
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(weatherBody(request.url)))
  })
  closers.push(async () => weather[Symbol.asyncDispose]())
  const stack = await Stack.start({ agent: { WEATHER_API_URL: weather.url, ...agentEnvironment } })
  closers.push(() => stack.close())
  return { stack, weather, release: gate.resolve }
}

const countWeatherCalls = (weather: ScriptedServer) =>
  weather.requests.filter(({ url }) => url.startsWith('/weather')).length

describe('A client that goes away', () => {
  it.each(['application/json', 'text/event-stream'])(
    'while it waits for a response of type %s aborts the agent’s call of the API',
    async accept => {
      const { stack, weather } = await startWithSlowWeather()
      const client = new AbortController()
      const response = postChat(stack.agentUrl, {}, { accept }, client.signal)
      const outcome = response.then(answer => answer.text()).catch((error: Error) => error.name)
      await expect.poll(() => countWeatherCalls(weather)).toBe(1)
      client.abort()
      await expect.poll(() => weather.abandoned, { interval: 2 }).toBe(1)
      expect(await outcome).toBe('AbortError')
      await expect.poll(() => stack.agentLog.join('')).toContain('"outcome":"ABANDONED"')
    },
  )

  it('while its token is verified is counted neither as a reader nor as a turn', async () => {
    const issuer = await createIssuer()
    closers.push(() => issuer.close())
    const asked = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    issuer.answerKeysWith(async (_request, response) => {
      asked.resolve()
      await goOn.promise
      const { kid, publicKey } = issuer.key
      response.end(JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid, use: 'sig' }] }))
    })
    const stack = await Stack.start({ agent: { ENTRA_AUTHORITY: issuer.url } }, ['agent'])
    closers.push(() => stack.close())
    const { server } = stack.appOf('agent')
    const countConnections = promisify(server.getConnections.bind(server))
    const { tenantId, blueprintAppId, pageAppId, ada } = identities
    const userToken = issuer.sign({
      iss: `${issuer.url}/${tenantId}/v2.0`,
      aud: blueprintAppId,
      azp: pageAppId,
      tid: tenantId,
      ver: '2.0',
      oid: ada.oid,
      scp: 'access_as_user',
      exp: 4_000_000_000,
    })
    const body = JSON.stringify({ ...question, flow: 'obo' })
    const client = await openConnection(stack.agentUrl)
    client.write(
      [
        'POST /api/chat HTTP/1.1',
        'Host: localhost',
        'Accept: text/event-stream',
        `Authorization: Bearer ${userToken}`,
        'Content-Type: application/json',
        `Content-Length: ${body.length}`,
        '',
        body,
      ].join('\r\n'),
    )
    await asked.promise
    client.destroy()
    await expect.poll(() => countConnections()).toBe(0)
    goOn.resolve()
    await expect.poll(() => stack.agentLog.join('')).toContain('"outcome":"ABANDONED"')
    const metrics = await (await fetch(await findMetricsUrl(stack.appOf('agent')))).text()
    expect(metrics).toMatch(/^agent_streams_open 0$/m)
    expect(metrics).toMatch(/^agent_turns_in_flight 0$/m)
  })
})

describe('A slow reader', () => {
  it('gets the events as they come, long before the answer is complete', async () => {
    const { stack, release } = await startWithSlowWeather()
    const response = await postChat(stack.agentUrl, {}, { accept: 'text/event-stream' })
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    while (!text.includes('"kind":"api-call"')) text += (await reader?.read())?.value ?? ''
    expect(text).not.toContain('event: delta')
    release()
    for (;;) {
      const { value, done = true } = (await reader?.read()) ?? {}
      if (done) break
      text += value
    }
    expect(parseEvents(text).at(-1)?.event).toBe('result')
  })
})

describe('Stopping', () => {
  it('lets running turns and streams finish, makes the readiness check fail at once, and accepts no new connections', async () => {
    const { stack, weather, release } = await startWithSlowWeather()
    const metricsUrl = await findMetricsUrl(stack.appOf('agent'))
    expect((await fetch(metricsUrl)).status).toBe(200)
    const probe = await openConnection(stack.agentUrl)
    const reply = ask(stack.agentUrl)
    const stream = postChat(stack.agentUrl, {}, { accept: 'text/event-stream' }).then(response =>
      response.text(),
    )
    await expect.poll(() => countWeatherCalls(weather)).toBe(2)

    // This unfinished request keeps the connection open; the fetch proves that the agent has received its first part.
    probe.write('GET /read')
    await fetch(`${stack.agentUrl}/livez`)
    const stopped = stack.stop('agent')
    const isOpen = () =>
      fetch(`${stack.agentUrl}/livez`).then(
        () => true,
        () => false,
      )
    await expect.poll(isOpen).toBe(false)
    probe.write('yz HTTP/1.1\r\nHost: localhost\r\n\r\n')
    const readiness = await readAll(probe)
    expect(readiness).toContain('HTTP/1.1 503')
    expect(readiness).toContain('AGENT_STOPPING')

    release()
    expect((await reply).status).toBe(200)
    expect(parseEvents(await stream).at(-1)?.event).toBe('result')
    await stopped
    await expect(fetch(metricsUrl)).rejects.toThrow()
  })

  it('ends turns that do not finish by themselves with AGENT_STOPPING', async () => {
    const { stack, weather } = await startWithSlowWeather({ STOP_TIMEOUT_MS: '1200' })
    const stream = postChat(stack.agentUrl, {}, { accept: 'text/event-stream' }).then(response =>
      response.text(),
    )
    await expect.poll(() => countWeatherCalls(weather)).toBe(1)
    // The weather API never answers: only the end of the turn lets the agent stop.
    await stack.stop('agent')
    expect(parseEvents(await stream).at(-1)).toMatchObject({
      event: 'problem',
      data: { code: 'AGENT_STOPPING' },
    })
  })
})

describe('Limits', () => {
  it('refuse only turns beyond the allowed number of simultaneous turns, with AGENT_BUSY', async () => {
    const { stack, weather, release } = await startWithSlowWeather({ MAX_CONCURRENT_TURNS: '2' })
    const running = [ask(stack.agentUrl), ask(stack.agentUrl)]
    await expect.poll(() => countWeatherCalls(weather)).toBe(2)
    const refused = await ask(stack.agentUrl)
    expect([refused.status, refused.body.code]).toEqual([503, 'AGENT_BUSY'])
    expect(refused.headers.get('retry-after')).toBe('1')
    release()
    expect((await Promise.all(running)).map(({ status }) => status)).toEqual([200, 200])
    expect((await ask(stack.agentUrl)).status).toBe(200)
  })

  it('refuse only messages beyond the number that an address may send in a minute, with RATE_LIMITED', async () => {
    await using stack = await Stack.start({ agent: { RATE_LIMIT_PER_MINUTE: '2' } }, ['agent'])
    const message = { message: 'Hello' }
    expect((await ask(stack.agentUrl, message)).status).toBe(422)
    expect((await ask(stack.agentUrl, message)).status).toBe(422)
    const refused = await ask(stack.agentUrl, message)
    expect([refused.status, refused.body.code]).toEqual([429, 'RATE_LIMITED'])
    expect(refused.headers.get('retry-after')).toMatch(/^([1-9]|[1-5]\d|60)$/)
    const continued = await fetch(`${stack.agentUrl}/api/chat/continue`, { method: 'POST' })
    expect(continued.status).toBe(429)
    expect((await fetch(`${stack.agentUrl}/api/status`)).status).toBe(200)
  })

  it('are not evaded by an X-Forwarded-For header that no trusted proxy sent: its messages have the pace of the address', async () => {
    await using stack = await Stack.start({ agent: { RATE_LIMIT_PER_MINUTE: '2' } }, ['agent'])
    const client = new AbortController()
    const send = (address: string) =>
      postChat(stack.agentUrl, { message: 'Hello' }, { 'x-forwarded-for': address }, client.signal)
    expect((await send('203.0.113.1')).status).toBe(422)
    expect((await send('203.0.113.2')).status).toBe(422)
    let answered = 0
    const disguised = ['203.0.113.3', '203.0.113.4'].map(address =>
      send(address).then(
        () => {
          answered += 1
        },
        () => {},
      ),
    )
    const instructions: number[] = []
    for (let round = 0; round < 20; round += 1) {
      const url = `${stack.agentUrl}/api/instructions?flow=autonomous`
      const headers = { 'x-forwarded-for': `203.0.113.${round}` }
      instructions.push((await fetch(url, { headers })).status)
    }
    expect(instructions.map(status => status === 429)).toEqual([false, false, ...Array(18).fill(true)])
    expect(answered).toBe(0)
    client.abort()
    await Promise.all(disguised)
  })

  it('lock out no client of a proxy that is not trusted, whatever another of its clients sends', async () => {
    await using stack = await Stack.start({ agent: { RATE_LIMIT_PER_MINUTE: '60' } }, ['agent'])
    const client = new AbortController()
    const statuses: number[] = []
    const send = (address: string) =>
      postChat(stack.agentUrl, { message: 'Hello' }, { 'x-forwarded-for': address }, client.signal)
    const burst = Array.from({ length: 80 }, () =>
      send('192.0.2.1, 203.0.113.7').then(
        ({ status }) => statuses.push(status),
        () => {},
      ),
    )
    await expect.poll(() => statuses).toContain(429)
    expect((await send('192.0.2.1, 203.0.113.8')).status).toBe(422)
    expect(statuses.length).toBeLessThan(40)
    client.abort()
    await Promise.all(burst)
  })

  describe('behind a trusted proxy', () => {
    const environment = { RATE_LIMIT_PER_MINUTE: '1', TRUSTED_PROXIES: '127.0.0.1,::1' }
    const statuses = async (addresses: readonly string[]) => {
      await using stack = await Stack.start({ agent: environment }, ['agent'])
      const found: number[] = []
      for (const address of addresses) {
        found.push((await ask(stack.agentUrl, { message: 'Hello' }, { 'x-forwarded-for': address })).status)
      }
      expect(stack.agentLog.join('')).not.toContain('TRUSTED_PROXIES')
      return found
    }

    it('count a client by its own address', async () => {
      expect(await statuses(['203.0.113.7', '203.0.113.8', '203.0.113.7'])).toEqual([422, 422, 429])
    })

    it.each([
      ['one address with and without a port', ['203.0.113.7:1001', '203.0.113.7', '203.0.113.7:1002']],
      ['one IPv6 network', ['2001:db8:0:1::1', '[2001:db8:0:1::2]:443', '[2001:db8:0:1:f::3]']],
      ['one IPv4 address in either notation', ['198.51.100.1', '::ffff:198.51.100.1', '::FFFF:c633:6401']],
      [
        'all that is no address',
        ['garbage', 'another', 'unknown', '_hidden', '300.1.1.1', '1.2', '203.0.113.7, x', 'x, ,'],
      ],
      ['one address after the client’s own words', ['192.0.2.1, 203.0.113.7', 'garbage, 203.0.113.7']],
    ])('count %s as one client', async (_what, addresses) => {
      const [first, ...others] = await statuses(addresses)
      expect(first).toBe(422)
      expect(others).toEqual(others.map(() => 429))
    })
  })

  it('warn once when the proxy in front of the agent is not trusted, and name the proxy’s address', async () => {
    await using stack = await Stack.start({}, ['agent'])
    const warnings = () => stack.agentLog.filter(line => line.includes('TRUSTED_PROXIES'))
    await ask(stack.agentUrl, { message: 'Hello' })
    expect(warnings()).toEqual([])
    for (const address of ['203.0.113.7', '203.0.113.8']) {
      await ask(stack.agentUrl, { message: 'Hello' }, { 'x-forwarded-for': address })
    }
    expect(warnings()).toHaveLength(1)
    expect(JSON.parse(warnings()[0] ?? '')).toMatchObject({
      level: 40,
      proxy: expect.stringMatching(/^(127\.0\.0\.1|::1)$/),
    })
    expect(warnings()[0]).not.toContain('203.0.113')
  })
})

function openConnection(url: string): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const socket = connect({ host: 'localhost', port: Number(new URL(url).port) }, () => resolve(socket))
  socket.once('error', reject)
  return promise
}

async function readAll(socket: Socket): Promise<string> {
  let text = ''
  for await (const chunk of socket) text += chunk
  return text
}
