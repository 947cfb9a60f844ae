import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { createInterface } from 'node:readline'
import { afterAll, describe, expect, it } from 'vitest'

/**
 * A service whose slow responses wait for the line “go on” on standard input. If CLOCK is “stopped”, its clock moves only by
 * lines such as “clock +600”, and the service says so after it has had time to look at the clock.
 */
const serviceCode = `
  import { createServer, readEnvironment, serve } from '@entra-agents/service-kit'
  if (process.env.CLOCK === 'stopped') {
    let nowMs = 0
    performance.now = () => nowMs
    process.stdin.on('data', line => {
      const [, ms] = /clock \\+(\\d+)/.exec(line) ?? []
      if (!ms) return
      nowMs += Number(ms)
      setTimeout(() => console.log('moved'), 100)
    })
  }
  const goOn = () =>
    new Promise(resolve => process.stdin.on('data', line => String(line).includes('go on') && resolve()))
  await serve(() => {
    const port = readEnvironment(process.env, env => env.port('PORT', 0))
    const app = createServer({ logLevel: 'silent' })
    app.get('/slow', async () => {
      console.log('asked')
      await goOn()
      return { done: true }
    })
    app.get('/stream', (_request, reply) => {
      reply.hijack()
      reply.raw.writeHead(200).write('begun')
      console.log('streaming')
      void goOn().then(() => reply.raw.end())
    })
    app.get('/fast', async () => ({ done: true }))
    process.once('SIGTERM', () => setImmediate(() => console.log('stopping')))
    app.addHook('onListen', async () => console.log(app.server.address().port))
    app.addHook('preClose', async () => console.log('closing'))
    const drainMs = Number(process.env.DRAIN_MS ?? 1_000)
    const { FAILURE: code, FAILING_HOST: failingHost } = process.env
    const fails = host => code && (!failingHost || failingHost === host)
    const listen = app.listen.bind(app)
    app.listen = address =>
      fails(address.host) ? Promise.reject(Object.assign(new Error(code), { code })) : listen(address)
    return { app, host: process.env.HOST ?? '127.0.0.1', port, drainMs }
  })`

const children: ChildProcess[] = []
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
})

function startService(env: Record<string, string> = {}) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', serviceCode], {
    cwd: import.meta.dirname,
    // With the compiled code of earlier runs, the process starts sooner.
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], ...env },
  })
  children.push(child)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const errors: string[] = []
  child.stderr.on('data', (data: Buffer) => errors.push(data.toString()))
  return {
    child,
    nextLine: async () => String((await lines.next()).value),
    errors: () => errors.join(''),
    ended: once(child, 'close').then(([code]) => code as number | null),
  }
}

/** Sends requests over one keep-alive connection until the service closes it. */
function createClient(port: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  return async (path: string) => {
    const asked = get({ port, host: '127.0.0.1', path, agent })
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    await once(response.resume(), 'end')
    return { status: response.statusCode, connection: response.headers.connection }
  }
}

/** Starts a service, and sends it SIGTERM after it has begun a response. */
async function stopWhileStreaming(env: Record<string, string> = {}) {
  const service = startService({ DRAIN_MS: '3000', ...env })
  const ask = createClient(Number(await service.nextLine()))
  const running = ask('/stream')
  expect(await service.nextLine()).toBe('streaming')
  service.child.kill('SIGTERM')
  expect(await service.nextLine()).toBe('stopping')
  return { ...service, ask, running }
}

// Concurrent, since these tests spend most of their time waiting.
describe.concurrent('serve', () => {
  it('lets a running request finish on SIGTERM, then ends with exit code 0, even with keep-alive connections', async () => {
    const { child, nextLine, ended } = startService()
    const ask = createClient(Number(await nextLine()))
    const running = ask('/slow')
    expect(await nextLine()).toBe('asked')
    child.kill('SIGTERM')
    expect(await nextLine()).toBe('stopping')
    expect(await nextLine()).toBe('closing')
    child.stdin.write('go on\n')
    expect(await running).toMatchObject({ status: 200 })
    expect(await ended).toBe(0)
  })

  it('listens on all addresses of IPv4 where HOST is :: and the kernel has no IPv6', async () => {
    const noIPv6 = { HOST: '::', FAILURE: 'EAFNOSUPPORT', FAILING_HOST: '::' }
    const { nextLine } = startService(noIPv6)
    expect(await createClient(Number(await nextLine()))('/fast')).toMatchObject({ status: 200 })
  })

  it('closes keep-alive connections by a header of their next response', async () => {
    // The service does not wait that long: it ends when the last connection is closed.
    const { child, nextLine, ended } = startService({ DRAIN_MS: '30000' })
    const ask = createClient(Number(await nextLine()))
    expect(await ask('/fast')).toEqual({ status: 200, connection: 'keep-alive' })
    child.kill('SIGTERM')
    expect(await nextLine()).toBe('stopping')
    expect(await ask('/fast')).toEqual({ status: 200, connection: 'close' })
    expect(await ended).toBe(0)
  })

  it('waits for keep-alive connections as long as `drainMs` says', async () => {
    const { child, nextLine, ended } = startService({ DRAIN_MS: '1600' })
    await createClient(Number(await nextLine()))('/fast')
    child.kill('SIGTERM')
    expect(await nextLine()).toBe('stopping')
    const startedMs = performance.now()
    expect(await nextLine()).toBe('closing')
    expect(performance.now() - startedMs).toBeGreaterThan(1_500)
    expect(await ended).toBe(0)
  })

  it('serves one more request on the connection of a response that had begun, and then closes the connection', async () => {
    const { child, nextLine, ended, ask, running } = await stopWhileStreaming()
    expect(await nextLine()).toBe('closing')
    child.stdin.write('go on\n')
    expect(await running).toEqual({ status: 200, connection: 'keep-alive' })
    expect(await ask('/fast')).toEqual({ status: 200, connection: 'close' })
    expect(await ended).toBe(0)
  })

  it('waits the full `drainMs` for a connection whose response ends only while other connections are being closed', async () => {
    const { child, nextLine, ended, running } = await stopWhileStreaming({ CLOCK: 'stopped' })
    const moveClock = (ms: number) => child.stdin.write(`clock +${ms}\n`)
    moveClock(600)
    expect(await nextLine()).toBe('moved')
    child.stdin.write('go on\n')
    await running
    moveClock(2_900)
    expect(await nextLine()).toBe('moved')
    moveClock(100)
    expect(await nextLine()).toBe('closing')
    expect(await ended).toBe(0)
  })

  it('ends although many clients keep sending requests', async () => {
    const { child, nextLine, ended } = startService()
    const port = Number(await nextLine())
    const askOnAndOn = async () => {
      const ask = createClient(port)
      for (;;) await ask('/fast')
    }
    const all = Promise.allSettled(Array.from({ length: 8 }, askOnAndOn))
    await createClient(port)('/fast')
    child.kill('SIGTERM')
    expect(await nextLine()).toBe('stopping')
    expect(await nextLine()).toBe('closing')
    expect(await ended).toBe(0)
    await all
  })

  // biome-ignore format: table
  it.each([
    ['that the system reserves the port', { PORT: '5000', FAILURE: 'EACCES' }, 'Port 5000 is reserved by the system. Set PORT to another port.'],
    ['that HOST is no address of this machine', { HOST: '192.0.2.1' }, 'HOST is "192.0.2.1", which is no address of this machine. Set it to one (0.0.0.0 for all), or unset it to listen on localhost only.'],
    ['a fault of the configuration', { PORT: 'ten' }, 'The configuration has a fault:\n  - PORT must be a whole number from 0 to 65535; it is "ten".'],
  ])('reports %s, with exit code 1 and without a stack', async (_what, env, words) => {
    const { ended, errors } = startService(env)
    expect([await ended, errors()]).toEqual([1, `${words}\n`])
  })

  it('reports that the port is taken, with exit code 1', async () => {
    const PORT = await startService().nextLine()
    const { ended, errors } = startService({ PORT })
    expect([await ended, errors()]).toEqual([
      1,
      `Port ${PORT} is taken. Stop the program that listens there, or set PORT to a free port.\n`,
    ])
  })
})
