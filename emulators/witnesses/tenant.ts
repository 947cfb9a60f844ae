import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tenant } from '@entra-agents/demo-tenant'
import { findFreePort } from '../../tests/support/ports.ts'
import { buildApp } from '../entra/src/app.ts'
import { readConfig } from '../entra/src/config.ts'
import {
  type Application,
  newApplication,
  newRole,
  newScope,
  newServicePrincipal,
} from '../entra/src/directory/objects.ts'
import { makeCertificate } from '../entra/src/testing/certificate.ts'
import { type ForeignIssuer, startForeignIssuer } from '../entra/src/testing/foreign-issuer.ts'

const { agents, blueprint, page } = tenant
const weather = tenant.apis['weather-api']
const ids = {
  daemon: 'a0000000-0000-4000-8000-0000000000c1',
  web: 'a0000000-0000-4000-8000-0000000000c2',
  native: 'a0000000-0000-4000-8000-0000000000c3',
  shared: 'a0000000-0000-4000-8000-0000000000c4',
  disabled: 'a0000000-0000-4000-8000-0000000000c5',
  api: 'a0000000-0000-4000-8000-0000000000d1',
}
const secret = 'a secret: 3 % of + it'
const redirectUri = 'https://shop.example/signed-in'
const graphUri = 'https://graph.microsoft.com'
const workload = { subject: 'system:serviceaccount:agents:witness', audience: 'api://AzureADTokenExchange' }

type App = ReturnType<typeof buildApp>

export interface WitnessTenant {
  /** What the witnesses read: ids, credentials and tokens by name, so that a real tenant’s file can take its place. */
  readonly file: string
  /** The certificate that the witnesses have to trust, if no public authority issued it. */
  readonly certificateFile: string | undefined
  close(): Promise<void>
}

/** Starts the emulator over TLS, with what the witnesses’ calls need beside the demo’s directory. */
export async function startTenant(folder: string): Promise<WitnessTenant> {
  using server = makeCertificate('localhost')
  using own = makeCertificate('blueprint')
  const issuer = await startForeignIssuer()
  const pageUri = `http://localhost:${await findFreePort()}/`
  const app = buildApp(
    readConfig({
      LOG_LEVEL: 'silent',
      TLS_CERT_FILE: server.certificateFile,
      TLS_KEY_FILE: server.keyFile,
      BLUEPRINT_CLIENT_SECRET: secret,
      BLUEPRINT_CERTIFICATE_FILE: own.certificateFile,
      FEDERATED_ISSUER: issuer.url,
      FEDERATED_SUBJECT: workload.subject,
      FEDERATED_AUDIENCE: workload.audience,
      SPA_REDIRECT_URI: pageUri,
    }),
  )
  await app.listen({ port: 0, host: 'localhost' })
  registerApplications(app.entra.directory)
  const authority = app.entra.publicUrl

  const facts = {
    authority,
    tenant: tenant.tenantId,
    graph: authority,
    control: `${authority}/emulator`,
    user: tenant.users.ada.id,
    userName: tenant.users.ada.mail,
    ...ids,
    secret,
    redirectUri,
    page: page.appId,
    pageUri,
    target: weather.appId,
    targetScope: 'Weather.Read',
    targetRole: 'Weather.Read.All',
    blueprint: blueprint.appId,
    blueprintScope: blueprint.scope,
    blueprintKey: own.key,
    blueprintCertificate: own.certificate,
    agent: agents.weather.id,
    otherAgent: agents.alerts.id,
    trainee: agents.trainee.id,
    agentUser: agents.weather.user.id,
    agentUserName: agents.weather.user.mail,
    ...(await signAssertions(issuer)),
    ...(await issueTokens(app)),
  }
  const file = join(folder, 'tenant.json')
  const certificateFile = join(folder, 'ca.pem')
  writeFileSync(file, JSON.stringify(facts, null, 2), { mode: 0o600 })
  writeFileSync(certificateFile, server.certificate)
  const close = async () => {
    await app.close()
    await issuer.close()
  }
  return { file, certificateFile, close }
}

/** Tokens of the foreign issuer: a good one for the blueprint, and some that are wrong. */
async function signAssertions(issuer: ForeignIssuer) {
  const now = Math.floor(Date.now() / 1_000)
  const sign = (claims: object = {}) =>
    issuer.sign({ sub: workload.subject, aud: workload.audience, iat: now, exp: now + 1_800, ...claims })
  return {
    assertion: await sign(),
    assertionExpired: await sign({ iat: now - 7_200, exp: now - 3_600 }),
    assertionOfUnknownIssuer: await sign({ iss: 'https://issuer.example' }),
    assertionWithWrongAudience: await sign({ aud: 'api://other' }),
    assertionWithWrongSubject: await sign({ sub: 'system:serviceaccount:agents:other' }),
    assertionOfOtherKey: forge(await sign()),
  }
}

/** Tokens that applications of the calls have received from their callers. */
async function issueTokens(app: App) {
  const issue = async (wanted: object): Promise<string> => {
    const { payload } = await app.inject({ method: 'POST', url: '/emulator/tokens', payload: wanted })
    return JSON.parse(payload).access_token
  }
  const forUser = (resource: string, scope: string) =>
    issue({ client: page.appId, resource, user: tenant.users.ada.id, scopes: [scope] })
  const rights = ['Application', 'AgentIdentityBlueprint', 'AgentIdentity', 'User', 'Group', 'GroupMember']
  return {
    userTokenForBlueprint: await forUser(blueprint.appId, blueprint.scope),
    userTokenForApi: await forUser(ids.api, 'Use'),
    userTokenForTarget: await forUser(weather.appId, 'Weather.Read'),
    userTokenForGraph: await forUser(graphUri, 'User.Read'),
    appTokenForApi: await issue({ client: ids.daemon, resource: ids.api, roles: ['Use.All'] }),
    graphToken: await issue({
      client: ids.daemon,
      resource: graphUri,
      roles: rights.map(name => `${name}.ReadWrite.All`),
    }),
  }
}

/** The same claims with a signature that no key of the issuer made. */
function forge(jwt: string): string {
  const [header, claims, signature = ''] = jwt.split('.')
  return [header, claims, [...signature].reverse().join('')].join('.')
}

function registerApplications({ content }: App['entra']['directory']): void {
  const passwordCredentials: Application['passwordCredentials'] = [
    {
      keyId: 'a0000000-0000-4000-8000-0000000000f1',
      displayName: null,
      startDateTime: '2026-01-01T00:00:00Z',
      endDateTime: '2999-01-01T00:00:00Z',
      secretText: secret,
    },
  ]
  const web = { redirectUris: [redirectUri] }
  const apiScope = 'a0000000-0000-4000-8000-0000000000e1'
  const callers = [ids.web, ids.native, ids.shared, page.appId]
  const applications = [
    newApplication({ appId: ids.daemon, displayName: 'Daemon', passwordCredentials }),
    newApplication({ appId: ids.web, displayName: 'Shop', passwordCredentials, web }),
    newApplication({
      appId: ids.native,
      displayName: 'Shop for desks',
      publicClient: { redirectUris: ['http://localhost'] },
      isFallbackPublicClient: true,
    }),
    newApplication({
      appId: ids.shared,
      displayName: 'Shop for many tenants',
      signInAudience: 'AzureADMultipleOrgs',
      passwordCredentials,
      web,
    }),
    newApplication({ appId: ids.disabled, displayName: 'Disabled', passwordCredentials }),
    newApplication({
      appId: ids.api,
      displayName: 'Orders',
      identifierUris: [`api://${ids.api}`],
      passwordCredentials,
      web,
      api: {
        requestedAccessTokenVersion: 2,
        oauth2PermissionScopes: [newScope(apiScope, 'Use')],
        preAuthorizedApplications: callers.map(appId => ({ appId, delegatedPermissionIds: [apiScope] })),
      },
      appRoles: [newRole('a0000000-0000-4000-8000-0000000000e2', 'Use.All')],
      optionalClaims: {
        accessToken: [{ name: 'xms_cc', essential: false, additionalProperties: [] }],
        idToken: [],
      },
    }),
  ]
  content.applications.push(...applications)
  content.servicePrincipals.push(
    ...applications.map(({ appId, displayName }) =>
      newServicePrincipal({ id: appId, appId, displayName, accountEnabled: appId !== ids.disabled }),
    ),
  )
  content.permissionGrants.push({
    id: `${ids.api}-${weather.ids.principal}`,
    clientId: ids.api,
    consentType: 'AllPrincipals',
    principalId: null,
    resourceId: weather.ids.principal,
    scope: 'Weather.Read',
  })
}
