// What the chart makes of values: golden texts, in which each field of each object is a line.

import { describe, expect, it } from 'vitest'
import { identities } from '../support/identities.ts'
import { needs } from '../support/programs.ts'
import { describeChanges } from './support/changes.ts'
import { baseValues, merge, type Values, valuesAt } from './support/render.ts'

needs('helm')

const region = 'eu-central-1'
const otherId = '99999999-0000-4000-8000-000000000009'
const api = { appId: otherId, egress: [{ to: [{ namespaceSelector: {} }] }] }
const notes = { appId: otherId, url: 'https://notes.example.com/mcp', allowedTools: ['get_note', 'add_note'] }
const { agentId, agentUserId, alertsAgentId, traineeAgentId } = identities
const spa = { 'entra.spaAppId': 'dddddddd-0000-4000-8000-00000000000d' }
const ingress = {
  ...spa,
  ingress: { enabled: true, hosts: ['agent.example.com'], tls: { secretName: 'tls' } },
  'networkPolicy.agent.ingressFrom': [{ namespaceSelector: {} }],
}
const twoAgents = {
  ...spa,
  'entra.agentClientId': '',
  'agents.alerts': { title: 'Alerts agent', clientId: alertsAgentId, flows: ['obo'], apis: ['weather-api'] },
  'agents.weather': {
    title: 'Weather agent',
    description: 'Reads.',
    clientId: agentId,
    requireSignIn: true,
  },
  defaultAgent: 'weather',
}
const exposed = { 'agent.allowedHosts': ['agent.example.com'] }
const open = { 'agents.weather.requireSignIn': false }
const asUser = {
  'agents.weather.agentUser.objectId': agentUserId,
  'agents.weather.flows': ['agent-user'],
}
const sealed = { 'approval.existingSecret': 'agent-seal-keys' }
const onePod = { 'agent.replicas': 1 }
const alertsOn = {
  ...onePod,
  'weatherApi.replicas': 1,
  'weatherApi.alerts': { enabled: true, volume: { size: '1Gi' } },
}
const proxy = { 'proxy.https': 'http://10.9.8.7:3128' }

/** Values by their paths, over the fewest possible values. */
// biome-ignore format: table
const changes: Readonly<Record<string, Readonly<Record<string, Values>>>> = {
  sidecar: {
    'on loopback only': { 'sidecar.loopbackOnly': true },
    'of any architecture': { 'sidecar.image.arch': '' },
    'of another image': { 'sidecar.image': { repository: 'registry.example/sidecar', digest: `sha256:${'0'.repeat(64)}` }, 'sidecar.args': ['main.mjs'] },
    'with a setting of its own': { 'sidecar.env': { AzureAd__SendX5C: true } },
  },
  credentials: {
    'a key vault, by a managed identity': { 'sidecar.credential': { type: 'KeyVault', keyVault: { url: 'https://v.vault.azure.net', certificateName: 'b', managedIdentityClientId: otherId } } },
    'secrets among the values': { 'sidecar.credential': { type: 'ClientSecret', clientSecret: { value: 'one' } }, aws: { region, auth: 'staticKeys', staticKeys: { accessKeyId: 'AKIA', secretAccessKey: 'two', sessionToken: 'three' } } },
  },
  agents: {
    'two agents': twoAgents,
    'two agents, one of which has a user account': { ...twoAgents, 'agents.alerts.agentUser.objectId': agentUserId, 'agents.alerts.flows': ['agent-user'] },
    'two agents, of which the weather API allows one': { ...twoAgents, 'weatherApi.allowedCallers': [agentId, traineeAgentId] },
    'an agent for everybody on an exposed page': { ...twoAgents, ...exposed, ...open },
    'an agent for everybody behind kubectl port-forward': { ...twoAgents, ...open },
    'an agent for users on an exposed page': { ...twoAgents, ...exposed },
    'a user account for everybody on an exposed page': { ...twoAgents, ...exposed, ...open, ...asUser },
    'a user account for users on an exposed page': { ...twoAgents, ...exposed, ...asUser },
  },
  approval: {
    'a Secret with the keys that seal': { ...sealed, 'approval.key': 'keys' },
    'no consent in turns': { 'approval.consentFromTurns': 'never' },
    'a page where users consent': { ...ingress, ...sealed },
    'MCP tools that wait, in one pod': { ...onePod, 'mcpServers.notes': notes },
    'MCP tools that wait, in several pods': { ...sealed, 'mcpServers.notes': notes },
    'MCP tools that never wait': { 'mcpServers.notes': { ...notes, readOnlyTools: notes.allowedTools } },
    'MCP tools without a user': { 'mcpServers.notes': { ...notes, flows: ['autonomous'] } },
    'alerts in one pod': { ...alertsOn },
    'alerts without a user': { ...alertsOn, 'weatherApi.alerts.unattendedTools': ['create_alert', 'delete_alert'] },
    'alerts on a volume that exists': { ...sealed, 'weatherApi.replicas': 1, 'weatherApi.alerts': { enabled: true, volume: { existingClaim: 'mine' } } },
    'what alerts would need, while they are off': { 'weatherApi.alerts.authContext': 'c1' },
  },
  'sign-in': {
    'an Ingress': ingress,
    'an HTTPRoute': { ...spa, httpRoute: { enabled: true, hostnames: ['agent.example.com'], parentRefs: [{ name: 'public', sectionName: 'https' }] }, 'networkPolicy.agent.ingressFrom': [{ namespaceSelector: {} }] },
    'a Route of OpenShift': { ...spa, route: { enabled: true, host: 'agent.apps.example.com' }, 'networkPolicy.agent.ingressFrom': [{ namespaceSelector: {} }] },
    'a Service with an address outside the cluster': { ...spa, 'agent.service.type': 'LoadBalancer', 'networkPolicy.agent.ingressFrom': [{ ipBlock: { cidr: '2600:1f13::/32' } }] },
    'a route of one’s own, by its host name': { ...spa, ...exposed },
    'a route of one’s own, by the setting': { ...spa, 'agent.env': { ALLOWED_HOSTS: 'localhost, agent.example.com' } },
    'other names of the same machine': { ...spa, 'agent.env': { ALLOWED_HOSTS: 'localhost,[::1]' } },
    'an exposed page for everybody': { ...exposed, 'agent.requireSignIn': false },
    'an exposed page and its trace for everybody': { ...exposed, 'agent.requireSignIn': false, 'agent.traceFor': 'everyone' },
    'an exposed trace for nobody': { ...spa, ...exposed, 'agent.traceFor': 'nobody' },
    'an exposed trace for every user': { ...spa, ...exposed, 'agent.traceFor': 'everyone' },
    'an exposed page for another client': { ...exposed, 'agent.env': { ALLOWED_CLIENTS: otherId } },
    'sign-in without an Ingress': { ...spa, 'agent.requireSignIn': true, 'agent.traceFor': 'signed-in' },
  },
  settings: {
    'settings of one’s own': { 'agent.env': { LOG_LEVEL: 'trace', RATE_LIMIT_PER_MINUTE: 1_000_000, PRICE: '$5, $$6, $(PORT)' } },
    'a provider of the weather': { 'weatherApi.provider': 'climate-normals' },
    'a public weather API': { 'weatherApi.publicUrl': 'https://weather.example.com/mcp' },
    'a weather API elsewhere': { 'weatherApi.enabled': false, 'downstreamApis.weather.url': 'https://weather.example.com' },
    'a weather API that believes any token': { 'weatherApi.debug.skipSignature': true },
    'further certificate authorities': { 'extraCaCertificates.configMap': 'company-ca' },
    'a deny list': { 'denyList.configMap': 'denied-agents' },
    'proxies in front of the page': { 'agent.trustedProxies': ['10.244.7.0/24', '10.1.0.0/16', '192.168.0.7', '104.16.0.0/13', '2400:cb00::/32', 'fd12:3456:789a::/64', '::1'] },
    'a forward proxy': { ...proxy, 'proxy.noProxy': ['intranet.example'], 'downstreamApis.orders': { ...api, url: 'http://orders.shop:8081' }, 'downstreamApis.bills': { appId: otherId, url: 'https://bills.example' } },
    'a forward proxy with a password': { ...proxy, 'proxy.existingSecret': 'proxy-url' },
    'a forward proxy with an IPv6 address': { 'proxy.https': 'http://[fd12:3456:789a::7]:3128' },
    'a forward proxy for http, at the port of http': { 'proxy.http': 'http://10.9.8.7' },
  },
  availability: {
    'a budget of a turn that is off': { 'agent.turnInputTokens': 0 },
    'longer turns': { 'agent.turnTimeoutSeconds': 300, 'agent.turnInputTokens': 2_000_000, preStopSleepSeconds: 20 },
    'one pod of each': { ...onePod, 'weatherApi.replicas': 1 },
    'an autoscaler': { ...onePod, 'agent.autoscaling.enabled': true },
    'IPv4 only': { listenAddress: '0.0.0.0' },
    'IPv4 and IPv6 by the Services': { 'agent.service.ipFamilyPolicy': 'PreferDualStack', 'weatherApi.service.ipFamilyPolicy': 'PreferDualStack' },
    'labels of one’s own': { commonLabels: { 'cost-centre': '42', team: 'platform' }, 'agent.podLabels': { team: 'agents' } },
    'ServiceAccounts that exist': { 'agent.serviceAccount': { create: false, name: 'existing' }, 'weatherApi.serviceAccount': { create: false, name: 'existing' } },
    'addresses that are not the internet either': { 'networkPolicy.internetExcept': ['203.0.113.0/24', '0.0.7.0/24', '2600:1f13::/32'] },
    'no internet': { 'networkPolicy.internet': false },
    'DNS anywhere': { 'networkPolicy.dns': 'any' },
    'DNS of OpenShift': { 'networkPolicy.dns': 'openshift' },
    'DNS of AKS': { 'networkPolicy.dns': 'aksLocalDns' },
  },
  telemetry: {
    'traces': { telemetry: { endpoint: 'http://otel-collector.observability.svc:4318', headersSecret: 'collector', samplingRatio: 0.25, resourceAttributes: { 'deployment.environment.name': 'test, the second' }, egress: [{ to: [{ podSelector: { matchLabels: { app: 'otel-collector' } } }], ports: [{ port: 4318, protocol: 'TCP' }] }] } },
    'traces to a public address': { 'telemetry.endpoint': 'https://otel.example.com' },
    'alerts and dashboard': { prometheusRule: { enabled: true, labels: { release: 'prometheus' } }, grafanaDashboard: { enabled: true } },
  },
}

const topics = Object.entries(changes).map(([topic, cases]) => {
  const options = (paths: Values) => ({ values: merge(baseValues, valuesAt(paths)) })
  return [topic, Object.entries(cases).map(([what, paths]) => [what, options(paths)] as const)] as const
})

// Many renderings take long on a busy machine.
describe.each(topics)('The values in %s.txt', { timeout: 180_000 }, (topic, cases) => {
  it('change of a release what the golden text says, and make only settings that the services read', async () => {
    await expect(describeChanges(cases)).resolves.toMatchFileSnapshot(`releases/${topic}.txt`)
  })
})
