import { describe, expect, it } from 'vitest'
import { needs } from '../support/programs.ts'
import { isAllowed, type Place } from './support/reachability.ts'
import { baseValues, merge, type RenderOptions, render, type Values } from './support/render.ts'
import { withAwsAuth, withCredential } from './support/variants.ts'

needs('helm')

const componentPod = (name: string, namespace = 'agents'): Place => ({
  namespace,
  labels: {
    'app.kubernetes.io/name': 'entra-bedrock-agent',
    'app.kubernetes.io/instance': 'demo',
    'app.kubernetes.io/component': name,
  },
})

const sources: Readonly<Record<string, Place>> = {
  agent: componentPod('agent'),
  'weather API': componentPod('weather-api'),
  'helm test': componentPod('test'),
  neighbour: { namespace: 'agents', labels: { app: 'neighbour' } },
  'impostor elsewhere': componentPod('agent', 'elsewhere'),
  gateway: { namespace: 'gateway', labels: { app: 'gateway' } },
  Prometheus: { namespace: 'monitoring', labels: { app: 'prometheus' } },
}

const targets: Readonly<Record<string, readonly [Place, number, ('TCP' | 'UDP')?]>> = {
  page: [componentPod('agent'), 3001],
  sidecar: [componentPod('agent'), 5000],
  metrics: [componentPod('agent'), 9464],
  'metrics of the weather API': [componentPod('weather-api'), 9464],
  'weather API': [componentPod('weather-api'), 8080],
  neighbour: [{ namespace: 'agents', labels: { app: 'neighbour' } }, 8080],
  orders: [{ namespace: 'shop', labels: { app: 'orders' } }, 8081],
  DNS: [{ namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } }, 53, 'UDP'],
  'DNS elsewhere': [{ address: '8.8.8.8' }, 53, 'UDP'],
  'API server': [{ address: '10.96.0.1' }, 443],
  'public 443': [{ address: '20.190.128.1' }, 443],
  'public 443, IPv6': [{ address: '2603:1036::1' }, 443],
  'public 80': [{ address: '20.190.128.1' }, 80],
  'private 443': [{ address: '10.20.0.9' }, 443],
  'metadata 80': [{ address: '169.254.169.254' }, 80],
  'metadata 443': [{ address: '169.254.169.254' }, 443],
  'metadata, IPv6': [{ address: 'fd00:ec2::254' }, 443],
  'EKS Pod Identity': [{ address: '169.254.170.23' }, 80],
  WireServer: [{ address: '168.63.129.16' }, 443],
  'NodeLocal DNS': [{ address: '169.254.20.10' }, 53, 'UDP'],
  'AKS LocalDNS': [{ address: '169.254.10.11' }, 53, 'UDP'],
}

/** The targets that each source can reach under the chart's policies. */
async function findTargets(options: RenderOptions): Promise<Record<string, readonly string[]>> {
  const policies = (await render(options)).ofKind('NetworkPolicy')
  const reached = Object.entries(sources).map(([name, from]) => [
    name,
    Object.entries(targets).flatMap(([target, [to, port, protocol = 'TCP']]) =>
      isAllowed(policies, 'agents', { from, to, port, protocol }) ? [target] : [],
    ),
  ])
  return Object.fromEntries(reached)
}

const findTargetsWith = (values: Values) => findTargets({ values: merge(baseValues, values) })

const allTargets = Object.keys(targets)
/** What pods without an egress policy reach: all targets that let them in. */
const openTargets = allTargets.filter(target => !/^(page|sidecar|metrics|weather API)/.test(target))
const internet = ['DNS', 'public 443', 'public 443, IPv6']

describe('The policies', () => {
  it('let no pod reach the sidecar, and only the agent reach the weather API', async () => {
    expect(await findTargets({ values: baseValues })).toEqual({
      agent: ['weather API', ...internet],
      'weather API': internet,
      'helm test': ['page', ...openTargets],
      neighbour: openTargets,
      'impostor elsewhere': openTargets,
      gateway: openTargets,
      Prometheus: openTargets,
    })
  })

  it('are the only reason why targets cannot be reached', async () => {
    const reached = await findTargetsWith({ networkPolicy: { enabled: false } })
    for (const targets of Object.values(reached)) expect(targets).toEqual(allTargets)
  })

  it('let gateway and Prometheus in if the values name them, and the agent out to further APIs', async () => {
    const reached = await findTargets({ files: ['ci/everything-values.yaml'] })
    expect(reached['gateway']).toEqual(['page', ...openTargets])
    expect(reached['Prometheus']).toEqual(['metrics', 'metrics of the weather API', ...openTargets])
    expect(reached['neighbour']).toEqual(openTargets)
    expect(reached['agent']).toEqual(['weather API', 'orders', ...internet, 'private 443', 'NodeLocal DNS'])
  })

  it('open the metadata service to the agent alone if its credential is a managed identity', async () => {
    const reached = await findTargets({ values: withCredential('SignedAssertionFromManagedIdentity') })
    expect(reached['agent']).toEqual(['weather API', ...internet, 'metadata 80'])
    expect(reached['weather API']).toEqual(internet)
  })

  it('open the metadata service to the agent for a key vault, unless AKS’s webhook provides the managed identity', async () => {
    const values = withCredential('KeyVault')
    expect((await findTargets({ values }))['agent']).toEqual(['weather API', ...internet, 'metadata 80'])
    const keyVault = { managedIdentityClientId: baseValues.entra.tenantId }
    const byWebhook = merge(values, { sidecar: { credential: { keyVault } } })
    expect((await findTargets({ values: byWebhook }))['agent']).toEqual(['weather API', ...internet])
  })

  it('open the EKS Pod Identity agent only if the agent authenticates by it', async () => {
    const reached = await findTargets({ values: withAwsAuth('podIdentity') })
    expect(reached['agent']).toEqual(['weather API', ...internet, 'EKS Pod Identity'])
  })

  it.each([
    ['kubeDns', ['DNS']],
    ['nodeLocal', ['DNS', 'NodeLocal DNS']],
    ['aksLocalDns', ['DNS', 'AKS LocalDNS']],
    ['any', ['DNS', 'DNS elsewhere', 'NodeLocal DNS', 'AKS LocalDNS']],
  ])('allow DNS where the cluster resolves names (networkPolicy.dns: %s)', async (dns, reached) => {
    const { agent } = await findTargetsWith({ networkPolicy: { dns } })
    expect(agent?.filter(target => target.includes('DNS'))).toEqual(reached)
  })

  it('keep both pods from the internet if networkPolicy.internet is false', async () => {
    const reached = await findTargetsWith({ networkPolicy: { internet: false } })
    expect(reached['agent']).toEqual(['weather API', 'DNS'])
    expect(reached['weather API']).toEqual(['DNS'])
  })

  it('do not let the agent reach this chart’s weather API if another weather API is configured', async () => {
    const reached = await findTargetsWith({
      weatherApi: { enabled: false },
      downstreamApis: { weather: { url: 'https://weather.example.com' } },
    })
    expect(reached['agent']).toEqual(internet)
  })
})
