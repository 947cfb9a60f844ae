import { expect, it } from 'vitest'
import { needs } from '../support/programs.ts'
import { run } from '../support/run.ts'
import { baseValues, chart, refusalOf, type Values, valuesAt } from './support/render.ts'

needs('helm')

const role = 'arn:aws:iam::111122223333:role/agent'
const region = 'eu-central-1'
const { tenantId, blueprintAppId, agentClientId } = baseValues.entra
const agent = { title: 'Agent', clientId: agentClientId }
const several = { 'entra.agentClientId': '' }
const mcp = { appId: tenantId, allowedTools: ['get_note', 'add_note'] }
const notes = { ...mcp, url: 'https://notes.example.com/mcp' }
const publicApi = { appId: tenantId, url: 'https://a.example' }
const gateway = { 'networkPolicy.agent.ingressFrom': [{ namespaceSelector: {} }] }
const twoPods = {
  'weatherApi.alerts': { enabled: true, volume: { existingClaim: 'a' } },
  'weatherApi.replicas': 1,
}
const annotated = { 'agent.serviceAccount.annotations': { 'azure.workload.identity/client-id': tenantId } }
const secretUrl = 'https://user:not-a-password@a.example/b'

/** Values by their paths. Where they have several faults, the chart names all of them. */
// biome-ignore format: table
const mistakes: Readonly<Record<string, Values>> = {
  'no ids': { entra: { tenantId: '', blueprintAppId: '', agentClientId: '' }, 'downstreamApis.orders': {}, 'weatherApi.enabled': false },
  'the blueprint as the agent': { 'entra.agentClientId': blueprintAppId },
  'one agent beside several': { 'agents.other': agent },
  'several agents, none of which is the default': { ...several, agents: { one: agent, other: { ...agent, clientId: tenantId } } },
  'a default that is no agent': { ...several, 'agents.one': agent, defaultAgent: 'other' },
  'agents without what they need': { ...several, agents: { one: { title: 'One' }, two: { clientId: tenantId, flows: ['agent-user'], apis: ['weather'], requireSignIn: true } }, defaultAgent: 'one' },
  'agents with the ids of others': { ...several, agents: { one: agent, other: agent, third: { ...agent, clientId: blueprintAppId } }, defaultAgent: 'one' },
  'no way to APIs and MCP servers': { 'downstreamApis.orders': { appId: tenantId, url: 'http://orders.shop:8081' }, 'mcpServers.notes': { ...mcp, readOnlyTools: mcp.allowedTools, url: 'http://notes.tools.svc/mcp' } },
  'an MCP server that shares an API’s entry, but not its registration': { 'mcpServers.weather': { ...notes, readOnlyTools: mcp.allowedTools } },
  'alerts in several pods, without a volume': { 'approval.existingSecret': 'a', 'weatherApi.alerts.enabled': true },
  'alerts on two volumes': { 'approval.existingSecret': 'a', 'weatherApi.replicas': 1, 'weatherApi.alerts': { enabled: true, volume: { size: '1Gi', existingClaim: 'a' } } },
  'calls that wait, in several pods: alerts': { ...twoPods },
  'calls that wait, in several pods: MCP tools': { 'mcpServers.notes': { ...notes, readOnlyTools: ['get_note'] }, 'approval.key': 'keys' },
  'calls that wait, in pods that an autoscaler adds': { ...twoPods, 'mcpServers.notes': notes, 'agent.replicas': 1, 'agent.autoscaling.enabled': true },
  'calls that wait, in one pod and never more': { ...twoPods, 'agent.replicas': 1 },
  'tools that are not allowed': { 'approval.existingSecret': 'a', 'mcpServers.notes': { ...notes, readOnlyTools: ['list', 'get_note'], unattendedTools: ['purge', 'get_note'] } },
  'a client secret that is nowhere': { 'sidecar.credential.type': 'ClientSecret' },
  'a client secret in two places': { 'sidecar.credential': { type: 'ClientSecret', clientSecret: { existingSecret: 'a', value: 'b' } } },
  'credentials that nobody uses': { 'sidecar.credential': { clientSecret: { value: 'b' }, keyVault: { certificateName: 'a' }, certificateFile: { existingSecret: 'a' }, storeWithThumbprint: { existingSecret: 'a' }, managedIdentity: { clientId: tenantId } } },
  'a key vault without its certificate': { 'sidecar.credential': { type: 'KeyVault', keyVault: { url: 'https://v.vault.azure.net' } } },
  'a certificate without its Secret': { 'sidecar.credential.type': 'CertificateFile' },
  'a certificate store without its certificate': { 'sidecar.credential.type': 'StoreWithThumbprint' },
  'AWS’s audience for the sidecar’s token': { 'sidecar.credential.projectedToken.audience': 'sts.amazonaws.com' },
  'IRSA’s token for the sidecar': { 'sidecar.credential.type': 'WorkloadIdentity', 'sidecar.env.AZURE_FEDERATED_TOKEN_FILE': '/var/run/secrets/eks.amazonaws.com/serviceaccount/token' },
  'a managed identity behind a federated credential, by annotation': { 'sidecar.credential.type': 'SignedAssertionFromManagedIdentity', ...annotated },
  'a managed identity behind a federated credential, by label': { 'sidecar.credential.type': 'SignedAssertionFromManagedIdentity', 'agent.podLabels': { 'azure.workload.identity/use': 'true' } },
  'a managed identity in place of the blueprint': { 'sidecar.credential.type': 'WorkloadIdentity', ...annotated },
  'AWS without a region': { 'aws.auth': 'podIdentity' },
  'a region without a way to authenticate': { 'aws.region': region },
  'web identity without a role': { aws: { auth: 'webIdentity', region } },
  'IRSA without a role': { aws: { auth: 'irsa', region } },
  'IRSA without a role, for a ServiceAccount that exists': { aws: { auth: 'irsa', region }, 'agent.serviceAccount': { create: false, name: 'a' } },
  'what EKS Pod Identity does not use': { aws: { auth: 'podIdentity', region, roleArn: role, existingSecret: 'a', apiKey: { value: 'b' } } },
  'a role for an API key': { aws: { auth: 'apiKey', region, existingSecret: 'a', roleArn: role } },
  'the annotation of IRSA beside another way': { aws: { auth: 'webIdentity', region, roleArn: role }, 'agent.serviceAccount.annotations': { 'eks.amazonaws.com/role-arn': role } },
  'an API key that is nowhere': { aws: { auth: 'apiKey', region } },
  'an API key in two places': { aws: { auth: 'apiKey', region, existingSecret: 'a', apiKey: { value: 'b' } } },
  'half of the access keys': { aws: { auth: 'staticKeys', region, staticKeys: { accessKeyId: 'a' } } },
  'secrets among the settings': { 'agent.env.AWS_SECRET_ACCESS_KEY': 'a', 'sidecar.env.AzureAd__ClientCredentials__0__ClientSecret': 'a', 'weatherApi.env.API_KEY': 'a' },
  'an Ingress without hosts, TLS and users': { 'ingress.enabled': true, ...gateway, 'agent.requireSignIn': true },
  'an HTTPRoute of no gateway': { httpRoute: { enabled: true }, ...gateway },
  'an HTTPRoute on whatever listener, for nobody': { httpRoute: { enabled: true, hostnames: ['a.example'], parentRefs: [{ name: 'public' }] }, ...gateway },
  'time-outs shorter than an answer': { httpRoute: { enabled: true, hostnames: ['a.example'], parentRefs: [{ name: 'public', sectionName: 'https' }], timeouts: { request: '120s', backendRequest: '1m' } }, ...gateway, 'entra.spaAppId': tenantId },
  'a Route without a host, for nobody': { 'route.enabled': true, ...gateway },
  'a Service outside the cluster, for nobody': { 'agent.service.type': 'NodePort' },
  'root, and names of the chart as labels': { 'podSecurityContext.runAsUser': 0, 'podSecurityContext.privileged': true, 'commonLabels.app.kubernetes.io/name': 'a' },
  'a page of one’s own route, for nobody': { 'agent.allowedHosts': ['a.example'] },
  'a page for nobody, by the setting': { 'agent.env.ALLOWED_HOSTS': 'localhost, a.example' },
  'ways in that no policy allows': { ingress: { enabled: true, hosts: ['a.example'], tls: { byController: true } }, 'serviceMonitor.enabled': true, 'entra.spaAppId': tenantId },
  'ways out that no policy allows': { 'proxy.https': 'http://proxy.example:3128', 'telemetry.endpoint': 'http://otel:4318' },
  'more pods at least than at most': { 'agent.autoscaling': { enabled: true, minReplicas: 5, maxReplicas: 3 } },
  'networks as proxies': { 'agent.trustedProxies': ['0.0.0.0/0', '::/0', '10.244.7.0/24', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/15', '100.64.0.0/10', 'fd00::/8', 'fd00::/47'] },
  'names as proxies': { 'agent.trustedProxies': ['uniquelocal', 'proxy.example'] },
  'words that no value has': { 'agent.replica': 3, 'networkPolicy.agent.ingresFrom': [], 'downstreamApis.order-history': publicApi },
  'values that are none': { 'entra.tenantId': 'contoso', 'sidecar.credential.type': 'Password', 'agent.requireSignIn': 'yes', 'agent.traceFor': 'admins', 'approval.consentFromTurns': 'sometimes' },
  'links that are none': { 'agent.traceLinks': { entra: 'https://{traceId}.example/', trace: 'https://a.example/{user}', jaeger: 'https://a.example/' } },
  'links by scripts, and with a password': { 'agent.traceLinks': { entra: 'javascript:alert(1)', trace: secretUrl } },
  'tools that are none': { 'weatherApi.alerts.unattendedTools': ['list_alerts'], 'mcpServers.notes': { ...notes, readOnlyTools: ['*'] } },
  'addresses that are none': { 'entra.authority': 'http://entra-emulator:7001', 'networkPolicy.internetExcept': ['fd00::/8', '10.0.0.1', 'internal', '::/0'], telemetry: { endpoint: 'otel-collector:4318', samplingRatio: 50 } },
  'telemetry at the port of gRPC': { 'telemetry.endpoint': 'http://otel-collector:4317' },
  'addresses with a password': { 'downstreamApis.orders': { ...publicApi, url: secretUrl }, 'mcpServers.notes': { ...notes, url: secretUrl }, 'telemetry.endpoint': secretUrl, 'weatherApi.publicUrl': secretUrl, 'entra.authority': secretUrl, 'proxy.https': secretUrl },
  'a telemetry address with a user': { 'telemetry.endpoint': 'https://not-a-token@a.example' },
}

/** The faults in Helm's message. Of those that the schema finds: where they are, or names that no value has. */
function faultsIn(message: string): readonly string[] {
  const bySchema = [...message.matchAll(/^ *- at '(\/.*?)': (.*)/gm)].map(([, path, fault = '']) => {
    const [, unknown] = /^additional properties (.*) not allowed/.exec(fault) ?? []
    if (unknown !== undefined) return `${path}: ${unknown} is unknown`
    // Helm names a wrong place for a wrong name.
    const [, wrongName] = /^invalid propertyName (.*)/.exec(fault) ?? []
    return wrongName === undefined ? `${path}` : `${wrongName} is no name`
  })
  // Helm's order of them is random.
  if (bySchema.length > 0) return bySchema.sort()
  return message
    .split('\n')
    .slice(2)
    .filter(line => line !== '')
}

// Many renderings take long on a busy machine.
it('The chart refuses bad values in words, and names all their faults at once', {
  timeout: 240_000,
}, async () => {
  const texts = []
  for (const [what, paths] of Object.entries(mistakes)) {
    const faults = faultsIn(await refusalOf(valuesAt(paths)))
    texts.push(`## ${what}\n\n${faults.length > 0 ? faults.join('\n') : 'Accepted.'}\n`)
  }
  await expect(texts.join('\n')).toMatchFileSnapshot('refusals.txt')
})

it('The chart refuses clusters without stable native sidecars', async () => {
  const args = ['template', 'demo', chart, '--kube-version', '1.32.0', '--values', '-']
  const input = JSON.stringify(baseValues)
  await expect(run('helm', args, { input })).rejects.toThrow('>=1.33.0')
})
