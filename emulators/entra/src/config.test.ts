import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { findFaults } from '../../../packages/service-kit/src/testing/find-faults.ts'
import { temporaryFile } from '../../../packages/service-kit/src/testing/temporary-file.ts'
import { readConfig } from './config.ts'
import { weatherAppId } from './testing/start-entra.ts'

const file = temporaryFile('registrations.json')

function readWith(content: unknown) {
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return readConfig({ REGISTRATIONS_FILE: file }).registrations
}

const faultsOf = (content: unknown) =>
  findFaults(() => readWith(content)).map(fault => fault.replace(file, 'FILE'))

describe('the configuration', () => {
  it('needs no variable: all ids have the demo’s defaults, and the blueprint has no credential', () => {
    expect(readConfig({})).toMatchObject({
      port: 7001,
      tenantId: '11111111-2222-4333-8444-555555555555',
      blueprint: { appId: 'cccccccc-0000-4000-8000-00000000000c', clientSecret: undefined },
      spa: { redirectUris: ['http://localhost:3001/auth/redirect.html'] },
    })
  })

  it('reads a list of redirect URIs and a federated credential', () => {
    const config = readConfig({
      SPA_REDIRECT_URI: 'http://localhost:3001/auth/redirect.html, http://127.0.0.1:3001/auth/redirect.html',
      FEDERATED_ISSUER: 'https://kubernetes.default.svc',
      FEDERATED_SUBJECT: 'system:serviceaccount:weather:agent',
    })
    expect(config.spa.redirectUris).toHaveLength(2)
    expect(config.blueprint.federatedCredential).toEqual({
      issuer: 'https://kubernetes.default.svc',
      subject: 'system:serviceaccount:weather:agent',
      audiences: ['api://AzureADTokenExchange'],
    })
  })

  it('reports all faults at once', () => {
    const broken = {
      TENANT_ID: 'contoso',
      PUBLIC_URL: 'login.microsoftonline.com',
      TLS_CERT_FILE: '/nowhere/certificate.pem',
      TLS_KEY_FILE: '',
      FEDERATED_ISSUER: 'https://issuer.example',
      SPA_REDIRECT_URI: 'nonsense',
    }
    const names = ['TENANT_ID', 'PUBLIC_URL', 'TLS_CERT_FILE', 'FEDERATED_SUBJECT', 'SPA_REDIRECT_URI']
    for (const name of names) expect(() => readConfig(broken)).toThrow(name)
  })
})

describe('reading the file of registrations', () => {
  const notes = { appId: '99999999-0000-4000-8000-0000000000AA', scopes: ['Notes.Read'], appRoles: [] }

  it('adds APIs by their names', () => {
    expect(readConfig({}).registrations).toEqual({ apis: new Map(), clients: [] })
    expect([
      ...readWith({ apis: { notes, 'my-tasks': { ...notes, appId: weatherAppId.replace(/a$/, 'f') } } }).apis,
    ]).toEqual([
      ['notes', { ...notes, appId: '99999999-0000-4000-8000-0000000000aa', displayName: 'notes' }],
      ['my-tasks', expect.objectContaining({ appId: 'aaaaaaaa-0000-4000-8000-00000000000f' })],
    ])
  })

  it('adds clients that have a secret or that users sign in to', () => {
    const appId = '99999999-0000-4000-8000-0000000000BB'
    const client = { appId, apis: ['weather-api'] }
    const page = { ...client, appId: appId.replace('BB', 'bc'), redirectUris: ['http://localhost/back'] }
    expect(readWith({ clients: { robot: { ...client, secret: 'long-enough' }, page } }).clients).toEqual([
      {
        ...client,
        appId: appId.toLowerCase(),
        displayName: 'robot',
        secret: 'long-enough',
        redirectUris: [],
      },
      { ...page, displayName: 'page', secret: undefined },
    ])
    const start = 'FILE (REGISTRATIONS_FILE), client "robot":'
    expect(faultsOf({ apis: { notes }, clients: { robot: { ...client, appId: notes.appId } } })).toEqual([
      `${start} appId ${notes.appId} is taken.`,
    ])
    expect(faultsOf({ clients: { robot: { ...client, secret: 'short' } } })).toEqual([
      expect.stringContaining(`${start} secret`),
    ])
  })

  it('reports all faults of all APIs at once', () => {
    const apis = {
      Notes: notes,
      again: notes,
      weather: { ...notes, appId: weatherAppId },
      odd: { appId: 'odd', scopes: 'Notes.Read', url: 'http://localhost', adminConsent: 'yes' },
    }
    const end = (text: string) =>
      expect.stringMatching(new RegExp(`^FILE \\(REGISTRATIONS_FILE\\), API ${text}`))
    expect(faultsOf({ apis })).toEqual([
      end('"Notes": its name must be in kebab-case.$'),
      end(`"weather": appId ${weatherAppId} is taken.$`),
      end('"odd": appRoles is missing.$'),
      end('"odd": url is not known here.$'),
      end('"odd": appId must match pattern'),
      end('"odd": scopes must be array.$'),
      end('"odd": adminConsent must be boolean.$'),
    ])
    expect(faultsOf({ apis: { notes, again: notes } })).toEqual([end('"again": appId .* is taken.$')])
  })

  it.each([
    ['{"apis":', 'FILE (REGISTRATIONS_FILE) is not JSON'],
    [
      '[]',
      'FILE (REGISTRATIONS_FILE) must be {"apis": {"<name>": {…}}, "clients": {"<name>": {…}}}, either or both, and nothing else.',
    ],
    ['{"apis":{},"users":{}}', 'and nothing else.'],
  ])('says in words what is wrong with a file whose content is %s', (content, fault) => {
    expect(faultsOf(content)).toEqual([expect.stringContaining(fault)])
  })
})
