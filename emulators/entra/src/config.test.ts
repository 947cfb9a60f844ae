import { describe, expect, it } from 'vitest'
import { readConfig } from './config.ts'

describe('the configuration', () => {
  it('needs nothing: every id has the demo’s default, and the blueprint then has no credential', () => {
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

  it('tells every fault at once', () => {
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
