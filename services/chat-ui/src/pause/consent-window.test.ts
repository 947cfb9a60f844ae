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
  it.each([
    ['reads only the error code of a message', { error: 'access_denied', token: 'x' }, 'access_denied'],
    ['reads no error, if the consent may have been given', 'whatever', undefined],
  ])('listens only to the channel of its own state, and %s', async (_what, message, error) => {
    const answer = Promise.withResolvers<string | undefined>()
    const stop = listenForConsent('s1', answer.resolve)
    const [other, ours] = ['consent:s2', 'consent:s1'].map(name => new BroadcastChannel(name))
    other?.postMessage({ error: 'not for us' })
    ours?.postMessage(message)
    expect(await answer.promise).toBe(error)
    for (const channel of [other, ours]) channel?.close()
    stop()
  })
})
