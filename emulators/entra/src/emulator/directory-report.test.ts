import { expect, it } from 'vitest'
import { newScope } from '../directory/objects.ts'
import { ada, ben } from '../testing/browser.ts'
import { makeCertificate } from '../testing/certificate.ts'
import { nameIds } from '../testing/describe-responses.ts'
import { sendJson } from '../testing/requests.ts'
import { seedIds } from '../testing/seed-ids.ts'
import { startEntra, startEntraForFile, weatherAppId } from '../testing/start-entra.ts'

const entra = await startEntraForFile()

it('the directory over HTTP names everybody, and who may what, without a secret', async () => {
  const { content } = entra.entra.directory
  content.groups[0]?.members.push(ada, ben)
  const assignment = { id: 'x', principalId: ben, resourceId: seedIds.weatherPrincipal, createdDateTime: '' }
  content.appRoleAssignments.push({ ...assignment, appRoleId: seedIds.weatherReadAllRole })
  const { body } = await sendJson(entra, 'GET', '/emulator/directory')
  // Microsoft's own APIs have hundreds of permissions.
  const apps = body.apps.filter(({ name }: { name: string }) => !/Microsoft|AAD/.test(name))
  const text = nameIds(entra, JSON.stringify({ ...body, apps }, null, 2))
  await expect(text).toMatchFileSnapshot('directory.txt')
  expect(JSON.stringify(body)).not.toMatch(/blueprint-secret|setup-secret/)
})

it('rights that an agent inherits from its blueprint are its own', async () => {
  const { content } = entra.entra.directory
  const blueprint = content.applications.find(({ kind }) => kind === 'agentIdentityBlueprint')
  blueprint?.inheritablePermissions.push({
    resourceAppId: weatherAppId,
    inheritableScopes: { kind: 'allAllowed' },
    inheritableRoles: { kind: 'none' },
  } as never)
  const weather = entra.entra.directory.application(weatherAppId)
  weather?.api.oauth2PermissionScopes.push(newScope(ben, 'Weather.Smell'))
  content.permissionGrants.push({
    id: 'inherited',
    clientId: seedIds.blueprintPrincipal,
    consentType: 'AllPrincipals',
    principalId: null,
    resourceId: seedIds.weatherPrincipal,
    scope: 'Weather.Smell',
  })
  const { body } = await sendJson(entra, 'GET', '/emulator/directory')
  const trainee = body.agents.find(({ name }: { name: string }) => name === 'Trainee agent')
  expect(trainee.may).toEqual([{ api: 'Weather API', scope: 'Weather.Smell' }])
})

it('an OpenAPI document describes the control plane by the schemas that its routes have', async () => {
  const { body } = await sendJson(entra, 'GET', '/emulator/openapi.json')
  const paths = Object.entries<Record<string, { summary?: string }>>(body.paths)
  const lines = paths.flatMap(([path, operations]) =>
    Object.entries(operations).map(
      ([method, { summary }]) => `${method.toUpperCase()} ${path}: ${summary}\n`,
    ),
  )
  await expect(lines.join('')).toMatchFileSnapshot('control-plane.txt')
})

it('ca.pem has the certificates of the file for TLS and nothing else; over http there is none', async () => {
  const { status, body } = await sendJson(entra, 'GET', '/emulator/ca.pem')
  expect([status, body.detail]).toEqual([
    404,
    'This emulator speaks http and has no certificate: TLS_CERT_FILE is not set.',
  ])
  using certificate = makeCertificate('localhost')
  await using secure = await startEntra({
    TLS_CERT_FILE: certificate.certificateFile,
    TLS_KEY_FILE: certificate.keyFile,
  })
  const tls = { cert: `${certificate.key}${certificate.certificate}`, key: certificate.key }
  Object.assign(secure.entra.config, { tls })
  const response = await secure.fetch(`${secure.url}/emulator/ca.pem`, {})
  expect(response.headers.get('content-type')).toBe('application/pem-certificate-chain')
  expect(await response.text()).toBe(certificate.certificate)
})
