import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import * as wellKnown from '@entra-agents/trace/well-known'
import { requestCustomToken } from '../../../emulators/entra/src/testing/requests.ts'
import { requestToken, setupAppId } from '../../../emulators/entra/src/testing/start-entra.ts'
import weatherAgents from '../../../scripts/demo/weather-agents.json' with { type: 'json' }
import { EmulatedAws } from '../../contract/bedrock/emulated-aws.ts'
import { type Cluster, createCluster, subject } from '../../contract/bedrock/web-identity.ts'
import { identities } from '../../support/identities.ts'
import { postJson } from '../../support/post-json.ts'
import { Stack } from '../support/stack.ts'

export interface Row extends Readonly<Record<string, unknown>> {
  readonly TimeGenerated: string
}
/** Rows by their tables. */
export type Rows = Map<string, Row[]>

export const blueprintSecret = 'an-old-secret-that-nobody-took-away'
const { agentId, alertsAgentId, traineeAgentId, agentUserId } = identities

const tablesOfEntra = ['AADServicePrincipalSignInLogs', 'AADNonInteractiveUserSignInLogs', 'AuditLogs']

/** Who may ask: as many users as a small team has. */
export const users = Array.from(
  { length: 12 },
  (_, index) => `eeeeeeee-0000-4000-8000-0000000049${index.toString(16).padStart(2, '0')}`,
)

/** The demo's agents and all around them, as in production without a stored secret, and what their operators see. */
export class WatchedSystem implements AsyncDisposable {
  readonly stack: Stack
  readonly aws: EmulatedAws
  /** The cluster's issuer of the pod's tokens: for Entra, and for AWS. */
  readonly podTokens: { readonly entra: Cluster; readonly aws: Cluster }
  readonly #folder: string
  readonly #seen = new Set<string>()

  private constructor(parts: Pick<WatchedSystem, 'stack' | 'aws' | 'podTokens'>, folder: string) {
    ;({ stack: this.stack, aws: this.aws, podTokens: this.podTokens } = parts)
    this.#folder = folder
  }

  static async start(): Promise<WatchedSystem> {
    const folder = mkdtempSync(join(tmpdir(), 'detections-'))
    const [entra, clusterOfAws] = [await createCluster(), await createCluster()]
    await entra.project({ aud: 'api://AzureADTokenExchange' })
    await clusterOfAws.project()
    const aws = await EmulatedAws.start(clusterOfAws.trust)
    const write = (name: string, content: object) => {
      writeFileSync(join(folder, name), JSON.stringify(content))
      return join(folder, name)
    }
    const stack = await Stack.start({
      entra: {
        ENTRA_SEED: write('entra.json', seed),
        BLUEPRINT_CLIENT_SECRET: blueprintSecret,
        FEDERATED_ISSUER: entra.issuer,
        FEDERATED_SUBJECT: subject,
        // The sidecar keeps no token that lives for less than five minutes, so that there are many sign-ins.
        AGENT_TOKEN_LIFETIME_SECONDS: '240',
      },
      sidecar: {
        AzureAd__ClientCredentials__0__SourceType: 'SignedAssertionFilePath',
        AzureAd__ClientCredentials__0__SignedAssertionFileDiskPath: entra.tokenFile,
        AzureAd__ClientCredentials__0__ClientSecret: undefined,
      },
      weather: {
        LOG_LEVEL: 'info',
        ALERTS_FILE: join(folder, 'alerts.sqlite'),
        AGENT_CLIENT_ID: [agentId, alertsAgentId, traineeAgentId].join(','),
        AGENT_USERS: `${agentId}=${agentUserId}`,
      },
      agent: {
        ...aws.environment,
        ...clusterOfAws.role,
        AGENTS_CONFIG: write('agents.json', weatherAgents),
        WEATHER_API_ALERTS: 'true',
        RATE_LIMIT_PER_MINUTE: '1000000',
        LOG_LEVEL: 'info',
      },
    })
    return new WatchedSystem({ stack, aws, podTokens: { entra, aws: clusterOfAws } }, folder)
  }

  /** The rows that came since the last call. */
  async collect(): Promise<Rows> {
    const rows: Rows = new Map()
    const { stack, aws } = this
    // CloudTrail cuts times to whole seconds, in which dozens of turns end here.
    const requests = aws.app.controls.requests.all
    const received = new Map(requests.map(({ requestId = '', receivedAt }) => [requestId, receivedAt]))
    const urls = tablesOfEntra.map(table => [stack.entraUrl, table] as const)
    for (const [url, table] of [...urls, [aws.url, 'AWSCloudTrail'] as const]) {
      const text = await (await fetch(`${url}/emulator/logs/${table}`)).text()
      const all: Row[] = text
        .split('\n')
        .filter(Boolean)
        .map(line => JSON.parse(line))
      const idOf = (row: Row) => String(row['Id'] ?? row['AwsEventId'])
      const added = all.filter(row => !this.#seen.has(idOf(row)))
      for (const row of added) this.#seen.add(idOf(row))
      rows.set(
        table,
        added.map(row => ({
          ...row,
          TimeGenerated: received.get(String(row['AwsRequestId_'])) ?? row.TimeGenerated,
        })),
      )
    }
    const lines = [...stack.agentLog.splice(0), ...stack.weatherLog.splice(0)].map(line => JSON.parse(line))
    const logged = lines.map(line => ({ TimeGenerated: new Date(line.time).toISOString(), LogMessage: line }))
    return rows.set('ContainerLogV2', logged)
  }

  /** Forgets what an attack changed in the tenant, and what the model was told to do. */
  reset(): void {
    this.stack.appOf('entra').entra.reset()
    this.aws.reset()
    this.forgetAlerts()
  }

  /** A user may have few alerts. */
  forgetAlerts(): void {
    using database = new DatabaseSync(join(this.#folder, 'alerts.sqlite'))
    database.exec('DELETE FROM alerts')
  }

  /** Calls Graph, by default as an administrator's application. */
  async graph(method: string, path: string, body?: object, token?: string) {
    const url = this.stack.entraUrl
    const byAdministrator = { client: setupAppId, resource: wellKnown.graphUri, roles: rolesOfSetUp }
    const bearer = token ?? (await requestCustomToken({ url }, byAdministrator))
    const response = await fetch(`${url}/v1.0${path}`, {
      method,
      headers: {
        authorization: `Bearer ${bearer}`,
        'odata-version': '4.0',
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return text === '' ? {} : JSON.parse(text)
  }

  /** Asks Entra for a token as somebody does who has the pod's token, or an old secret. */
  async token(form: Readonly<Record<string, string>>): Promise<string> {
    const { status, body } = await requestToken({ url: this.stack.entraUrl }, form)
    if (status !== 200) throw new Error(body.error_description)
    return body.access_token
  }

  post(path: string, body: object, token?: string, signal: AbortSignal | null = null): Promise<Response> {
    return postJson(`${this.stack.agentUrl}${path}`, body, { token, signal })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stack.close()
    await this.aws.close()
    await this.podTokens.entra.close()
    await this.podTokens.aws.close()
    rmSync(this.#folder, { recursive: true })
  }
}

const rolesOfSetUp = [
  'AgentIdentityBlueprint.ReadWrite.All',
  'AgentIdentityBlueprint.AddRemoveCreds.All',
  'AgentIdentity.ReadWrite.All',
  'AgentIdentity.EnableDisable.All',
  'Application.ReadWrite.All',
  'AppRoleAssignment.ReadWrite.All',
  'DelegatedPermissionGrant.ReadWrite.All',
]

/** The demo's tenant with more users; the alerts agent may keep alerts for all of them. */
const seed = {
  extends: 'demo',
  users: Object.fromEntries(
    users.map((id, index) => [
      `user-${index}`,
      { id, displayName: `User ${index}`, mail: `user-${index}@contoso.example` },
    ]),
  ),
  blueprints: {
    weather: {
      agents: {
        'alerts-agent': { may: { 'weather-api': ['Weather.Read', 'Alerts.ReadWrite'] } },
        'weather-agent': { may: { 'weather-api': ['Weather.Read', 'Weather.Read.All', 'Alerts.ReadWrite'] } },
      },
    },
  },
}
