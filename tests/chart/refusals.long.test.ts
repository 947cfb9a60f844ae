import { describe, expect, it } from 'vitest'
import { needs } from '../support/programs.ts'
import { baseValues, chart, helmCommands, renderWith, run, type Values } from './support/render.ts'

needs('helm')

const role = 'arn:aws:iam::111122223333:role/agent'
const region = 'eu-central-1'
const { tenantId, blueprintAppId } = baseValues.entra
const agent = { title: 'Agent', clientId: baseValues.entra.agentClientId }

function severalAgents(agents: Values): Values {
  return { entra: { agentClientId: '' }, agents }
}

// biome-ignore format: table
const mistakes: Readonly<Record<string, readonly [Values, string]>> = {
  'no agent identity': [{ entra: { agentClientId: '' } }, 'entra.agentClientId is not set.'],
  'the blueprint as the agent': [{ entra: { agentClientId: baseValues.entra.blueprintAppId } }, "entra.agentClientId is the blueprint's id"],
  'one agent beside several': [{ agents: { other: agent } }, 'entra.agentClientId and agents are both set'],
  'several agents, none of which is the default': [severalAgents({ one: agent, other: { ...agent, clientId: tenantId } }), 'defaultAgent is not set: name the one of agents'],
  'a default that is no agent': [{ ...severalAgents({ one: agent }), defaultAgent: 'other' }, 'defaultAgent is other, which is none of agents.'],
  'an agent of several without its identity': [severalAgents({ one: { title: 'One' } }), 'agents.one.clientId is not set.'],
  'an agent of several without a title': [severalAgents({ one: { clientId: tenantId } }), 'agents.one.title is not set.'],
  'an agent’s own user without an account': [severalAgents({ one: { ...agent, flows: ['agent-user'] } }), 'set agents.one.agentUser.objectId.'],
  'the blueprint as one of several agents': [severalAgents({ one: { ...agent, clientId: blueprintAppId } }), 'agents.one.clientId is the id of the blueprint'],
  'two agents of one identity': [{ ...severalAgents({ one: agent, other: agent }), defaultAgent: 'one' }, 'agents.other.clientId is the id of agents.one.clientId'],
  'an agent for an API that is not configured': [severalAgents({ one: { ...agent, apis: ['weather'] } }), 'agents.one.apis has weather, but there are only weather-api.'],
  'sign-in required at one agent, though nobody can sign in': [severalAgents({ one: { ...agent, requireSignIn: true } }), 'agents.one.requireSignIn is true, but nobody can sign in'],
  'an API without its application': [{ downstreamApis: { orders: { url: 'https://orders.example.com' } } }, 'downstreamApis.orders.appId is not set.'],
  'an API without an address': [{ downstreamApis: { orders: { appId: baseValues.entra.tenantId } } }, 'downstreamApis.orders.url is not set.'],
  'an API in the cluster that no policy lets the agent reach': [
    { downstreamApis: { orders: { appId: baseValues.entra.tenantId, url: 'http://orders.shop:8081' } } },
    'set downstreamApis.orders.egress.',
  ],
  'an MCP server in the cluster that no policy lets the agent reach': [
    {
      mcpServers: {
        notes: {
          url: 'http://notes.tools.svc/mcp',
          appId: baseValues.entra.tenantId,
          allowedTools: ['get_note'],
        },
      },
    },
    'set mcpServers.notes.egress.',
  ],
  'an MCP server that shares an API’s entry, but not its registration': [
    {
      mcpServers: {
        weather: {
          url: 'https://notes.example.com/mcp',
          appId: baseValues.entra.tenantId,
          allowedTools: ['get_note'],
        },
      },
    },
    'mcpServers.weather shares the registration of downstreamApis.weather, but their appId differs',
  ],
  'alerts in several pods': [{ weatherApi: { alerts: { enabled: true, volume: { size: '1Gi' } } } }, 'set weatherApi.replicas=1'],
  'alerts without a volume': [{ weatherApi: { replicas: 1, alerts: { enabled: true } } }, 'set weatherApi.alerts.volume.existingClaim, or volume.size'],
  'alerts on two volumes': [{ weatherApi: { replicas: 1, alerts: { enabled: true, volume: { size: '1Gi', existingClaim: 'a' } } } }, 'has both existingClaim and size'],
  'no weather API at all': [{ weatherApi: { enabled: false } }, 'downstreamApis.weather.url is not set.'],
  'a client secret that is not set': [{ sidecar: { credential: { type: 'ClientSecret' } } }, 'set clientSecret.existingSecret, or clientSecret.value for trying out.'],
  'a client secret that is in two places': [
    { sidecar: { credential: { type: 'ClientSecret', clientSecret: { existingSecret: 'a', value: 'b' } } } },
    'has both existingSecret and value: remove value.',
  ],
  'a client secret that nobody uses': [
    { sidecar: { credential: { clientSecret: { value: 'b' } } } },
    'sidecar.credential.clientSecret is set, but sidecar.credential.type is ProjectedToken: set the type to ClientSecret',
  ],
  'a certificate that nobody uses': [
    { sidecar: { credential: { type: 'WorkloadIdentity', certificateFile: { existingSecret: 'a' } } } },
    'sidecar.credential.certificateFile is set, but sidecar.credential.type is WorkloadIdentity',
  ],
  'a key vault without its certificate': [{ sidecar: { credential: { type: 'KeyVault', keyVault: { url: 'https://v.vault.azure.net' } } } }, 'set keyVault.url and keyVault.certificateName.'],
  'a certificate without its Secret': [{ sidecar: { credential: { type: 'CertificateFile' } } }, 'set certificateFile.existingSecret.'],
  'a certificate store without its certificate': [{ sidecar: { credential: { type: 'StoreWithThumbprint' } } }, 'set storeWithThumbprint.thumbprint and storeWithThumbprint.existingSecret.'],
  "AWS's audience for the sidecar's token": [{ sidecar: { credential: { projectedToken: { audience: 'sts.amazonaws.com' } } } }, "The sidecar is given AWS's token"],
  "IRSA's token for the sidecar": [
    {
      sidecar: {
        credential: { type: 'WorkloadIdentity' },
        env: { AZURE_FEDERATED_TOKEN_FILE: '/var/run/secrets/eks.amazonaws.com/serviceaccount/token' },
      },
    },
    "The sidecar is given AWS's token",
  ],
  'a managed identity behind a federated credential, by annotation': [
    {
      sidecar: { credential: { type: 'SignedAssertionFromManagedIdentity' } },
      agent: {
        serviceAccount: { annotations: { 'azure.workload.identity/client-id': baseValues.entra.tenantId } },
      },
    },
    'AADSTS700231',
  ],
  'a managed identity behind a federated credential, by label': [
    {
      sidecar: { credential: { type: 'SignedAssertionFromManagedIdentity' } },
      agent: { podLabels: { 'azure.workload.identity/use': 'true' } },
    },
    'AADSTS700231',
  ],
  'a managed identity in place of the blueprint': [
    {
      sidecar: { credential: { type: 'WorkloadIdentity' } },
      agent: {
        serviceAccount: { annotations: { 'azure.workload.identity/client-id': baseValues.entra.tenantId } },
      },
    },
    'AADSTS700231',
  ],
  'AWS without a region': [{ aws: { auth: 'podIdentity' } }, 'aws.auth is podIdentity: set aws.region.'],
  'a region without a way to authenticate': [{ aws: { region } }, 'aws.region is set, but aws.auth is none'],
  'web identity without a role': [{ aws: { auth: 'webIdentity', region } }, 'aws.auth is webIdentity: set aws.roleArn.'],
  'IRSA without a role': [{ aws: { auth: 'irsa', region } }, 'aws.auth is irsa: set aws.roleArn.'],
  'a role for EKS Pod Identity': [{ aws: { auth: 'podIdentity', region, roleArn: role } }, 'EKS knows the role of a ServiceAccount by its pod identity association. Remove aws.roleArn.'],
  'a role for an API key': [{ aws: { auth: 'apiKey', region, existingSecret: 'a', roleArn: role } }, 'only webIdentity and irsa use it. Remove aws.roleArn.'],
  "IRSA's annotation beside another way": [
    {
      aws: { auth: 'webIdentity', region, roleArn: role },
      agent: { serviceAccount: { annotations: { 'eks.amazonaws.com/role-arn': role } } },
    },
    'set aws.auth to irsa',
  ],
  'an API key that is nowhere': [{ aws: { auth: 'apiKey', region } }, 'aws.auth is apiKey: set aws.existingSecret, or aws.apiKey for trying out.'],
  'an API key in two places': [{ aws: { auth: 'apiKey', region, existingSecret: 'a', apiKey: { value: 'b' } } }, 'aws.existingSecret and aws.apiKey are both set: remove the latter.'],
  'an API key that nobody uses': [{ aws: { auth: 'podIdentity', region, apiKey: { value: 'b' } } }, 'aws.apiKey is set, but aws.auth is podIdentity'],
  'half of the access keys': [{ aws: { auth: 'staticKeys', region, staticKeys: { accessKeyId: 'a' } } }, 'aws.staticKeys is incomplete: set accessKeyId and secretAccessKey.'],
  'a Secret that nobody uses': [{ aws: { auth: 'podIdentity', region, existingSecret: 'a' } }, 'aws.existingSecret is set, but aws.auth is podIdentity'],
  'an AWS secret among the settings': [{ agent: { env: { AWS_SECRET_ACCESS_KEY: 'a' } } }, 'agent.env.AWS_SECRET_ACCESS_KEY would stand in the Deployment'],
  "the blueprint's secret among the settings": [
    { sidecar: { env: { AzureAd__ClientCredentials__0__ClientSecret: 'a' } } },
    'sidecar.env.AzureAd__ClientCredentials__0__ClientSecret would stand in the Deployment',
  ],
  'an Ingress without hosts': [{ ingress: { enabled: true } }, 'set ingress.hosts.'],
  'an Ingress without TLS': [{ ingress: { enabled: true, hosts: ['a.example'] } }, 'set ingress.tls.secretName, or ingress.tls.byController'],
  'an HTTPRoute on whatever listener': [{ httpRoute: { enabled: true, hostnames: ['a.example'], parentRefs: [{ name: 'public' }] } }, 'set sectionName to the https listener of the gateway public.'],
  'an HTTPRoute of no gateway': [{ httpRoute: { enabled: true, hostnames: ['a.example'] } }, 'set httpRoute.parentRefs.'],
  'a gateway that no policy lets in': [{ ingress: { enabled: true, hosts: ['a.example'], tls: { secretName: 'a' } } }, 'set networkPolicy.agent.ingressFrom'],
  'Prometheus that no policy lets in': [{ serviceMonitor: { enabled: true } }, 'set networkPolicy.metricsFrom.'],
  'more pods at least than at most': [{ agent: { autoscaling: { enabled: true, minReplicas: 5, maxReplicas: 3 } } }, 'agent.autoscaling.minReplicas is greater than maxReplicas.'],
  'all addresses as proxies': [{ agent: { trustedProxies: ['0.0.0.0/0'] } }, 'agent.trustedProxies: 0.0.0.0/0 is not a proxy'],
  'all addresses as proxies, IPv6': [{ agent: { trustedProxies: ['::/0'] } }, 'agent.trustedProxies: ::/0 is not a proxy'],
  'a whole private range as proxies': [{ agent: { trustedProxies: ['10.244.7.0/24', '10.0.0.0/8'] } }, 'agent.trustedProxies: 10.0.0.0/8 is not a proxy'],
  'a whole private range as proxies, class B': [{ agent: { trustedProxies: ['172.16.0.0/12'] } }, 'agent.trustedProxies: 172.16.0.0/12 is not a proxy'],
  'the whole range of carriers as proxies': [{ agent: { trustedProxies: ['100.64.0.0/10'] } }, 'agent.trustedProxies: 100.64.0.0/10 is not a proxy'],
  'a whole private range as proxies, IPv6': [{ agent: { trustedProxies: ['fd00::/8'] } }, 'agent.trustedProxies: fd00::/8 is not a proxy'],
  'every private address as a proxy, by name': [{ agent: { trustedProxies: ['uniquelocal'] } }, '/agent/trustedProxies'],
  'a proxy by its host name': [{ agent: { trustedProxies: ['proxy.example'] } }, '/agent/trustedProxies'],
  'a word that no value has': [{ agent: { replica: 3 } }, 'replica'],
  'a typing error in a nested value': [{ networkPolicy: { agent: { ingresFrom: [] } } }, 'ingresFrom'],
  'an id that is none': [{ entra: { tenantId: 'contoso' } }, 'tenantId'],
  'Entra without TLS': [{ entra: { authority: 'http://entra-emulator:7001' } }, 'authority'],
  'a credential type that Entra does not have': [{ sidecar: { credential: { type: 'Password' } } }, '/sidecar/credential/type'],
  'a name of an API that would make no variable': [{ downstreamApis: { 'order-history': { appId: baseValues.entra.tenantId, url: 'https://a.example' } } }, 'order-history'],
}

describe('The chart', () => {
  it.each(Object.entries(mistakes))('refuses bad values in words: %s', async (_name, [values, sentence]) => {
    await expect(renderWith(values)).rejects.toThrow(sentence)
  })

  it('names all faults of the values at once', async () => {
    const values = { entra: { tenantId: '' }, aws: { region }, ingress: { enabled: true } }
    const message = await renderWith(values).then(
      () => '',
      error => error.message,
    )
    for (const sentence of ['entra.tenantId is not set.', 'aws.region is set', 'set ingress.hosts.']) {
      expect(message).toContain(sentence)
    }
  })

  it('refuses clusters without stable native sidecars', async () => {
    const args = ['template', 'demo', chart, '--kube-version', '1.32.0', '--values', '-']
    await expect(run(helmCommands[0] ?? 'helm', args, JSON.stringify(baseValues))).rejects.toThrow('>=1.33.0')
  })
})
