import type { ChatResponse, Problem, PublicConfig, Status } from '@entra-bedrock-agent/identity-trace'
import { ProblemError } from '@entra-bedrock-agent/service-kit'
import { type Check, examine, type Finding, type Watch } from '../finding.ts'
import { trouble } from '../problems.ts'
import { consentCheck, signInChecks } from '../sign-in.ts'
import { statusChecks } from '../status.ts'
import { type AskAgent, turnChecks } from '../turns.ts'
import { contextsOfServers } from '../waiting-tools.ts'
import { approvalChecks } from './approvals.ts'
import { awsRoleChecks } from './aws-role.ts'
import { enforcementCheck } from './enforcement.ts'
import { federationCheck } from './federation.ts'
import { Kubectl } from './kubectl.ts'
import { podChecks } from './pods.ts'
import { proxyChecks } from './proxy.ts'
import { agentFile, agentSettings, isReady, podsOf, type Release, readRelease } from './release.ts'

export interface KubeOptions {
  readonly namespace?: string | undefined
  readonly release?: string | undefined
  readonly userToken?: string | undefined
  readonly page?: string | undefined
  /** Path of the receipt of `agentctl entra`; there is no file if the command did not run here. */
  readonly receipt: string
  readonly watch?: Watch | undefined
}

/** Less than a check may take, so that kubectl is named where it hangs. */
const kubectlSeconds = 6

/** Checks a release of the chart through the API server, with the rights of kubectl's user. */
export async function examineCluster(options: KubeOptions): Promise<readonly Finding[]> {
  const kubectl = new Kubectl(options.namespace, kubectlSeconds)
  let release: Release | undefined
  const first = await examine([
    {
      name: 'release',
      async run() {
        release = await readRelease(kubectl, options.release)
        return `${release.name} in ${release.namespace}.`
      },
    },
  ])
  if (release === undefined) return first
  const checks = [
    ...podChecks(release),
    ...approvalChecks(release),
    federationCheck(kubectl, release, options.receipt),
    ...awsRoleChecks(kubectl, release),
    ...proxyChecks(release),
    enforcementCheck(kubectl, release),
  ]
  const found = await Promise.all([examine(checks, options), examineAgent(kubectl, release, options)])
  return [...first, ...found.flat()]
}

/** The authentication contexts that APIs of the release may ask users to prove, separated by commas. */
export async function readAuthenticationContexts({
  namespace,
  release,
}: KubeOptions): Promise<string | undefined> {
  try {
    const found = await readRelease(new Kubectl(namespace, kubectlSeconds), release)
    const servers = agentFile(found, 'mcp.json')
    const ofAlerts = agentSettings(found)?.['ALERTS_AUTH_CONTEXT'] ?? []
    return [ofAlerts, servers === undefined ? [] : contextsOfServers(servers)].flat().join(',')
  } catch (error) {
    // The check of the release has already reported this error.
    if (error instanceof ProblemError) return undefined
    throw error
  }
}

/** Checks what only the running agent can report. */
async function examineAgent(
  kubectl: Kubectl,
  release: Release,
  { userToken, page, watch }: KubeOptions,
): Promise<readonly Finding[]> {
  const agent = podsOf(release, 'agent').find(isReady) ?? podsOf(release, 'agent')[0]
  if (!agent) return []
  try {
    await using forward = await kubectl.forward(agent.metadata.name, 3001)
    const read = async <Body>(path: string) =>
      (await (await fetch(`${forward.url}${path}`, { signal: AbortSignal.timeout(5_000) })).json()) as Body
    const config = await read<PublicConfig>('/api/config')
    // The first request makes the agent renew its status, so that a later request gets a fresh status.
    await read('/api/status')
    const turns = turnChecksOf(forward.url, config, userToken)
    const pages = examine(pageChecks(release, config, page), { watch })
    const asked = await examine(turns, { watch })
    const seen = await examine(statusChecks(await read<Status>('/api/status')))
    return [...asked, ...seen, ...(await pages)]
  } catch (error) {
    const cause =
      error instanceof ProblemError ? error : trouble('CLUSTER_UNREACHABLE', 'The agent does not respond.')
    return examine([{ name: 'agent', run: () => Promise.reject(cause) }])
  }
}

function turnChecksOf(
  url: string,
  { agents = [], apis, examples }: PublicConfig,
  userToken: string | undefined,
): readonly Check[] {
  const ask: AskAgent = async (request, token) => {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const headers = { 'content-type': 'application/json', ...authorization }
    const response = await fetch(`${url}/api/chat`, {
      method: 'POST',
      headers,
      body: JSON.stringify(request),
    })
    return (await response.json()) as ChatResponse | Problem
  }
  const [api] = apis
  const [example] = examples
  if (!api || !example) return []
  return agents
    .filter(agent => agent.apis.includes(api.name))
    .flatMap(({ name, flows }) => {
      const agent = agents.length > 1 ? name : undefined
      return flows.flatMap(flow => turnChecks({ ask, agent, api, example, flow, userToken, needs: [] }))
    })
}

/** Checks sign-in at the page's address: the given address, that of the release’s Ingress, or that of a port-forward. */
function pageChecks(
  release: Release,
  { spaClientId, agents = [] }: PublicConfig,
  given: string | undefined,
): readonly Check[] {
  const settings = agentSettings(release) ?? {}
  const blueprint = {
    tenantId: settings['TENANT_ID'] ?? '',
    blueprintAppId: settings['BLUEPRINT_APP_ID'] ?? '',
    authority: settings['ENTRA_AUTHORITY'] || 'https://login.microsoftonline.com',
  }
  const page = given ?? ingressOrigin(release) ?? 'http://localhost:3001'
  const redirectUri = settings['CONSENT_REDIRECT_URI']
  const agentClientId = agents.find(({ flows }) => flows.includes('obo'))?.clientId
  const appId = settings['WEATHER_API_APP_ID'] ?? ''
  const checks = [
    ...signInChecks(blueprint, { spaClientId: spaClientId ?? undefined, page }),
    ...(redirectUri && agentClientId ? [consentCheck(blueprint, { agentClientId, appId, redirectUri })] : []),
  ]
  return checks.map(check => ({
    ...check,
    needs: [],
    run: () => runOrWarn(check),
  }))
}

/** Runs a check. Only warns if this machine cannot reach Entra, since the pods may nevertheless reach it. */
async function runOrWarn(check: Check) {
  try {
    return await check.run()
  } catch (error) {
    if (error instanceof ProblemError && error.code === 'ENTRA_UNAVAILABLE')
      return trouble(
        'NOT_CHECKED',
        `From this machine: ${error.message}`,
        'Ask from a machine that reaches Entra.',
      )
    throw error
  }
}

/** The origin of the release's Ingress. It is always https, since the chart makes no Ingress without a certificate. */
function ingressOrigin({ ingresses }: Release): string | undefined {
  const host = ingresses[0]?.spec.rules?.[0]?.host
  return host === undefined ? undefined : `https://${host}`
}
