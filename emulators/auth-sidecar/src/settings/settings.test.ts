import { ConfigurationError } from '@entra-bedrock-agent/service-kit'
import { describe, expect, test } from 'vitest'
import { readConfig } from '../config.ts'
import { Settings } from './settings.ts'

const azureAd = { AzureAd__TenantId: 't', AzureAd__ClientId: 'c' }

describe('Settings', () => {
  test('are found by their names in any letter case; an empty setting is unset', () => {
    const settings = new Settings({ AZUREAD__clientid: 'c', AzureAd__TenantId: '' })
    expect(settings.text('AzureAd:ClientId')).toBe('c')
    expect(settings.text('AzureAd:TenantId')).toBeUndefined()
  })

  test('return numbered children in the order of their numbers', () => {
    const numbered = Object.fromEntries([10, 2, 0].map(index => [`Api__Scopes__${index}`, `scope-${index}`]))
    expect(new Settings(numbered).list('Api:Scopes')).toEqual(['scope-0', 'scope-2', 'scope-10'])
  })
})

describe('An API', () => {
  test('keeps the spelling of its name', () => {
    const { apis } = readConfig({ downstreamapis__weatherApp__scopes__0: 's' })
    expect(apis.get('weatherApp')?.scopes).toEqual(['s'])
    expect(apis.get('WEATHERAPP')).toBeUndefined()
  })

  test('has no scopes if its setting `Scopes` is one string instead of a list', () => {
    expect(
      readConfig({ DownstreamApis__graph__Scopes: 'User.Read Mail.Read' }).apis.get('graph')?.scopes,
    ).toBeUndefined()
  })
})

describe('The address to listen at', () => {
  test.each([
    [{}, { host: 'localhost', port: 8080 }],
    [
      { HOST: '0.0.0.0', ASPNETCORE_HTTP_PORTS: '5001' },
      { host: '0.0.0.0', port: 5001 },
    ],
    [
      { ASPNETCORE_URLS: 'http://+:5000', ASPNETCORE_HTTP_PORTS: '1' },
      { host: '0.0.0.0', port: 5000 },
    ],
    [{ ASPNETCORE_URLS: 'http://localhost:5000/;http://+:5001' }, { host: 'localhost', port: 5000 }],
    [{ ASPNETCORE_URLS: 'http://[::1]:5001' }, { host: '::1', port: 5001 }],
  ])('is read from the variables %j', (environment, address) => {
    expect(readConfig(environment).listen).toEqual(address)
  })

  test('must be plain http', () => {
    expect(() => readConfig({ ASPNETCORE_URLS: 'https://+:5000' })).toThrow(ConfigurationError)
  })
})

describe('The section AzureAd', () => {
  test('may be incomplete, since the official sidecar starts with an incomplete one too', () => {
    expect(readConfig({}).azureAd).toBeUndefined()
    expect(readConfig(azureAd).azureAd?.instance).toBe('https://login.microsoftonline.com')
  })

  test('collects audiences from its keys Audience and Audiences', () => {
    const both = { ...azureAd, AzureAd__Audience: 'one', AzureAd__Audiences__0: 'two' }
    expect(readConfig(both).azureAd?.audiences).toEqual(['two', 'one'])
  })
})
