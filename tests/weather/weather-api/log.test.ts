import { afterEach, describe, expect, it, vi } from 'vitest'
import { identities } from '../../support/identities.ts'
import { type RunningWeatherApi, startWeatherApi } from './service.ts'

const { tenantId, agentId, blueprintAppId, ada } = identities

describe('the log of the weather API', () => {
  let api: RunningWeatherApi
  let lines: string[]
  afterEach(async () => {
    await api.close()
    vi.useRealTimers()
  })

  async function startApi(env: Readonly<Record<string, string>> = {}): Promise<void> {
    lines = []
    const logStream = { write: (line: string) => void lines.push(line) }
    api = await startWeatherApi({ LOG_LEVEL: 'trace', ...env }, { logStream })
  }
  /** A token whose header names a signing key that nobody knows. */
  const strange = (kid: string) => api.autonomous({}, { kid })
  const logged = () => lines.map(line => JSON.parse(line))
  /** The lines of the audit log, without the members that all lines have. */
  const audited = () =>
    logged()
      .filter(({ audit }) => audit !== undefined)
      .map(({ pid: _pid, hostname: _hostname, time: _time, requestId, ...entry }) => {
        expect(requestId).toMatch(/^[\w-]{20,}$/)
        return entry
      })

  it('says of every allowed request who called, for whom, and what was requested', async () => {
    await startApi()
    await api.ask(api.onBehalfOf({ uti: 'token-1' }))
    const withoutBlueprint = api.autonomous({ uti: 'token-2', xms_par_app_azp: undefined })
    await api.ask(withoutBlueprint, '/weather/forecast?city=Rome&days=2')
    const allowed = { level: 30, msg: 'Access allowed.', audit: 'allowed', caller: agentId, tenantId }
    const forAda = { flow: 'obo', kind: 'agentForUser', objectId: ada.oid }
    const asItself = { flow: 'autonomous', kind: 'agent', objectId: agentId }
    expect(audited()).toEqual([
      { ...allowed, ...forAda, action: 'GET /weather', blueprintAppId, tokenId: 'token-1' },
      { ...allowed, ...asItself, action: 'GET /weather/forecast', tokenId: 'token-2' },
    ])
  })

  it('says why a request was refused, and whose token was used if only the caller or the permission was wrong', async () => {
    await startApi()
    const other = '99999999-0000-4000-8000-000000000099'
    const genuine = { flow: 'autonomous', objectId: agentId, tenantId, blueprintAppId, tokenId: 'token-1' }
    await api.ask(api.autonomous({ uti: 'token-1', roles: [] }))
    await api.ask(api.autonomous({ uti: 'token-1', azp: other }))
    await api.ask(api.autonomous({ exp: 1 }))
    await api.ask(`${api.autonomous().slice(0, -8)}AAAAAAAA`)
    await api.get('/weather?city=Rome')
    await api.issuer.stop()
    await api.ask(strange('unknown'))
    const refused = { level: 40, msg: 'Access refused.', audit: 'refused', action: 'GET /weather' }
    expect(audited()).toEqual([
      { ...refused, ...genuine, kind: 'agent', reason: 'permission', caller: agentId },
      { ...refused, ...genuine, reason: 'caller', caller: other },
      { ...refused, reason: 'lifetime' },
      { ...refused, reason: 'signature' },
      { ...refused, reason: 'WEATHER_TOKEN_MISSING' },
      { ...refused, reason: 'SIGNING_KEYS_UNAVAILABLE' },
    ])
  })

  it('holds no token and nothing that a caller wrote', async () => {
    await startApi()
    const tokens = [api.onBehalfOf(), api.autonomous({ roles: [] }), api.autonomous({ exp: 1 })]
    for (const token of tokens) await api.ask(token, `/weather?city=Rome&access_token=${token}`)
    for (const path of [
      '/weather?city=Whisperville',
      '/weather?whispered=1',
      '/weather/forecast?city=Rome&days=whispered',
      '/whispered?whispered=whispered',
    ])
      await api.ask(api.autonomous(), path)
    const headers = ['X-Whispered', 'whispered', 'X-Request-Id', 'whispered-1']
    await api.get('/weather?city=whispered', ['Authorization', 'Whispered scheme', ...headers])
    await api.get('/weather?city=Rome', ['Authorization', `Bearer ${api.autonomous()}`, ...headers])
    await api.ask(strange('whispered'))
    const log = lines.join('')
    for (const code of ['CITY_NOT_FOUND', 'INVALID_REQUEST', '"NOT_FOUND"']) expect(log).toContain(code)
    expect(log).not.toMatch(/whisper/i)
    for (const token of tokens) for (const part of token.split('.')) expect(log).not.toContain(part)
  })

  it('holds a claim of a token only if the claim looks like an id, even if signatures are not verified', async () => {
    await startApi({ VALIDATE_TOKEN_SIGNATURE: 'false' })
    const words = ['whispered words', 'whispered\nline', 'whispered-'.repeat(7), 'whispered.']
    for (const text of words)
      for (const name of ['oid', 'uti', 'azp', 'xms_par_app_azp'])
        await api.ask(api.onBehalfOf({ [name]: text }))
    expect(audited()).toHaveLength(16)
    expect(lines.join('')).not.toContain('whisper')
  })
})
