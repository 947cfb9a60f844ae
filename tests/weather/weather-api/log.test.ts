import { beforeEach, describe, expect, it } from 'vitest'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { startWeatherApi } from './service.ts'

const { tenantId, agentId, blueprintAppId, ada } = identities

const lines: string[] = []
const start = (env: Readonly<Record<string, string>> = {}) =>
  forFile(
    startWeatherApi({ LOG_LEVEL: 'trace', ...env }, { logStream: { write: line => void lines.push(line) } }),
  )
const api = await start()
beforeEach(() => {
  lines.length = 0
})

/** The lines of the audit log, without the members that all lines have. */
const audited = () =>
  lines
    .map(line => JSON.parse(line))
    .filter(({ audit }) => audit !== undefined)
    .map(({ pid: _pid, hostname: _hostname, time: _time, requestId, ...entry }) => {
      expect(requestId).toMatch(/^[\w-]{20,}$/)
      return entry
    })

describe('the log of the weather API', () => {
  it('says of every request who called, for whom, for what, and why it was refused; whose token it was only if caller or permission was wrong', async () => {
    const other = '99999999-0000-4000-8000-000000000099'
    await api.ask(api.onBehalfOf({ uti: 'token-1' }))
    await api.ask(api.autonomous({ uti: 'token-2' }), '/weather/forecast?city=Rome&days=2')
    await api.ask(api.autonomous({ uti: 'token-3', roles: [] }))
    await api.ask(api.autonomous({ uti: 'token-4', azp: other }))
    await api.ask(api.autonomous({ exp: 1 }))
    await api.get('/weather?city=Rome')
    const lost = await start({ ENTRA_AUTHORITY: 'http://127.0.0.1:9' })
    await lost.ask(lost.autonomous())
    const allowed = { level: 30, msg: 'Access allowed.', audit: 'allowed', caller: agentId }
    const refused = { level: 40, msg: 'Access refused.', audit: 'refused', action: 'GET /weather' }
    const token = { tenantId, blueprintAppId }
    const asItself = { ...token, flow: 'autonomous', objectId: agentId }
    const forAda = { ...token, flow: 'obo', objectId: ada.oid }
    expect(audited()).toEqual([
      { ...allowed, ...forAda, kind: 'agentForUser', action: 'GET /weather', tokenId: 'token-1' },
      { ...allowed, ...asItself, kind: 'agent', action: 'GET /weather/forecast', tokenId: 'token-2' },
      { ...refused, ...asItself, kind: 'agent', reason: 'permission', caller: agentId, tokenId: 'token-3' },
      { ...refused, ...asItself, reason: 'caller', caller: other, tokenId: 'token-4' },
      { ...refused, reason: 'lifetime' },
      { ...refused, reason: 'WEATHER_TOKEN_MISSING' },
      { ...refused, reason: 'SIGNING_KEYS_UNAVAILABLE' },
    ])
  })

  it('holds no token and nothing that a caller wrote', async () => {
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
    await api.ask(api.autonomous({}, { kid: 'whispered' }))
    const log = lines.join('')
    for (const code of ['CITY_NOT_FOUND', 'INVALID_REQUEST', '"NOT_FOUND"']) expect(log).toContain(code)
    expect(log).not.toMatch(/whisper/i)
    for (const token of tokens) for (const part of token.split('.')) expect(log).not.toContain(part)
  })

  it('holds a claim of a token only if the claim looks like an id, even if signatures are not verified', async () => {
    const api = await start({ VALIDATE_TOKEN_SIGNATURE: 'false' })
    const words = ['whispered words', 'whispered\nline', 'whispered-'.repeat(7), 'whispered.']
    for (const text of words)
      for (const name of ['oid', 'uti', 'azp', 'xms_par_app_azp'])
        await api.ask(api.onBehalfOf({ [name]: text }))
    expect(audited()).toHaveLength(16)
    expect(lines.join('')).not.toContain('whisper')
  })
})
