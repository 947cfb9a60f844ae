import { publicConfig } from '@entra-agents/trace-view/testing/public-config'
import { describe, expect, it } from 'vitest'
import { isTenantAddress, listenForConsent } from './consent-window.ts'

const { authority } = publicConfig
const emulatedConfig = {
  ...publicConfig,
  authority: 'https://login.localhost/t',
  authorityMetadata: JSON.stringify({
    token_endpoint: 'http://localhost:7001/t/oauth2/v2.0/token',
    authorization_endpoint: 'http://localhost:7001/t/oauth2/v2.0/authorize',
  }),
}

describe('isTenantAddress', () => {
  it.each([
    [`${authority}/oauth2/v2.0/authorize?client_id=x`, true],
    [`${authority}/v2.0/adminconsent?client_id=x`, true],
    [`${authority}.evil.example/oauth2/v2.0/authorize`, false],
    [`${authority}/../../evil`, false],
    ['https://login.microsoftonline.com/another-tenant/oauth2/v2.0/authorize', false],
    [authority.replace('https://', 'https://user@'), false],
    [`${authority.replace('https:', 'http:')}/oauth2/v2.0/authorize`, false],
    ['javascript:alert(1)', false],
    ['/auth/consent.html', false],
    ['', false],
  ])('returns for the address “%s” the value %s', (url, isOurs) => {
    expect(isTenantAddress(url, publicConfig)).toBe(isOurs)
  })

  it('accepts the endpoints of a local emulator, and no other local address', () => {
    expect(isTenantAddress('http://localhost:7001/t/oauth2/v2.0/authorize?x', emulatedConfig)).toBe(true)
    expect(isTenantAddress('http://localhost:7001/t/v2.0/adminconsent?x', emulatedConfig)).toBe(true)
    expect(isTenantAddress('http://localhost:7002/t/oauth2/v2.0/authorize', emulatedConfig)).toBe(false)
  })
})

describe('listenForConsent', () => {
  it('listens only to the channel of its own state, and reads only the error code of a message', async () => {
    const answer = Promise.withResolvers<string | undefined>()
    const stop = listenForConsent('s1', answer.resolve)
    const other = new BroadcastChannel('consent:s2')
    other.postMessage({ error: 'not for us' })
    const ours = new BroadcastChannel('consent:s1')
    ours.postMessage({ error: 'access_denied', token: 'x' })
    expect(await answer.promise).toBe('access_denied')
    for (const channel of [other, ours]) channel.close()
    stop()
  })

  it('reports no error for a message without an error code: the consent may have been given', async () => {
    const answer = Promise.withResolvers<string | undefined>()
    const stop = listenForConsent('s3', answer.resolve)
    const channel = new BroadcastChannel('consent:s3')
    channel.postMessage('whatever')
    expect(await answer.promise).toBeUndefined()
    channel.close()
    stop()
  })
})
