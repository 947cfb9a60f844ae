import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findFreePort } from '../../tests/support/ports.ts'
import { buildApp } from '../entra/src/app.ts'
import { readConfig } from '../entra/src/config.ts'
import { makeCertificate } from '../entra/src/testing/certificate.ts'
import { type ForeignIssuer, startForeignIssuer } from '../entra/src/testing/foreign-issuer.ts'

const seedFile = join(import.meta.dirname, 'tenant.yaml')
const blueprintScope = 'access_as_user'
const graphUri = 'https://graph.microsoft.com'
const workload = { subject: 'system:serviceaccount:agents:witness', audience: 'api://AzureADTokenExchange' }

type App = ReturnType<typeof buildApp>
type Seed = ReturnType<typeof readConfig>['seed']

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
  const config = readConfig(
    {
      LOG_LEVEL: 'silent',
      TLS_CERT_FILE: server.certificateFile,
      TLS_KEY_FILE: server.keyFile,
      BLUEPRINT_CERTIFICATE_FILE: own.certificateFile,
      FEDERATED_ISSUER: issuer.url,
      FEDERATED_SUBJECT: workload.subject,
      FEDERATED_AUDIENCE: workload.audience,
      SPA_REDIRECT_URI: pageUri,
    },
    seedFile,
  )
  const { seed } = config
  const ids = namedIds(seed.ids)
  for (const principal of seed.content.servicePrincipals)
    if (principal.appId === ids.disabled) principal.accountEnabled = false
  const app = buildApp(config)
  await app.listen({ port: 0, host: 'localhost' })
  const authority = app.entra.publicUrl
  const { directory } = app.entra
  const shop = directory.application(ids.web)

  const facts = {
    ...ids,
    authority,
    tenant: seed.tenantId,
    graph: authority,
    control: `${authority}/emulator`,
    userName: directory.user(ids.user)?.userPrincipalName,
    secret: shop?.passwordCredentials[0]?.secretText,
    redirectUri: shop?.web.redirectUris[0],
    pageUri,
    targetScope: 'Weather.Read',
    targetRole: 'Weather.Read.All',
    blueprintScope,
    blueprintKey: own.key,
    blueprintCertificate: own.certificate,
    agentUserName: directory.user(ids.agentUser)?.userPrincipalName,
    ...(await signAssertions(issuer)),
    ...(await issueTokens(app, ids)),
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

/** The ids by the names that the witnesses have for them. */
function namedIds({ users, clients }: Seed['ids']) {
  const idOf = (name: string) => clients.get(name) ?? ''
  return {
    daemon: idOf('daemon'),
    web: idOf('web'),
    native: idOf('native'),
    shared: idOf('shared'),
    disabled: idOf('disabled'),
    api: idOf('api'),
    page: idOf('page'),
    target: idOf('weather-api'),
    blueprint: idOf('weather'),
    agent: idOf('weather-agent'),
    otherAgent: idOf('alerts-agent'),
    trainee: idOf('trainee-agent'),
    user: users.get('ada') ?? '',
    agentUser: users.get('weather-agent') ?? '',
  }
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
async function issueTokens(app: App, ids: ReturnType<typeof namedIds>) {
  const issue = async (wanted: object): Promise<string> => {
    const { payload } = await app.inject({ method: 'POST', url: '/emulator/tokens', payload: wanted })
    return JSON.parse(payload).access_token
  }
  const forUser = (resource: string, scope: string) =>
    issue({ client: ids.page, resource, user: ids.user, scopes: [scope] })
  const rights = ['Application', 'AgentIdentityBlueprint', 'AgentIdentity', 'User', 'Group', 'GroupMember']
  return {
    userTokenForBlueprint: await forUser(ids.blueprint, blueprintScope),
    userTokenForApi: await forUser(ids.api, 'Use'),
    userTokenForTarget: await forUser(ids.target, 'Weather.Read'),
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
