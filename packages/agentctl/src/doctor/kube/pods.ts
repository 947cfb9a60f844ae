import { loopbackHosts } from '@entra-agents/service-kit'
import type { Check } from '../finding.ts'
import { trouble } from '../problems.ts'
import { developmentProblem, judgeVersion } from '../sidecar-image.ts'
import {
  agentFile,
  agentSettings,
  containersOf,
  isReady,
  type Pod,
  podsOf,
  type Release,
  settingsOf,
  tokensIn,
} from './release.ts'

const components = ['agent', 'weather-api']
/** Audiences of the tokens that containers need. */
const audiences: Readonly<Record<string, RegExp>> = {
  sidecar: /AzureADTokenExchange$/,
  agent: /^(sts|pods\.eks)\.amazonaws\.com$/,
}

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
  if (ASPNETCORE_ENVIRONMENT === 'Development') throw developmentProblem()
  const old = judgeVersion(image)
  if (old) return old
  const isOfficial = image.startsWith('mcr.microsoft.com/')
  if (isOfficial && agent.spec.nodeSelector?.['kubernetes.io/arch'] !== 'amd64')
    return trouble('SIDECAR_ARCHITECTURE', 'The agent’s pods may go to nodes that are not amd64.')
  return `A native sidecar, ${image}.`
}

function checkTokens(release: Release): string {
  const placed = release.pods.filter(isPermanent).flatMap(tokensIn)
  const misplaced = placed.find(({ audience = '', container }) => !audiences[container]?.test(audience))
  if (misplaced)
    throw trouble(
      'TOKEN_MISPLACED',
      `The container ${misplaced.container} of ${misplaced.pod} holds a token for ${misplaced.audience ?? 'the API server'}.`,
    )
  const found = [...new Set(placed.map(({ audience, container }) => `${audience} in the ${container}`))]
  return found.length === 0 ? 'No pod holds a projected token.' : `Tokens for ${found.join(', ')}; no other.`
}

function checkSignIn(release: Release) {
  const settings = agentSettings(release) ?? {}
  const hosts = (settings['ALLOWED_HOSTS'] ?? '').split(',').map(host => host.trim())
  const others = hosts.filter(host => host !== '' && !loopbackHosts.includes(host)).join(', ')
  if (others === '') return 'Only kubectl port-forward leads to the page.'
  const isRequired = settings['REQUIRE_SIGN_IN'] === 'true'
  const open = readAgents(release).filter(({ requireSignIn = isRequired }) => !requireSignIn)
  const withAccount = open.filter(({ flows = [] }) => flows.includes('agent-user'))
  const names = (withAccount.length > 0 ? withAccount : open).map(({ name }) => name)
  const values = names.map(name => `agents.${name}.requireSignIn=true`).join(', ')
  const hint = `Set ${values}, and entra.spaAppId.`
  const reach = (does: string) => trouble('PAGE_OPEN', `Whoever reaches the page ${does}.`, hint)
  if (withAccount.length > 0)
    return reach(`acts as the user account of ${names.join(', ')} without signing in`)
  if (!isRequired) return trouble('PAGE_OPEN', `The agent responds at ${others} without a signed-in user.`)
  return open.length > 0
    ? reach(`uses ${names.join(', ')} without signing in`)
    : `Users sign in at ${others}.`
}

/** The agents of a release with several agents, as far as the doctor reads them. */
function readAgents(release: Release) {
  const { agents } = JSON.parse(agentFile(release, 'agents.json') ?? '{"agents":{}}') as {
    agents: Readonly<Record<string, { flows?: readonly string[]; requireSignIn?: boolean }>>
  }
  return Object.entries(agents).map(([name, entry]) => ({ name, ...entry }))
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
        .filter(({ spec: { podSelector } }) =>
          Object.entries(podSelector.matchLabels ?? {}).every(
            ([name, value]) => metadata.labels[name] === value,
          ),
        )
        .flatMap(({ spec }) => spec.policyTypes ?? [])
      const missing = ['Ingress', 'Egress'].find(type => !types.includes(type))
      if (missing)
        throw trouble('POLICY_MISSING', `No policy limits the ${missing.toLowerCase()} of ${metadata.name}.`)
    }
  }
  return 'Policies limit both directions of every pod.'
}
