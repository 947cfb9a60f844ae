import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { merge, type Rendering, renderWith, type Values } from '../../../../../tests/chart/support/render.ts'
import { commandsOf } from '../../../../../tests/guides/commands.ts'
import { identities } from '../../../../../tests/support/identities.ts'
import type { KubernetesObject, PodTemplate, Workload } from '../../../../../tests/support/kubernetes.ts'
import { isProgramMissing, needs } from '../../../../../tests/support/programs.ts'
import { Stack } from '../../../../../tests/weather/support/stack.ts'
import type { Finding } from '../../../src/doctor/finding.ts'
import { examineCluster, type KubeOptions, readContexts } from '../../../src/doctor/kube/kube.ts'
import { useRecordedCluster } from '../../doctor/support/recorded-cluster.ts'
import { rowOf, sectionOf, tableOf } from '../../doctor/support/table.ts'

const script = resolve(import.meta.dirname, '../../../src/agentctl.ts')
const issuer = 'https://germanywestcentral.oic.prod-aks.azure.com/11111111/22222222/'
const production: Values = {
  entra: { spaAppId: identities.pageAppId },
  sidecar: { credential: { type: 'ProjectedToken' } },
  aws: { region: 'eu-central-1', auth: 'webIdentity', roleArn: 'arn:aws:iam::111122223333:role/agent' },
  agent: { replicas: 1 },
  weatherApi: { replicas: 1 },
}

needs('helm')

// Without credentials of AWS the doctor does not check the role; aws-role.long.test.ts tests it.
const { folder, stub, record } = useRecordedCluster()
let stack: Stack
beforeAll(async () => {
  stack = await Stack.start()
  stub()
  if (isProgramMissing('helm')) return
  for (const [what, situation] of [...failures, ...others]) findingsByWhat.set(what, await examine(situation))
}, 120_000)
afterAll(() => stack.close())

interface Situation {
  readonly values?: Values
  /** What somebody, or a webhook, changed in the pods. */
  readonly pod?: (pod: PodTemplate, component: string) => unknown
  /** Status of the agent’s pod. */
  readonly status?: object
  /** The number of pods that somebody has scaled the agent to. */
  readonly agents?: number
  /** Output of kubectl that differs from a good cluster's; `undefined` if kubectl's user is not allowed to ask. */
  readonly kubectl?: Readonly<Record<string, string | undefined>>
  readonly options?: Partial<KubeOptions>
  /** The federated credentials in the receipt of the set-up. */
  readonly federatedCredentials?: readonly object[]
  readonly isApiDown?: true
  /** Whether somebody who is signed in asks the doctor. */
  readonly asUser?: true
}

const ready = { phase: 'Running', podIP: '10.1.2.3', conditions: [{ type: 'Ready', status: 'True' }] }

/** The objects of a cluster in which this rendering is installed. */
function objectsOf(rendering: Rendering, { pod, status = ready, agents = 1 }: Situation): KubernetesObject[] {
  const pods = rendering.ofKind('Deployment').flatMap(({ metadata, spec }) => {
    const { template } = structuredClone(spec) as Workload
    const component = metadata.labels?.['app.kubernetes.io/component'] ?? ''
    pod?.(template, component)
    const isAgent = component === 'agent'
    return Array.from({ length: isAgent ? agents : 1 }, (_, index) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...template.metadata, name: `${metadata.name}-${index + 1}` },
      spec: template.spec,
      status: isAgent ? status : ready,
    }))
  })
  const others = ['ConfigMap', 'NetworkPolicy', 'Ingress'].flatMap(kind => rendering.ofKind(kind))
  // Of a rollout that is not over; no pod of the list mounts it.
  const data = { 'agents.json': '{"agents":{}}', 'mcp.json': '{"mcpServers":{}}' }
  const [agent] = pods
  const earlier = { ...agent, apiVersion: 'v1', kind: 'ConfigMap', data }
  return [{ ...earlier, metadata: { ...agent?.metadata, name: 'demo-agents-0' } }, ...pods, ...others].map(
    object => ({
      ...object,
      metadata: { ...object.metadata, namespace: 'agents' },
    }),
  )
}

/** Writes the output that kubectl is going to give. */
async function recordAnswers(situation: Situation = {}): Promise<void> {
  const rendering = await renderWith(merge(production, situation.values ?? {}))
  record({
    // The chart accepts only an https URL of Entra, so the emulator's URL is put in its place here.
    objects: JSON.stringify({ items: objectsOf(rendering, situation) }).replaceAll(
      'https://login.microsoftonline.com',
      stack.entraUrl,
    ),
    issuer: JSON.stringify({ issuer }),
    knock: 'closed',
    'port-forward': `Forwarding from 127.0.0.1:${new URL(stack.agentUrl).port} -> 3001\n`,
    ...situation.kubectl,
  })
}

async function examine(situation: Situation = {}): Promise<readonly Finding[]> {
  await recordAnswers(situation)
  const receipt = join(folder, 'entra.json')
  const { federatedCredentials, isApiDown, asUser, options } = situation
  writeFileSync(receipt, JSON.stringify({ settings: { federatedCredentials } }))
  if (isApiDown) await stack.stop('weather')
  const userToken = asUser && (await stack.signIn(identities.ada.oid))
  const common = { namespace: 'agents', receipt, userToken, page: stack.agentUrl }
  const findings = await examineCluster({ ...common, ...options })
  if (isApiDown) await stack.start('weather')
  return findings
}

const severalAgents: Values = {
  entra: { agentClientId: '' },
  agents: {
    weather: { title: 'Weather agent', clientId: identities.agentId },
    trainee: { title: 'Trainee agent', clientId: identities.traineeAgentId, requireSignIn: false },
  },
  defaultAgent: 'weather',
}

const notesServer = {
  url: 'https://notes.example.com/mcp',
  appId: '99999999-0000-4000-8000-0000000010aa',
  allowedTools: ['get_note', 'add_note'],
}

/** What can be wrong, and what the doctor's first finding has to be. */
// biome-ignore format: table
const failures: readonly (readonly [what: string, situation: Situation, expected: string])[] = [
  ['the release has another name', { options: { release: 'other' } }, 'FAIL release: RELEASE_NOT_FOUND'],
  ['kubectl prints nothing, and calls that a success', { kubectl: { objects: '' } }, 'FAIL release: CLUSTER_UNREACHABLE'],
  ['an image cannot be pulled', { status: { phase: 'Pending', initContainerStatuses: [{ name: 'sidecar', state: { waiting: { reason: 'ImagePullBackOff' } } }] } }, 'FAIL pods: PODS_NOT_READY'],
  ['the sidecar is an ordinary init container', { pod: ({ spec }) => Object.assign(spec.initContainers?.[0] ?? {}, { restartPolicy: undefined }) }, 'FAIL sidecar container: SIDECAR_NOT_NATIVE'],
  ['the sidecar lets any pod in', { values: { sidecar: { image: { tag: '1.0.0-azurelinux3.0-distroless' } } } }, 'FAIL sidecar container: SIDECAR_TOO_OPEN'],
  ['the sidecar takes any host name', { values: { sidecar: { image: { tag: '1.1.1-azurelinux3.0-distroless' } } } }, 'WARN sidecar container: SIDECAR_TOO_OPEN'],
  ['the agent may go to nodes of another architecture', { values: { sidecar: { image: { arch: '' } } } }, 'WARN sidecar container: SIDECAR_ARCHITECTURE'],
  [
    'the agent holds the token for Entra too',
    {
      pod: ({ spec }) =>
        Object.assign(spec.containers[0] ?? {}, { volumeMounts: spec.initContainers?.[0]?.volumeMounts }),
    },
    'FAIL tokens in pods: TOKEN_MISPLACED',
  ],
  [
    'a pod has a token for the API server',
    {
      pod: ({ spec }, component) => {
        if (component !== 'weather-api') return
        const volume = { name: 'kube-api-access', projected: { sources: [{ serviceAccountToken: {} }] } }
        Object.assign(spec, { volumes: [volume] })
        Object.assign(spec.containers[0] ?? {}, { volumeMounts: [{ name: volume.name }] })
      },
    },
    'FAIL tokens in pods: TOKEN_MISPLACED',
  ],
  ['a secret stands in the pod itself', { pod: ({ spec }) => Object.assign(spec.initContainers?.[0] ?? {}, { env: [{ name: 'AzureAd__ClientCredentials__0__ClientSecret', value: 'a' }] }) }, 'FAIL secrets: SECRET_STORED'],
  ['the blueprint’s secret is in a Secret', { values: { sidecar: { credential: { type: 'ClientSecret', clientSecret: { existingSecret: 'mine' } } } } }, 'WARN secrets: SECRET_STORED'],
  ['anybody may use the agent by its host name', { values: { agent: { allowedHosts: ['agent.example.com'], requireSignIn: false } } }, 'WARN sign-in: PAGE_OPEN'],
  ['anybody may use one of several agents by its host name', { values: { ...severalAgents, agent: { allowedHosts: ['agent.example.com'] } } }, 'WARN sign-in: PAGE_OPEN'],
  [
    'anybody may act as an agent’s own user account',
    {
      values: merge(severalAgents, {
        agents: { trainee: { flows: ['agent-user'], agentUser: { objectId: identities.ada.oid } } },
        agent: { allowedHosts: ['agent.example.com'] },
      }),
    },
    'WARN sign-in: PAGE_OPEN',
  ],
  ['only the agent is told of a proxy', { values: { agent: { env: { HTTPS_PROXY: 'http://10.9.8.7:3128' } } } }, 'FAIL proxy: PROXY_NOT_HONOURED'],
  ['the proxy is asked for what is in the cluster', { values: { proxy: { https: 'http://10.9.8.7:3128' }, agent: { env: { NO_PROXY: '.svc' } } } }, 'FAIL proxy: PROXY_NOT_HONOURED'],
  ['nobody has said which tools of an MCP server only read', { values: { mcpServers: { notes: notesServer } } }, 'WARN tools that wait: TOOLS_WAIT'],
  ['somebody scaled an agent whose calls wait to several pods, which have no common keys', { agents: 2, values: { mcpServers: { notes: { ...notesServer, readOnlyTools: ['get_note'] } } } }, 'FAIL seal keys: SEAL_KEYS_MISSING'],
  ['the page’s address for consent is not registered on the blueprint', { values: { agent: { env: { CONSENT_REDIRECT_URI: 'https://agent.example.com/auth/consent.html' } } } }, 'FAIL consent redirect URI: CONSENT_URI_NOT_REGISTERED'],
  ['there are no policies', { values: { networkPolicy: { enabled: false } } }, 'FAIL policies: POLICY_MISSING'],
  ['nobody enforces the policies', { kubectl: { knock: 'open' } }, 'FAIL policies enforced: POLICY_NOT_ENFORCED'],
  ['who asks may not exec', { kubectl: { knock: undefined } }, 'WARN policies enforced: NOT_CHECKED'],
  ['who asks may not forward ports', { kubectl: { 'port-forward': undefined } }, 'FAIL agent: CLUSTER_UNREACHABLE'],
  ['the page has another address than the one that is registered', { options: { page: 'https://agent.example.com' } }, 'FAIL redirect URI: REDIRECT_URI_NOT_REGISTERED'],
]

const proxy = { https: 'http://10.9.8.7:3128' }
const twoPods: Values = {
  agent: { replicas: 2 },
  approval: { existingSecret: 'agent-seal-keys' },
  mcpServers: { notes: { ...notesServer, readOnlyTools: ['get_note'] } },
}
const trusted = { issuer, subject: 'system:serviceaccount:agents:demo-agent' }
const audience = 'AzureADTokenExchange'

/** What else can be, and what the doctor then says by these checks. */
// biome-ignore format: table
const others: readonly (readonly [what: string, situation: Situation, ...checks: string[]])[] = [
  ['a good release, which lacks an AWS role and Bedrock', { asUser: true }],
  ['several pods of an agent whose calls wait for approval, with the keys of one Secret', { agents: 2, values: twoPods }, 'secrets', 'tools that wait', 'seal keys'],
  ['a proxy that the chart’s value names', { values: { proxy } }, 'proxy'],
  ['a page at a host name of its own, where users sign in', { values: { agent: { allowedHosts: ['agent.example.com'] } } }, 'sign-in'],
  ['a federated credential of the pods’ issuer and subject', { federatedCredentials: [{ ...trusted, issuer: 'https://issuer.example/' }, trusted] }, 'federation'],
  ['a federated credential of another issuer', { federatedCredentials: [{ ...trusted, issuer: 'https://issuer.example/' }] }, 'federation'],
  ['tokens for another audience than the federated credential’s', { federatedCredentials: [trusted], values: { sidecar: { credential: { projectedToken: { audience } } } } }, 'federation'],
  ['an agent whose status has a problem', { isApiDown: true }, 'weather-api'],
]
const findingsByWhat = new Map<string, readonly Finding[]>()

describe('The doctor on a cluster', () => {
  it('finds what docs/troubleshooting.md quotes (to update it: vitest -u, npm run troubleshooting)', async () => {
    const rows = failures.map(([what, , expected]) => {
      const isExpected = ({ status, check, code }: Finding) => `${status} ${check}: ${code}` === expected
      return rowOf(what, findingsByWhat.get(what)?.find(isExpected))
    })
    await expect(`### On a cluster\n\n${tableOf(rows)}`).toMatchFileSnapshot(
      resolve(import.meta.dirname, '../../../../../scripts/troubleshooting/cluster-failures.md'),
    )
  })

  it('says what is in order, and compares the pods with the receipt of the set-up', async () => {
    const sections = others.map(([what, , ...checks]) => {
      const findings = findingsByWhat.get(what) ?? []
      return sectionOf(
        what,
        checks.length > 0 ? findings.filter(({ check }) => checks.includes(check)) : findings,
      )
    })
    await expect(sections.join('')).toMatchFileSnapshot('kube.txt')
  })

  it('knows the authentication contexts that APIs of the release may ask users to prove', async () => {
    const options = { namespace: 'agents', receipt: '' }
    await recordAnswers({
      values: {
        approval: { existingSecret: 'agent-seal-keys' },
        mcpServers: { notes: { ...notesServer, authenticationContexts: ['c2', 'c3'] } },
        weatherApi: { alerts: { enabled: true, authContext: 'c1', volume: { size: '1Gi' } } },
      },
    })
    expect(new Set(await readContexts(options))).toEqual(new Set(['c1', 'c2', 'c3']))
    await recordAnswers()
    expect(await readContexts(options)).toEqual([])
    // The check of the release reports that there is none.
    expect(await readContexts({ ...options, release: 'other' })).toEqual([])
  })

  it('calls the API as each of several agents, in each flow of that agent', async () => {
    const AGENTS_CONFIG = resolve(import.meta.dirname, '../../../../../scripts/demo/weather-agents.json')
    const { agentId, agentUserId, alertsAgentId, traineeAgentId } = identities
    await stack.restart('weather', {
      AGENT_CLIENT_ID: [agentId, alertsAgentId, traineeAgentId].join(','),
      AGENT_USERS: `${agentId}=${agentUserId}`,
    })
    await stack.restart('agent', { AGENTS_CONFIG })
    const findings = await examine({ asUser: true })
    for (const part of ['weather', 'agent'] as const) await stack.restart(part)
    const calls = findings.filter(({ check }) => /\)$/.test(check))
    expect(
      calls.map(({ check, status, code = '' }) => `${status} ${check} ${code}`.trim()).join('\n'),
    ).toMatchInlineSnapshot(`
      "PASS token as itself for the Weather API (weather)
      PASS Weather API as itself (weather)
      PASS token on behalf of a user for the Weather API (weather)
      PASS Weather API on behalf of a user (weather)
      PASS token as its own user account for the Weather API (weather)
      PASS Weather API as its own user account (weather)
      PASS token on behalf of a user for the Weather API (alerts)
      PASS Weather API on behalf of a user (alerts)
      PASS token as itself for the Weather API (trainee)
      FAIL Weather API as itself (trainee) API_FORBIDDEN"
    `)
  })

  it('reports a missing kubectl as CLUSTER_UNREACHABLE', async () => {
    vi.stubEnv('PATH', '')
    expect(await examineCluster({ receipt: '' })).toMatchObject([
      { status: 'FAIL', check: 'release', code: 'CLUSTER_UNREACHABLE' },
    ])
  })

  it('finds no fault with the arguments that the guides use', async () => {
    const commands = ['aks.md', 'eks.md'].flatMap(commandsOf).filter(({ words }) => words[3] === 'doctor')
    expect(commands).toHaveLength(2)
    await recordAnswers()
    for (const { words } of commands) {
      const args = [script, 'doctor', ...words.slice(4), '--page', stack.agentUrl]
      const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder })
      expect(stdout).toMatch(/^PASS {2}release: demo in agents\.\n[\s\S]* 0 failed\.\n+$/)
    }
  })
})
