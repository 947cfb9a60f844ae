import { describe, expect, it } from 'vitest'
import { needs } from '../support/programs.ts'
import { isAllowed, type Place } from './support/reachability.ts'
import { identities, merge, type RenderOptions, render, type Values } from './support/render.ts'
import { withAwsAuth, withCredential } from './support/variants.ts'

needs('helm')

const component = (name: string, namespace = 'agents'): Place => ({
  namespace,
  labels: {
    'app.kubernetes.io/name': 'entra-bedrock-agent',
    'app.kubernetes.io/instance': 'demo',
    'app.kubernetes.io/component': name,
  },
})

const sources: Readonly<Record<string, Place>> = {
  agent: component('agent'),
  'weather API': component('weather-api'),
  'helm test': component('test'),
  neighbour: { namespace: 'agents', labels: { app: 'neighbour' } },
  'impostor elsewhere': component('agent', 'elsewhere'),
  gateway: { namespace: 'gateway', labels: { app: 'gateway' } },
  Prometheus: { namespace: 'monitoring', labels: { app: 'prometheus' } },
}

const targets: Readonly<Record<string, readonly [Place, number, ('TCP' | 'UDP')?]>> = {
  page: [component('agent'), 3001],
  sidecar: [component('agent'), 5000],
  metrics: [component('agent'), 9464],
  'metrics of the weather API': [component('weather-api'), 9464],
  'weather API': [component('weather-api'), 8080],
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
async function reach(options: RenderOptions): Promise<Record<string, readonly string[]>> {
  const policies = (await render(options)).ofKind('NetworkPolicy')
  const reached = Object.entries(sources).map(([name, from]) => [
    name,
    Object.entries(targets).flatMap(([target, [to, port, protocol = 'TCP']]) =>
      isAllowed(policies, 'agents', { from, to, port, protocol }) ? [target] : [],
    ),
  ])
  return Object.fromEntries(reached)
}

const reachWith = (values: Values) => reach({ values: merge(identities, values) })

const everywhere = Object.keys(targets)
/** What pods without an egress policy reach: all targets that let them in. */
const open = everywhere.filter(target => !/^(page|sidecar|metrics|weather API)/.test(target))
const wayOut = ['DNS', 'public 443', 'public 443, IPv6']

describe('The policies', () => {
  it('let no pod reach the sidecar, and only the agent reach the weather API', async () => {
    expect(await reach({ values: identities })).toEqual({
      agent: ['weather API', ...wayOut],
      'weather API': wayOut,
      'helm test': ['page', ...open],
      neighbour: open,
      'impostor elsewhere': open,
      gateway: open,
      Prometheus: open,
    })
  })

  it('are the only reason why targets cannot be reached', async () => {
    const reached = await reachWith({ networkPolicy: { enabled: false } })
    for (const targets of Object.values(reached)) expect(targets).toEqual(everywhere)
  })

  it('let gateway and Prometheus in if the values name them, and the agent out to further APIs', async () => {
    const reached = await reach({ files: ['ci/everything-values.yaml'] })
    expect(reached['gateway']).toEqual(['page', ...open])
    expect(reached['Prometheus']).toEqual(['metrics', 'metrics of the weather API', ...open])
    expect(reached['neighbour']).toEqual(open)
    expect(reached['agent']).toEqual(['weather API', 'orders', ...wayOut, 'private 443', 'NodeLocal DNS'])
  })

  it('open the metadata service to the agent alone if its credential is a managed identity', async () => {
    const reached = await reach({ values: withCredential('SignedAssertionFromManagedIdentity') })
    expect(reached['agent']).toEqual(['weather API', ...wayOut, 'metadata 80'])
    expect(reached['weather API']).toEqual(wayOut)
  })

  it('open the metadata service to the agent for a key vault, unless AKS’s webhook provides the managed identity', async () => {
    const values = withCredential('KeyVault')
    expect((await reach({ values }))['agent']).toEqual(['weather API', ...wayOut, 'metadata 80'])
    const keyVault = { managedIdentityClientId: identities.entra.tenantId }
    const byWebhook = merge(values, { sidecar: { credential: { keyVault } } })
    expect((await reach({ values: byWebhook }))['agent']).toEqual(['weather API', ...wayOut])
  })

  it('open the EKS Pod Identity agent only if the agent authenticates by it', async () => {
    const reached = await reach({ values: withAwsAuth('podIdentity') })
    expect(reached['agent']).toEqual(['weather API', ...wayOut, 'EKS Pod Identity'])
  })

  it.each([
    ['kubeDns', ['DNS']],
    ['nodeLocal', ['DNS', 'NodeLocal DNS']],
    ['aksLocalDns', ['DNS', 'AKS LocalDNS']],
    ['any', ['DNS', 'DNS elsewhere', 'NodeLocal DNS', 'AKS LocalDNS']],
  ])('allow DNS where the cluster resolves names: %s', async (dns, reached) => {
    const { agent } = await reachWith({ networkPolicy: { dns } })
    expect(agent?.filter(target => target.includes('DNS'))).toEqual(reached)
  })

  it('keep both pods from the internet if the values say so', async () => {
    const reached = await reachWith({ networkPolicy: { internet: false } })
    expect(reached['agent']).toEqual(['weather API', 'DNS'])
    expect(reached['weather API']).toEqual(['DNS'])
  })

  it('do not let the agent reach this chart’s weather API when another is configured', async () => {
    const reached = await reachWith({
      weatherApi: { enabled: false },
      downstreamApis: { weather: { url: 'https://weather.example.com' } },
    })
    expect(reached['agent']).toEqual(wayOut)
  })
})
