import type { ProblemError } from '@entra-agents/service-kit'
import { Kubectl, type PortForward } from '../../doctor/kube/kubectl.ts'
import { isReady, podsOf, readRelease } from '../../doctor/kube/release.ts'
import { trouble } from '../../doctor/problems.ts'
import type { Invocation } from '../options.ts'
import { kubectlSeconds } from './config-map.ts'
import type { Answer } from './series.ts'

/** Asks the running sidecar for tokens and calls the API with them. Keeps tokens in memory only. */
export interface Probe {
  /** A token for the API, of an agent as itself; `isNew` bypasses the sidecar's cache. */
  fetchToken(agentId: string, isNew: boolean): Promise<Answer & { readonly token?: string }>
  /** Calls every pod of the API with a token: `given` if one of them accepts it, `refused` if all refuse it. */
  callApi(token: string): Promise<Answer>
}

type ProbeOptions = Pick<Invocation, 'namespace' | 'sidecar' | 'api'>

const timeoutMs = 10_000
const sidecarPort = 5000
const apiPort = 8080
/** The sidecar's entry for tokens of the agent as itself. */
const sidecarEntry = 'weatherApp'
const apiPath = '/weather?city=Dallas'
/** Codes by which Entra says that it limits the rate of requests, or has a problem of its own. */
const busyCodes = ['AADSTS90055', 'AADSTS90033']

/**
 * Reaches sidecar and API, by port-forwards to their pods unless URLs are given.
 *
 * @throws ProblemError when they cannot be reached
 */
export async function openProbe(options: ProbeOptions): Promise<Probe & AsyncDisposable> {
  const forwards: PortForward[] = []
  const close = async () => void (await Promise.all(forwards.map(one => one[Symbol.asyncDispose]())))
  const { sidecarUrl, apiUrls } = await findUrls(options, forward => {
    forwards.push(forward)
    return forward.url.replace('127.0.0.1', 'localhost')
  }).catch(async error => {
    await close()
    throw error
  })
  return {
    fetchToken: (agentId, isNew) => fetchToken(sidecarUrl, agentId, isNew),
    callApi: async token => summarize(await Promise.all(apiUrls.map(url => callApi(url, token)))),
    [Symbol.asyncDispose]: close,
  }
}

export const rightsToMeasure =
  'It takes the rights to get pods, ConfigMaps, NetworkPolicies and Ingresses, and to create pods/portforward (kubectl auth can-i create pods/portforward).'

async function findUrls(
  { namespace, sidecar: sidecarUrl, api: apiUrl }: ProbeOptions,
  keep: (forward: PortForward) => string,
): Promise<{ readonly sidecarUrl: string; readonly apiUrls: readonly string[] }> {
  if (sidecarUrl !== undefined && apiUrl !== undefined) return { sidecarUrl, apiUrls: [apiUrl] }
  const kubectl = new Kubectl(namespace, kubectlSeconds)
  const release = await readRelease(kubectl, undefined)
  const ready = (component: string) =>
    podsOf(release, component)
      .filter(isReady)
      .map(({ metadata }) => metadata.name)
  const forward = async (pod: string, port: number) => keep(await kubectl.forward(pod, port))
  const [agent] = ready('agent')
  const apis = ready('weather-api')
  if (sidecarUrl === undefined && agent === undefined) throw noPodProblem('agent')
  if (apiUrl === undefined && apis.length === 0) throw noPodProblem('weather API')
  const opening = [
    sidecarUrl ?? forward(agent ?? '', sidecarPort),
    ...(apiUrl ? [apiUrl] : apis.map(async pod => `${await forward(pod, apiPort)}${apiPath}`)),
  ]
  // If one fails, the others are waited for, too: one that came later would never be closed.
  await Promise.allSettled(opening)
  const [sidecar = '', ...apiUrls] = await Promise.all(opening)
  return { sidecarUrl: sidecar, apiUrls }
}

function noPodProblem(whose: string): ProblemError {
  return trouble('PODS_NOT_READY', `No pod of the ${whose} is ready.`, 'Name the namespace with --namespace.')
}

async function fetchToken(
  sidecarUrl: string,
  agentId: string,
  isNew: boolean,
): ReturnType<Probe['fetchToken']> {
  const query = new URLSearchParams({
    AgentIdentity: agentId,
    ...(isNew ? { 'optionsOverride.AcquireTokenOptions.ForceRefresh': 'true' } : {}),
  })
  const { kind, status, body } = await get(
    `${sidecarUrl}/AuthorizationHeaderUnauthenticated/${sidecarEntry}?${query}`,
  )
  if (kind === 'given') {
    const [, token] = /"authorizationHeader"\s*:\s*"Bearer ([\w.-]+)"/i.exec(body) ?? []
    return token === undefined ? { kind: 'failed', code: 'no token' } : { kind, code: String(status), token }
  }
  // The sidecar's status does not follow Entra's, so only the AADSTS code tells what Entra said.
  const [aadsts] = /AADSTS\d+/.exec(body) ?? []
  if (kind === 'busy' || busyCodes.includes(aadsts ?? ''))
    return { kind: 'busy', code: aadsts ?? String(status) }
  return aadsts === undefined ? { kind: 'failed', code: String(status) } : { kind: 'refused', code: aadsts }
}

async function callApi(url: string, token: string): Promise<Answer> {
  const { kind, status, body } = await get(url, { authorization: `Bearer ${token}` })
  const [, failedCheck] = /"failedCheck"\s*:\s*"([\w-]+)"/.exec(body) ?? []
  return { kind, code: failedCheck === undefined ? String(status) : `${status} ${failedCheck}` }
}

async function get(url: string, headers: Readonly<Record<string, string>> = {}) {
  try {
    const response = await fetch(url, { headers, redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) })
    const { status } = response
    return { kind: kindOf(status), status, body: await response.text() }
  } catch {
    return { kind: 'failed', status: 'no response', body: '' } as const
  }
}

function kindOf(status: number): Answer['kind'] {
  if (status >= 200 && status < 300) return 'given'
  if (status === 401 || status === 403) return 'refused'
  return status === 429 ? 'busy' : 'failed'
}

/** Sums up the answers of several pods: a single one that accepts the token outweighs all others. */
function summarize(answers: readonly Answer[]): Answer {
  const order: readonly Answer['kind'][] = ['given', 'failed', 'busy', 'refused']
  const [first = { kind: 'failed', code: 'no pod' } as const] = answers.toSorted(
    (a, b) => order.indexOf(a.kind) - order.indexOf(b.kind),
  )
  return first
}
