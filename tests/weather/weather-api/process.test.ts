import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { identities } from '../../support/identities.ts'
import { processEnv } from '../../support/process-env.ts'

const mainFile = resolve(import.meta.dirname, '../../../services/weather-api/src/main.ts')
const { tenantId, agentId, weatherAppId } = identities

/** A program for the process: on SIGTERM its clock goes two seconds ahead, which it says after having had time to notice. */
const clockAhead = `data:text/javascript,${encodeURIComponent(`
  const now = performance.now.bind(performance)
  process.once('SIGTERM', () => setImmediate(() => {
    performance.now = () => now() + 2_000
    setTimeout(() => console.log('two seconds later'), 200)
  }))`)}`

/** The weather API as a process of its own; `lines` are those of its log so far. */
async function startProcess(env: Readonly<Record<string, string>>, options: readonly string[] = []) {
  const child = spawn(process.execPath, [...options, mainFile], {
    env: {
      ...processEnv(),
      PORT: '0',
      HOST: '127.0.0.1',
      TENANT_ID: tenantId,
      WEATHER_API_APP_ID: weatherAppId,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  const url = Promise.withResolvers<string>()
  const isLater = Promise.withResolvers<void>()
  createInterface(child.stdout).on('line', line => {
    lines.push(line)
    const address = /Server listening at (http:[^"]+)/.exec(line)?.[1]
    if (address) url.resolve(address)
    if (line === 'two seconds later') isLater.resolve()
  })
  const complaints = text(child.stderr)
  const exited = once(child, 'exit').then(([code]) => Number(code))
  void exited.then(() => isLater.resolve())
  return { child, lines, url: url.promise, isLater: isLater.promise, exited, complaints }
}

describe('the process of the weather API', () => {
  it('listens on loopback if HOST is empty, warns loudly if signatures are not verified, and ends with code 0 on SIGTERM', async () => {
    const env = { AGENT_CLIENT_ID: agentId, HOST: '', VALIDATE_TOKEN_SIGNATURE: 'false' }
    const service = await startProcess(env)
    expect(new URL(await service.url).hostname).toMatch(/^(127\.0\.0\.1|\[::1\])$/)
    service.child.kill('SIGTERM')
    expect(await service.exited).toBe(0)
    const warnings = service.lines.map(line => JSON.parse(line)).filter(({ level }) => level === 40)
    expect(warnings).toMatchObject([{ msg: expect.stringContaining('ARE NOT VERIFIED') }])
  })

  it('promises keep-alive for five seconds, and still serves the connection two seconds after SIGTERM', async () => {
    const service = await startProcess({ AGENT_CLIENT_ID: agentId }, ['--import', clockAhead])
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const ask = async () => {
      const [response] = (await once(get(`${await service.url}/livez`, { agent }), 'response')) as [
        IncomingMessage,
      ]
      await once(response.resume(), 'end')
      return response.headers
    }
    expect(await ask()).toMatchObject({ connection: 'keep-alive', 'keep-alive': 'timeout=5' })
    service.child.kill('SIGTERM')
    await service.isLater
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
    const service = await startProcess(faulty)
    expect(await service.exited).toBe(1)
    for (const name of [...Object.keys(faulty), 'WEATHER_ALLOWED_CALLERS'])
      expect(await service.complaints).toContain(name)
  })
})
