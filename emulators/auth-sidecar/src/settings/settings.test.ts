import { findFaults } from '@entra-agents/service-kit/testing/find-faults'
import { expect, test } from 'vitest'
import { readConfig } from '../config.ts'
import { Settings } from './settings.ts'

test('Settings are found by their names in any letter case; an empty setting is unset, and numbered ones are a list in their order', () => {
  const numbered = Object.fromEntries([10, 2, 0].map(index => [`Api__Scopes__${index}`, `scope-${index}`]))
  const settings = new Settings({ AZUREAD__clientid: 'c', AzureAd__TenantId: '', ...numbered })
  expect(settings.text('AzureAd:ClientId')).toBe('c')
  expect(settings.text('AzureAd:TenantId')).toBeUndefined()
  expect(settings.list('Api:Scopes')).toEqual(['scope-0', 'scope-2', 'scope-10'])
})

test('An API keeps the spelling of its name, and has no scopes if its setting `Scopes` is one string instead of a list', () => {
  const { apis } = readConfig({
    downstreamapis__weatherApp__scopes__0: 's',
    DownstreamApis__graph__Scopes: 'User.Read Mail.Read',
  })
  expect([...apis].map(([name, { scopes }]) => [name, scopes])).toEqual([
    ['weatherApp', ['s']],
    ['graph', undefined],
  ])
})

test.each([
  [{}, 'localhost', 8080],
  [{ HOST: '0.0.0.0', ASPNETCORE_HTTP_PORTS: '5001' }, '0.0.0.0', 5001],
  [{ ASPNETCORE_URLS: 'http://+:5000', ASPNETCORE_HTTP_PORTS: '1' }, '::', 5000],
  [{ ASPNETCORE_URLS: 'http://localhost:5000/;http://+:5001' }, 'localhost', 5000],
  [{ ASPNETCORE_URLS: 'http://+' }, '::', 80],
  [{ ASPNETCORE_URLS: 'http://0.0.0.0:5000' }, '0.0.0.0', 5000],
  [{ ASPNETCORE_URLS: 'http://[::1]:5001' }, '::1', 5001],
])('The variables %j lead to the host %s and the port %i', (environment, host, port) => {
  expect(readConfig(environment).listen).toEqual({ host, port })
})

test('The address to listen at must be plain http', () => {
  const faults = findFaults(() => readConfig({ ASPNETCORE_URLS: 'https://+:5000' }))
  expect(faults).toEqual(['ASPNETCORE_URLS must hold an http://host:port address; "https://+:5000" is none.'])
})

test('The section AzureAd may be incomplete, as for the official sidecar, and collects audiences from Audience and Audiences', () => {
  expect(readConfig({}).azureAd).toBeUndefined()
  const { azureAd } = readConfig({
    AzureAd__TenantId: 't',
    AzureAd__ClientId: 'c',
    AzureAd__Audience: 'one',
    AzureAd__Audiences__0: 'two',
  })
  expect(azureAd).toMatchObject({ instance: 'https://login.microsoftonline.com', audiences: ['two', 'one'] })
})
