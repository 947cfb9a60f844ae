import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { identities } from '../../support/identities.ts'
import { startProcess } from './weather-process.ts'

const AGENT_CLIENT_ID = identities.agentId

/** A program for the process: on SIGTERM its clock goes two seconds ahead, which it says after having had time to notice. */
const clockAhead = `data:text/javascript,${encodeURIComponent(`
  const now = performance.now.bind(performance)
  process.once('SIGTERM', () => setImmediate(() => {
    performance.now = () => now() + 2_000
    setTimeout(() => console.log('two seconds later'), 200)
  }))`)}`

describe('the process of the weather API', () => {
  it('listens on loopback if HOST is empty, warns loudly if signatures are not verified, and ends with code 0 on SIGTERM', async () => {
    const service = startProcess({ AGENT_CLIENT_ID, HOST: '', VALIDATE_TOKEN_SIGNATURE: 'false' })
    expect(new URL(await service.url()).hostname).toMatch(/^(127\.0\.0\.1|\[::1\])$/)
    service.child.kill('SIGTERM')
    expect(await service.exited).toBe(0)
    const warnings = service.lines.map(line => JSON.parse(line)).filter(({ level }) => level === 40)
    expect(warnings).toMatchObject([{ msg: expect.stringContaining('ARE NOT VERIFIED') }])
  })

  it('promises keep-alive for five seconds, and still serves the connection two seconds after SIGTERM', async () => {
    const service = startProcess({ AGENT_CLIENT_ID }, ['--import', clockAhead])
    const url = `${await service.url()}/livez`
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const ask = async () => {
      const [response] = (await once(get(url, { agent }), 'response')) as [IncomingMessage]
      await once(response.resume(), 'end')
      return response.headers
    }
    expect(await ask()).toMatchObject({ connection: 'keep-alive', 'keep-alive': 'timeout=5' })
    const isLater = service.prints(/two seconds later/)
    service.child.kill('SIGTERM')
    await isLater
    expect(await ask()).toMatchObject({ connection: 'close' })
    expect(await service.exited).toBe(0)
  })

  it('ends at once with a faulty configuration, and names all faults in words', async () => {
    const faulty = {
      TENANT_ID: 'common',
      WEATHER_PROVIDER: 'crystal-ball',
      ENTRA_AUTHORITY: 'http://entra.example',
      VALIDATE_TOKEN_SIGNATURE: 'none',
    }
    const service = startProcess(faulty)
    expect(await service.exited).toBe(1)
    for (const name of [...Object.keys(faulty), 'WEATHER_ALLOWED_CALLERS'])
      expect(await service.complaints).toContain(name)
  })
})
