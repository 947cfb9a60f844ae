import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it } from 'vitest'
import { autonomousClaims, onBehalfOfClaims } from '../../support/agent-tokens.ts'
import { identities } from '../../support/identities.ts'
import { createIssuer } from '../../support/token-issuer.ts'

const main = resolve(import.meta.dirname, '../../../services/weather-api/src/main.ts')
const { tenantId, agentId, blueprintAppId, weatherAppId, ada } = identities

/** The weather API as a process of its own; `lines` are those of its log so far. */
async function startProcess(env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [main], {
    env: { PORT: '0', HOST: '127.0.0.1', TENANT_ID: tenantId, WEATHER_API_APP_ID: weatherAppId, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  const url = Promise.withResolvers<string>()
  createInterface(child.stdout).on('line', line => {
    lines.push(line)
    const address = /Server listening at (http:[^"]+)/.exec(line)?.[1]
    if (address) url.resolve(address)
  })
  let complaints = ''
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk.toString()
  })
  const exited = once(child, 'exit').then(([code]) => Number(code))
  return { child, lines, url: url.promise, exited, complaints: () => complaints }
}

describe('the log of the weather API', () => {
  it('names who called for whom and who was refused, never a token; SIGTERM ends the process with code 0', async () => {
    const issuer = await createIssuer()
    const service = await startProcess({
      AGENT_CLIENT_ID: agentId,
      ENTRA_AUTHORITY: issuer.url,
      WEATHER_PROVIDER: 'climate-normals',
    })
    const good = issuer.sign(onBehalfOfClaims({ authority: issuer.url, claims: { uti: 'token-1' } }))
    const forbidden = issuer.sign(autonomousClaims({ authority: issuer.url, claims: { roles: [] } }))
    const expired = issuer.sign(autonomousClaims({ authority: issuer.url, claims: { exp: 1 } }))
    const url = await service.url
    for (const token of [good, forbidden, expired]) {
      await fetch(`${url}/weather?city=Rome&access_token=${token}`, {
        headers: { authorization: `Bearer ${token}` },
      })
    }
    service.child.kill('SIGTERM')
    expect(await service.exited).toBe(0)
    await issuer.close()

    const entries = service.lines.map(line => JSON.parse(line))
    expect(entries).toContainEqual(
      expect.objectContaining({
        msg: 'Token accepted.',
        identity: {
          flow: 'obo',
          caller: agentId,
          objectId: ada.oid,
          tenantId,
          blueprintAppId,
          tokenId: 'token-1',
        },
      }),
    )
    expect(entries).toContainEqual(
      expect.objectContaining({
        msg: 'Genuine token refused.',
        identity: expect.objectContaining({ caller: agentId }),
      }),
    )
    expect(entries).toContainEqual(expect.objectContaining({ code: 'WEATHER_TOKEN_REJECTED' }))
    const log = service.lines.join('\n')
    for (const token of [good, forbidden, expired])
      for (const part of token.split('.').slice(1)) expect(log).not.toContain(part)
  })

  it('opens with a loud warning when signatures are not verified', async () => {
    const service = await startProcess({ AGENT_CLIENT_ID: agentId, VALIDATE_TOKEN_SIGNATURE: 'false' })
    await service.url
    service.child.kill('SIGTERM')
    expect(await service.exited).toBe(0)
    expect(service.lines.map(line => JSON.parse(line))).toContainEqual(
      expect.objectContaining({ level: 40, msg: expect.stringContaining('ARE NOT VERIFIED') }),
    )
  })

  it('is not reached with a faulty configuration: the faults are said in words, all at once', async () => {
    const service = await startProcess({ TENANT_ID: 'common', WEATHER_PROVIDER: 'crystal-ball' })
    expect(await service.exited).toBe(1)
    for (const name of ['TENANT_ID', 'WEATHER_PROVIDER', 'WEATHER_ALLOWED_CALLERS'])
      expect(service.complaints()).toContain(name)
  })
})
