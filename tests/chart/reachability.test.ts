import { expect, it } from 'vitest'
import { needs } from '../support/programs.ts'
import { componentPod, isAllowed, type Place } from './support/reachability.ts'
import { baseValues, merge, type RenderOptions, render, valuesAt } from './support/render.ts'
import { withAwsAuth, withCredential } from './support/variants.ts'

needs('helm')

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
  proxy: [{ address: '10.9.8.7' }, 3128],
  DNS: [{ namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } }, 53, 'UDP'],
  'DNS elsewhere': [{ address: '8.8.8.8' }, 53, 'UDP'],
  'NodeLocal DNS': [{ address: '169.254.20.10' }, 53, 'UDP'],
  'AKS LocalDNS': [{ address: '169.254.10.11' }, 53, 'UDP'],
  'OpenShift DNS': [
    { namespace: 'openshift-dns', labels: { 'dns.operator.openshift.io/daemonset-dns': 'default' } },
    5353,
    'UDP',
  ],
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
}

const at = (paths: Parameters<typeof valuesAt>[0]) => ({ values: merge(baseValues, valuesAt(paths)) })
const byWebhook = {
  sidecar: { credential: { keyVault: { managedIdentityClientId: baseValues.entra.tenantId } } },
}
const elsewhere = { 'weatherApi.enabled': false, 'downstreamApis.weather.url': 'https://weather.example.com' }
// biome-ignore format: table
const situations: Readonly<Record<string, RenderOptions>> = {
  'The fewest values': at({}),
  'No policies': at({ 'networkPolicy.enabled': false }),
  'Gateway, Prometheus, further APIs, and NodeLocal DNS (ci/everything-values.yaml)': { files: ['ci/everything-values.yaml'] },
  'The credential is a managed identity': { values: withCredential('SignedAssertionFromManagedIdentity') },
  'The credential is in a key vault': { values: withCredential('KeyVault') },
  'The credential is in a key vault, for which AKS’s webhook provides the managed identity': { values: merge(withCredential('KeyVault'), byWebhook) },
  'The agent authenticates by EKS Pod Identity': { values: withAwsAuth('podIdentity') },
  'DNS on each node of AKS': at({ 'networkPolicy.dns': 'aksLocalDns' }),
  'DNS of OpenShift': at({ 'networkPolicy.dns': 'openshift' }),
  'DNS anywhere': at({ 'networkPolicy.dns': 'any' }),
  'No internet': at({ 'networkPolicy.internet': false }),
  'A forward proxy': at({ 'proxy.https': 'http://10.9.8.7:3128' }),
  'A weather API elsewhere': at(elsewhere),
}

/** What pods without an egress policy reach: all targets that are not of the release. */
const others = Object.keys(targets)
  .filter(target => !/^(page|sidecar|metrics|weather API)/.test(target))
  .join(' · ')

/** The targets that each source can reach under the chart's policies, without or with those that last as long as `helm test`. */
async function describeReach(options: RenderOptions, duringTest = false): Promise<readonly string[]> {
  const all = (await render(options)).ofKind('NetworkPolicy')
  const policies = all.filter(
    ({ metadata }) => duringTest || metadata.annotations?.['helm.sh/hook'] === undefined,
  )
  return Object.entries(sources).map(([source, from]) => {
    const reached = Object.entries(targets).filter(([_name, [to, port, protocol = 'TCP']]) =>
      isAllowed(policies, 'agents', { from, to, port, protocol }),
    )
    return `${source}: ${reached
      .map(([target]) => target)
      .join(' · ')
      .replace(others, 'all others')}`
  })
}

// Many renderings take long on a busy machine.
it('The policies let each pod reach what the golden text says, and nothing else', {
  timeout: 180_000,
}, async () => {
  const texts = []
  for (const [what, options] of Object.entries(situations))
    texts.push(`## ${what}\n\n${(await describeReach(options)).join('\n')}\n`)
  const duringTest = await describeReach(at({}), true)
  texts.push(`## The fewest values, while \`helm test\` runs\n\n${duringTest.join('\n')}\n`)
  await expect(texts.join('\n')).toMatchFileSnapshot('reachability.txt')
})
