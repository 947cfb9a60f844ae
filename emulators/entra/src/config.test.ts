import { writeFileSync } from 'node:fs'
import { findFaults } from '@entra-agents/service-kit/testing/find-faults'
import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import { expect, it } from 'vitest'
import { readConfig } from './config.ts'
import { weatherAppId } from './testing/start-entra.ts'

const file = temporaryFile('registrations.json')

function readWith(content: unknown) {
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return readConfig({ REGISTRATIONS_FILE: file }).registrations
}

const notes = { appId: '99999999-0000-4000-8000-0000000000AA', scopes: ['Notes.Read'], appRoles: [] }
const robot = { appId: '99999999-0000-4000-8000-0000000000BB', apis: ['weather-api'] }

it('no variable is needed: all ids have the demo’s defaults, and the blueprint has no credential', () => {
  expect(readConfig({})).toMatchObject({
    port: 7001,
    tenantId: '11111111-2222-4333-8444-555555555555',
    blueprint: { appId: 'cccccccc-0000-4000-8000-00000000000c', clientSecret: undefined },
    spa: { redirectUris: ['http://localhost:3001/auth/redirect.html'] },
    registrations: { apis: new Map(), clients: [] },
  })
})

it('redirect URIs are a list, and a federated credential has the exchange as its audience', () => {
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

it('a file registers APIs by their names, and clients that have a secret or that users sign in to', () => {
  const page = { ...robot, appId: robot.appId.replace('BB', 'bc'), redirectUris: ['http://localhost/back'] }
  const secret = 'long-enough'
  const { apis, clients } = readWith({ apis: { notes }, clients: { robot: { ...robot, secret }, page } })
  const lower = ({ appId }: { appId: string }) => appId.toLowerCase()
  expect([...apis]).toEqual([['notes', { ...notes, appId: lower(notes), displayName: 'notes' }]])
  expect(clients).toEqual([
    { ...robot, appId: lower(robot), displayName: 'robot', secret, redirectUris: [] },
    { ...page, displayName: 'page', secret: undefined },
  ])
})

it('all faults are reported at once, in words', async () => {
  const apis = {
    Notes: notes,
    again: notes,
    weather: { ...notes, appId: weatherAppId },
    odd: { appId: 'odd', scopes: 'Notes.Read', url: 'http://localhost', adminConsent: 'yes' },
  }
  const ofVariables = findFaults(() =>
    readConfig({
      TENANT_ID: 'contoso',
      PUBLIC_URL: 'login.microsoftonline.com',
      TLS_CERT_FILE: '/nowhere/certificate.pem',
      FEDERATED_ISSUER: 'https://issuer.example',
      SPA_REDIRECT_URI: 'nonsense',
    }),
  )
  const files = [
    { apis },
    { apis: { notes, again: notes } },
    { apis: { notes }, clients: { robot: { ...robot, appId: notes.appId } } },
    { clients: { robot: { ...robot, secret: 'short' } } },
    '{"apis":',
    '[]',
    { apis: {}, users: {} },
  ]
  const ofFiles = files.flatMap(content => ['', ...findFaults(() => readWith(content))])
  const faults = [...ofVariables, ...ofFiles].join('\n').replaceAll(file, 'FILE')
  await expect(`${faults}\n`).toMatchFileSnapshot('config.txt')
})
