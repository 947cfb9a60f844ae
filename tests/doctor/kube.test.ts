import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Finding } from '../../scripts/doctor/finding.ts'
import { examineCluster, type KubeOptions, readContexts } from '../../scripts/doctor/kube/kube.ts'
import type { KubernetesObject, PodTemplate, Workload } from '../chart/support/kubernetes.ts'
import { merge, type Rendering, renderWith, type Values } from '../chart/support/render.ts'
import { commandsOf } from '../guides/commands.ts'
import { identities } from '../support/identities.ts'
import { isProgramMissing, needs } from '../support/programs.ts'
import { Stack } from '../support/stack.ts'
import { rowOf, tableOf } from './support/table.ts'

const script = resolve(import.meta.dirname, '../../scripts/agentctl.ts')
const issuer = 'https://germanywestcentral.oic.prod-aks.azure.com/11111111/22222222/'
/** Where the kubectl of these tests is. */
const programsFolder = resolve(import.meta.dirname, 'support/recorded-cluster')
const production: Values = {
  entra: { spaAppId: identities.pageAppId },
  sidecar: { credential: { type: 'ProjectedToken' } },
  aws: { region: 'eu-central-1', auth: 'webIdentity', roleArn: 'arn:aws:iam::111122223333:role/agent' },
  agent: { replicas: 1 },
  weatherApi: { replicas: 1 },
}

needs('helm')

let folder: string
let stack: Stack
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recorded-cluster-'))
  stack = await Stack.start()
  stubKubectl()
  if (isProgramMissing('helm')) return
  for (const [what, situation] of situations) findingsByWhat.set(what, await examine(situation))
}, 120_000)
afterAll(async () => {
  await stack.close()
  await rm(folder, { recursive: true })
})
beforeEach(stubKubectl)

function stubKubectl(): void {
  vi.stubEnv('PATH', `${programsFolder}${delimiter}${process.env['PATH']}`)
  vi.stubEnv('RECORDED_CLUSTER', folder)
  // Without credentials of AWS the doctor does not check the role; aws-role.long.test.ts tests them.
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
}

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
  const answers: Readonly<Record<string, string | undefined>> = {
    // The chart accepts only an https URL of Entra, so the emulator's URL is put in its place here.
    objects: JSON.stringify({ items: objectsOf(rendering, situation) }).replaceAll(
      'https://login.microsoftonline.com',
      stack.entraUrl,
    ),
    issuer: JSON.stringify({ issuer }),
    knock: 'closed',
    'port-forward': `Forwarding from 127.0.0.1:${new URL(stack.agentUrl).port} -> 3001\n`,
    ...situation.kubectl,
  }
  for (const [question, answer] of Object.entries(answers)) {
    if (answer === undefined) await rm(join(folder, question), { force: true })
    else await writeFile(join(folder, question), answer)
  }
}

async function examine(situation: Situation = {}): Promise<readonly Finding[]> {
  await recordAnswers(situation)
  const receipt = join(folder, 'entra.json')
  return examineCluster({ namespace: 'agents', receipt, page: stack.agentUrl, ...situation.options })
}

const codesIn = (findings: readonly Finding[]) =>
  findings.flatMap(({ check, status, code }) => (code ? [`${status} ${check}: ${code}`] : []))

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
const situations: readonly (readonly [what: string, situation: Situation, expected: string])[] = [
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
const findingsByWhat = new Map<string, readonly Finding[]>()

describe('The doctor on a cluster', () => {
  it('finds no fault in a good release, and warns only of the AWS role and Bedrock, which the release lacks', async () => {
    const findings = await examine({ options: { userToken: await stack.signIn(identities.ada.oid) } })
    expect(codesIn(findings)).toEqual(['WARN AWS role: NOT_CHECKED', 'WARN Bedrock: BEDROCK_NOT_CONFIGURED'])
    expect(findings.map(({ check }) => check)).toEqual([
      'release',
      'pods',
      'sidecar container',
      'tokens in pods',
      'sign-in',
      'secrets',
      'policies',
      'seal keys',
      'federation',
      'AWS role',
      'policies enforced',
      'token as itself for the Weather API',
      'Weather API as itself',
      'token on behalf of a user for the Weather API',
      'Weather API on behalf of a user',
      'agent',
      'sidecar',
      'weather-api',
      'Bedrock',
      'page',
      'redirect URI',
    ])
  })

  it('names exactly the issuer, subject and audiences that Entra and AWS have to trust', async () => {
    const federation = (await examine()).find(({ check }) => check === 'federation')
    expect(federation?.detail).toBe(
      `Entra and AWS have to trust the issuer ${issuer} and the subject system:serviceaccount:agents:demo-agent, in tokens for api://AzureADTokenExchange and sts.amazonaws.com.`,
    )
  })

  it.each(situations)('names the fault when %s', (what, _situation, expected) => {
    expect(codesIn(findingsByWhat.get(what) ?? [])).toContain(expected)
  })

  it('finds no fault in several pods of an agent whose calls wait for approval, nor in their shared Secret', async () => {
    const findings = await examine({
      agents: 2,
      values: {
        agent: { replicas: 2 },
        approval: { existingSecret: 'agent-seal-keys' },
        mcpServers: { notes: { ...notesServer, readOnlyTools: ['get_note'] } },
      },
    })
    const judged = findings.filter(({ check }) => ['seal keys', 'secrets', 'tools that wait'].includes(check))
    expect(judged).toEqual([
      { check: 'secrets', status: 'PASS', detail: 'The pods use no stored secret.' },
      {
        check: 'tools that wait',
        status: 'PASS',
        detail: 'Calls wait for their user’s approval: notes (add_note).',
      },
      { check: 'seal keys', status: 'PASS', detail: 'All pods of the agent have the keys of one Secret.' },
    ])
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
  })

  it('finds no fault in a proxy that the chart’s value names', async () => {
    const findings = await examine({ values: { proxy: { https: 'http://10.9.8.7:3128' } } })
    expect(findings.find(({ check }) => check === 'proxy')).toMatchObject({ status: 'PASS' })
  })

  it('finds no fault in a page at a host name of its own, where users sign in', async () => {
    const findings = await examine({ values: { agent: { allowedHosts: ['agent.example.com'] } } })
    expect(findings.find(({ check }) => check === 'sign-in')).toMatchObject({
      status: 'PASS',
      detail: 'Users sign in at agent.example.com.',
    })
  })

  it('finds what docs/troubleshooting.md quotes (to update it: vitest -u, npm run troubleshooting)', async () => {
    const rows = situations.map(([what, , expected]) =>
      rowOf(
        what,
        findingsByWhat.get(what)?.find(finding => codesIn([finding])[0] === expected),
      ),
    )
    await expect(`### On a cluster\n\n${tableOf(rows)}`).toMatchFileSnapshot(
      resolve(import.meta.dirname, '../../scripts/troubleshooting/cluster-failures.md'),
    )
  })

  it('compares the pods’ issuer, subject and audience with the federated credential in the receipt', async () => {
    const elsewhere = {
      issuer: 'https://issuer.example/',
      subject: 'system:serviceaccount:agents:demo-agent',
    }
    await writeFile(
      join(folder, 'entra.json'),
      JSON.stringify({ settings: { federatedCredentials: [elsewhere] } }),
    )
    const mismatch = (await examine()).find(({ check }) => check === 'federation')
    expect(mismatch).toMatchObject({ status: 'FAIL', code: 'FEDERATION_MISMATCH' })
    expect(mismatch?.hint).toBe(
      `npx --no-install agentctl entra apply --cluster-issuer ${issuer} --service-account agents:demo-agent`,
    )
    const receipt = { settings: { federatedCredentials: [{ ...elsewhere, issuer }] } }
    await writeFile(join(folder, 'entra.json'), JSON.stringify(receipt))
    expect(codesIn(await examine())).not.toContain('FAIL federation: FEDERATION_MISMATCH')
    const audience = 'AzureADTokenExchange'
    const others = await examine({ values: { sidecar: { credential: { projectedToken: { audience } } } } })
    expect(others.find(({ check }) => check === 'federation')).toMatchObject({
      status: 'FAIL',
      code: 'FEDERATION_MISMATCH',
      hint: 'Set sidecar.credential.projectedToken.audience=api://AzureADTokenExchange.',
    })
    await rm(join(folder, 'entra.json'))
  })

  it('calls the API as each of several agents, in each flow of that agent', async () => {
    const AGENTS_CONFIG = resolve(import.meta.dirname, '../../scripts/demo/agents.json')
    const { agentId, agentUserId, alertsAgentId, traineeAgentId } = identities
    await stack.restart('weather', {
      AGENT_CLIENT_ID: [agentId, alertsAgentId, traineeAgentId].join(','),
      AGENT_USERS: `${agentId}=${agentUserId}`,
    })
    await stack.restart('agent', { AGENTS_CONFIG })
    const findings = await examine({ options: { userToken: await stack.signIn(identities.ada.oid) } })
    for (const part of ['weather', 'agent'] as const) await stack.restart(part)
    const asked = findings.filter(({ check }) => /^Weather API .*\)$/.test(check))
    expect(asked.map(({ check, status }) => [check, status])).toEqual([
      ['Weather API as itself (weather)', 'PASS'],
      ['Weather API on behalf of a user (weather)', 'PASS'],
      ['Weather API as its own user account (weather)', 'PASS'],
      ['Weather API on behalf of a user (alerts)', 'PASS'],
      ['Weather API as itself (trainee)', 'FAIL'],
    ])
  })

  it('reports the problems in the agent’s own status', async () => {
    await stack.stop('weather')
    const findings = await examine()
    await stack.start('weather')
    expect(codesIn(findings)).toContain('FAIL weather-api: API_UNAVAILABLE')
  })

  it('reports a missing kubectl as CLUSTER_UNREACHABLE', async () => {
    vi.stubEnv('PATH', '')
    expect(codesIn(await examineCluster({ receipt: '' }))).toEqual(['FAIL release: CLUSTER_UNREACHABLE'])
  })

  it('finds no fault with the arguments that the guides use', async () => {
    const asked = ['aks.md', 'eks.md'].flatMap(guide =>
      commandsOf(guide).filter(({ words }) => words[3] === 'doctor'),
    )
    expect(asked.length).toBe(2)
    await recordAnswers()
    for (const { words } of asked) {
      const args = [script, 'doctor', ...words.slice(4), '--page', stack.agentUrl]
      const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder })
      expect(stdout).toMatch(/^PASS {2}release: demo in agents\.$/m)
      expect(stdout).toMatch(/ 0 failed\.$/m)
    }
  })
})
