import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { expect, it } from 'vitest'
import { identities } from '../../support/identities.ts'
import { startProcess } from './weather-process.ts'

/** A program for the process: on SIGTERM its clock goes two seconds ahead, which it says after having had time to notice. */
const clockAhead = `data:text/javascript,${encodeURIComponent(`
  const now = performance.now.bind(performance)
  process.once('SIGTERM', () => setImmediate(() => {
    performance.now = () => now() + 2_000
    setTimeout(() => console.log('two seconds later'), 200)
  }))`)}`

it('The weather API listens on loopback if HOST is empty, warns loudly if signatures are not verified, and serves a kept connection until two seconds after SIGTERM', async () => {
  const settings = { AGENT_CLIENT_ID: identities.agentId, HOST: '', VALIDATE_TOKEN_SIGNATURE: 'false' }
  const service = startProcess(settings, ['--import', clockAhead])
  const url = await service.url()
  expect(new URL(url).hostname).toMatch(/^(127\.0\.0\.1|\[::1\])$/)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ask = async () => {
    const [response] = (await once(get(`${url}/livez`, { agent }), 'response')) as [IncomingMessage]
    await once(response.resume(), 'end')
    return response.headers
  }
  expect(await ask()).toMatchObject({ connection: 'keep-alive', 'keep-alive': 'timeout=5' })
  const isLater = service.prints(/two seconds later/)
  service.child.kill('SIGTERM')
  await isLater
  expect(await ask()).toMatchObject({ connection: 'close' })
  expect(await service.exited).toBe(0)
  expect(service.lines.filter(line => line.includes('"level":40')).join()).toMatch(/ARE NOT VERIFIED/)
})

it('The weather API ends at once with a faulty configuration, and names all faults', async () => {
  const faulty = { TENANT_ID: 'common', WEATHER_PROVIDER: 'crystal-ball' }
  const service = startProcess(faulty)
  expect(await service.exited).toBe(1)
  for (const name of [...Object.keys(faulty), 'WEATHER_ALLOWED_CALLERS'])
    expect(await service.complaints).toContain(name)
})
