import { ConfigurationError } from '@entra-bedrock-agent/service-kit'
import { describe, expect, test } from 'vitest'
import { readConfig } from '../config.ts'
import { Settings } from './settings.ts'

const azureAd = { AzureAd__TenantId: 't', AzureAd__ClientId: 'c' }

describe('Settings', () => {
  test('are found whatever the case of their names, and empty ones count as unset', () => {
    const settings = new Settings({ AZUREAD__clientid: 'c', AzureAd__TenantId: '' })
    expect(settings.text('AzureAd:ClientId')).toBe('c')
    expect(settings.text('AzureAd:TenantId')).toBeUndefined()
  })

  test('list numbered children in the order of their numbers', () => {
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

  test('has no scopes when they are written as one text', () => {
    expect(
      readConfig({ DownstreamApis__graph__Scopes: 'User.Read Mail.Read' }).apis.get('graph')?.scopes,
    ).toBeUndefined()
  })
})

describe('The addresses to listen at', () => {
  const everywhere = expect.stringMatching(/^(::|0\.0\.0\.0)$/)

  test.each([
    [{}, [{ host: everywhere, port: 8080 }]],
    [{ ASPNETCORE_HTTP_PORTS: '5001;5002' }, [5001, 5002].map(port => ({ host: everywhere, port }))],
    [{ ASPNETCORE_URLS: 'http://+:5000', ASPNETCORE_HTTP_PORTS: '1' }, [{ host: everywhere, port: 5000 }]],
    [
      { ASPNETCORE_URLS: 'http://localhost:5000/;http://[::1]:5001' },
      [
        { host: 'localhost', port: 5000 },
        { host: '::1', port: 5001 },
      ],
    ],
    [
      { Kestrel__Endpoints__Http__Url: 'http://127.0.0.1:5000', ASPNETCORE_URLS: 'http://+:1' },
      [{ host: '127.0.0.1', port: 5000 }],
    ],
  ])('come from %j', (environment, addresses) => {
    expect(readConfig(environment).addresses).toEqual(addresses)
  })

  test('must be plain http', () => {
    expect(() => readConfig({ ASPNETCORE_URLS: 'https://+:5000' })).toThrow(ConfigurationError)
  })
})

describe('The section AzureAd', () => {
  test('may be incomplete: the original starts then too', () => {
    expect(readConfig({}).azureAd).toBeUndefined()
    expect(readConfig(azureAd).azureAd?.instance).toBe('https://login.microsoftonline.com')
  })

  test('collects audiences from both of its keys', () => {
    const both = { ...azureAd, AzureAd__Audience: 'one', AzureAd__Audiences__0: 'two' }
    expect(readConfig(both).azureAd?.audiences).toEqual(['one', 'two'])
  })
})
