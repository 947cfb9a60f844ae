import { loopbackHosts } from '@entra-bedrock-agent/service-kit'
import type { Check } from '../finding.ts'
import { trouble } from '../problems.ts'
import { judgeVersion } from '../sidecar-image.ts'
import {
  agentFile,
  agentSettings,
  containersOf,
  isReady,
  type Pod,
  podsOf,
  type Release,
  settingsOf,
} from './release.ts'

const components = ['agent', 'weather-api']
const entraAudience = 'AzureADTokenExchange'
const awsAudiencePattern = /^(sts|pods\.eks)\.amazonaws\.com$/

/** Checks that read the pods' objects and send no request to the pods. */
export function podChecks(release: Release): readonly Check[] {
  const [agent] = podsOf(release, 'agent')
  return [
    { name: 'pods', run: async () => checkPods(release) },
    ...(agent
      ? [
          { name: 'sidecar container', run: async () => checkSidecar(agent) },
          { name: 'tokens in pods', run: async () => checkTokens(release) },
          { name: 'sign-in', run: async () => checkSignIn(release) },
        ]
      : []),
    { name: 'secrets', run: async () => checkSecrets(release) },
    { name: 'policies', run: async () => checkPolicies(release) },
  ]
}

function checkPods(release: Release): string {
  const missing = components.find(component => podsOf(release, component).length === 0)
  // Each release has an agent; the weather API may run elsewhere.
  if (missing === 'agent') throw trouble('PODS_NOT_READY', 'There is no pod of the agent.')
  const waiting = release.pods.filter(pod => isPermanent(pod) && !isReady(pod))
  if (waiting.length > 0) throw trouble('PODS_NOT_READY', waiting.map(describeWaiting).join(' '))
  return `${release.pods.filter(isPermanent).length} pods of ${release.name} are ready.`
}

function isPermanent({ metadata }: Pod): boolean {
  return components.includes(metadata.labels['app.kubernetes.io/component'] ?? '')
}

function describeWaiting({ metadata, status }: Pod): string {
  const statuses = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]
  const reasons = statuses.flatMap(({ name, state }) =>
    state?.waiting?.reason ? [`${name}: ${state.waiting.reason}`] : [],
  )
  return `${metadata.name} is ${[status.phase, ...reasons].join(', ')}.`
}

function checkSidecar(agent: Pod) {
  const sidecar = agent.spec.initContainers?.find(({ name }) => name === 'sidecar')
  if (sidecar?.restartPolicy !== 'Always')
    throw trouble(
      'SIDECAR_NOT_NATIVE',
      'The agent’s pod has no init container “sidecar” that is always restarted.',
    )
  const { image } = sidecar
  const { ASPNETCORE_ENVIRONMENT } = settingsOf(sidecar)
  if (ASPNETCORE_ENVIRONMENT === 'Development')
    throw trouble('SIDECAR_TOO_OPEN', 'The sidecar runs in Development: it takes requests from anywhere.')
  const old = judgeVersion(image)
  if (old) return old
  const isOfficial = image.startsWith('mcr.microsoft.com/')
  if (isOfficial && agent.spec.nodeSelector?.['kubernetes.io/arch'] !== 'amd64')
    return trouble('SIDECAR_ARCHITECTURE', 'The agent’s pods may go to nodes that are not amd64.')
  return `A native sidecar, ${image}.`
}

/** Which containers hold a token for which audience. */
function tokensIn(pod: Pod) {
  return (pod.spec.volumes ?? []).flatMap(({ name, projected }) =>
    (projected?.sources ?? []).flatMap(({ serviceAccountToken }) =>
      serviceAccountToken === undefined
        ? []
        : containersOf(pod)
            .filter(({ volumeMounts = [] }) => volumeMounts.some(mount => mount.name === name))
            .map(container => ({
              audience: serviceAccountToken.audience ?? 'the API server',
              container: container.name,
              pod: pod.metadata.name,
            })),
    ),
  )
}

function checkTokens(release: Release): string {
  const placed = release.pods.filter(isPermanent).flatMap(tokensIn)
  const misplaced = placed.find(
    ({ audience, container }) =>
      !(audience.endsWith(entraAudience) && container === 'sidecar') &&
      !(awsAudiencePattern.test(audience) && container === 'agent'),
  )
  if (misplaced)
    throw trouble(
      'TOKEN_MISPLACED',
      `The container ${misplaced.container} of ${misplaced.pod} holds a token for ${misplaced.audience}.`,
    )
  const audiences = [...new Set(placed.map(({ audience, container }) => `${audience} in the ${container}`))]
  return audiences.length === 0
    ? 'No pod holds a projected token.'
    : `Tokens for ${audiences.join(', ')}; no other.`
}

function checkSignIn(release: Release) {
  const settings = agentSettings(release) ?? {}
  const hosts = (settings['ALLOWED_HOSTS'] ?? '').split(',').map(host => host.trim())
  const others = hosts.filter(host => host !== '' && !loopbackHosts.includes(host))
  if (others.length === 0) return 'Only kubectl port-forward leads to the page.'
  const isRequired = settings['REQUIRE_SIGN_IN'] === 'true'
  const open = readAgents(release).filter(({ requireSignIn = isRequired }) => !requireSignIn)
  const withAccount = open.filter(({ flows = [] }) => flows.includes('agent-user'))
  if (withAccount.length > 0)
    return pageProblem(withAccount, `acts as the user account of ${namesOf(withAccount)} without signing in.`)
  if (!isRequired)
    return trouble('PAGE_OPEN', `The agent responds at ${others.join(', ')} without a signed-in user.`)
  return open.length > 0
    ? pageProblem(open, `uses ${namesOf(open)} without signing in.`)
    : `Users sign in at ${others.join(', ')}.`
}

/** An agent of AGENTS_CONFIG, as far as the doctor reads it. */
interface AgentEntry {
  readonly name: string
  readonly flows?: readonly string[]
  readonly requireSignIn?: boolean
}

/** The agents of a release with several agents. */
function readAgents(release: Release): readonly AgentEntry[] {
  const file = agentFile(release, 'agents.json')
  if (file === undefined) return []
  const { agents } = JSON.parse(file) as { agents: Record<string, Omit<AgentEntry, 'name'>> }
  return Object.entries(agents).map(([name, entry]) => ({ name, ...entry }))
}

function namesOf(agents: readonly AgentEntry[]): string {
  return agents.map(({ name }) => name).join(', ')
}

function pageProblem(agents: readonly AgentEntry[], does: string) {
  const values = agents.map(({ name }) => `agents.${name}.requireSignIn=true`)
  return trouble(
    'PAGE_OPEN',
    `Whoever reaches the page ${does}`,
    `Set ${values.join(', ')}, and entra.spaAppId.`,
  )
}

function checkSecrets(release: Release) {
  const permanent = release.pods.filter(isPermanent)
  const named = permanent.flatMap(pod => [
    ...containersOf(pod).flatMap(({ env = [], envFrom = [] }) => [
      ...env.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef?.name ?? []),
      ...envFrom.flatMap(({ secretRef }) => secretRef?.name ?? []),
    ]),
    // Keys for turns that wait are no credential: they yield no token.
    ...(pod.spec.volumes ?? []).flatMap(({ name, secret }) =>
      secret && name !== 'seal-keys' ? secret.secretName : [],
    ),
  ])
  const plain = permanent.flatMap(containersOf).flatMap(container =>
    Object.keys(settingsOf(container))
      .filter(name => /SECRET|BEARER_TOKEN|PASSWORD|SESSION_TOKEN/i.test(name))
      .map(name => `${name} of the ${container.name}`),
  )
  if (plain.length > 0)
    throw trouble('SECRET_STORED', `Everybody who reads pods can read ${[...new Set(plain)].join(', ')}.`)
  return named.length === 0
    ? 'The pods use no stored secret.'
    : trouble('SECRET_STORED', `The pods use the Secret ${[...new Set(named)].join(', ')}.`)
}

function checkPolicies(release: Release): string {
  for (const component of components) {
    for (const { metadata } of podsOf(release, component)) {
      const types = release.policies
        .filter(({ spec }) => selects(spec.podSelector.matchLabels ?? {}, metadata.labels))
        .flatMap(({ spec }) => spec.policyTypes ?? [])
      const missing = ['Ingress', 'Egress'].find(type => !types.includes(type))
      if (missing)
        throw trouble('POLICY_MISSING', `No policy limits the ${missing.toLowerCase()} of ${metadata.name}.`)
    }
  }
  return 'Policies limit both directions of every pod.'
}

function selects(
  selector: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(selector).every(([name, value]) => labels[name] === value)
}
