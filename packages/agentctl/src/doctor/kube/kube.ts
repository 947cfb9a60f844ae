import { isProblem } from '@entra-agents/service-kit'
import type { ChatResponse, Problem, PublicConfig, Status } from '@entra-agents/trace'
import { type Check, examine, type Finding } from '../finding.ts'
import type { LaptopOptions } from '../laptop.ts'
import { trouble } from '../problems.ts'
import { signInChecks } from '../sign-in.ts'
import { statusChecks } from '../status.ts'
import { type AskAgent, turnChecks } from '../turns.ts'
import { authenticationContexts } from '../waiting-tools.ts'
import { approvalChecks } from './approvals.ts'
import { awsRoleChecks } from './aws-role.ts'
import { enforcementCheck } from './enforcement.ts'
import { federationCheck } from './federation.ts'
import { Kubectl } from './kubectl.ts'
import { podChecks } from './pods.ts'
import { proxyChecks } from './proxy.ts'
import { agentFile, agentSettings, isReady, podsOf, type Release, readRelease } from './release.ts'

export interface KubeOptions extends Omit<LaptopOptions, 'patience'> {
  readonly namespace?: string | undefined
  readonly release?: string | undefined
  /** Path of the receipt of `agentctl entra`; there is no file if the command did not run here. */
  readonly receipt: string
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
  const others = await Promise.all([examine(checks, options), examineAgent(kubectl, release, options)])
  return [...first, ...others.flat()]
}

/** The authentication contexts that APIs of the release may ask users to prove. */
export async function readContexts({ namespace, release }: KubeOptions): Promise<readonly string[]> {
  try {
    const found = await readRelease(new Kubectl(namespace, kubectlSeconds), release)
    return authenticationContexts(agentSettings(found)?.['ALERTS_AUTH_CONTEXT'], agentFile(found, 'mcp.json'))
  } catch (error) {
    // The check of the release has already reported this error.
    if (isProblem(error)) return []
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
    const turnFindings = await examine(turns, { watch })
    const statusFindings = await examine(statusChecks(await read<Status>('/api/status')))
    return [...turnFindings, ...statusFindings, ...(await pages)]
  } catch (error) {
    const cause = isProblem(error) ? error : trouble('CLUSTER_UNREACHABLE', 'The agent does not respond.')
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
    const body = JSON.stringify(request)
    const response = await fetch(`${url}/api/chat`, { method: 'POST', headers, body })
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
  // The chart makes no Ingress without a certificate.
  const host = release.ingresses[0]?.spec.rules?.[0]?.host
  const checks = signInChecks(blueprint, {
    spaClientId: spaClientId ?? undefined,
    page: given ?? (host === undefined ? 'http://localhost:3001' : `https://${host}`),
    agents,
    apiAppId: settings['WEATHER_API_APP_ID'],
    consentRedirectUri: settings['CONSENT_REDIRECT_URI'],
  })
  // This machine may not reach Entra, and the pods nevertheless may.
  const blindBy = { code: 'ENTRA_UNAVAILABLE', hint: 'Ask from a machine that reaches Entra.' }
  return checks.map(check => ({ ...check, needs: [], blindBy }))
}
