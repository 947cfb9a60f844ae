import { readFileSync } from 'node:fs'
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime'
import type { PausedResponse } from '@entra-agents/trace'
import * as wellKnown from '@entra-agents/trace/well-known'
import { requestCustomToken } from '../../../emulators/entra/src/testing/requests.ts'
import { region } from '../../contract/bedrock/emulated-aws.ts'
import { answer, ScriptedBedrock, toolBlock, toolStep } from '../../contract/bedrock/scripted-bedrock.ts'
import { assumeRole, roleArn } from '../../contract/bedrock/web-identity.ts'
import { identities } from '../../support/identities.ts'
import { postJson } from '../../support/post-json.ts'
import { blueprintSecret, users, type WatchedSystem } from './watched-system.ts'

type Attack = (system: WatchedSystem) => Promise<void>

const { agentId, blueprintAppId, weatherAppId } = identities
const jwtBearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const exchange = 'api://AzureADTokenExchange/.default'
const graphScope = `${wellKnown.graphUri}/.default`
const weatherScope = `api://${weatherAppId}/.default`

/** How the blueprint authenticates for somebody who has read the pod's token. */
function asPod({ podTokens }: WatchedSystem) {
  return {
    client_assertion_type: jwtBearer,
    client_assertion: readFileSync(podTokens.entra.tokenFile, 'utf8'),
  }
}

function asBlueprint(system: WatchedSystem, credential: Readonly<Record<string, string>>, form: object) {
  return system.token({ client_id: blueprintAppId, grant_type: 'client_credentials', ...credential, ...form })
}

/** A token of the agent that the agent did not ask for. */
async function stolenToken(system: WatchedSystem, scope: string): Promise<string> {
  const t1 = await asBlueprint(system, asPod(system), { scope: exchange, fmi_path: agentId })
  const credential = { client_assertion_type: jwtBearer, client_assertion: t1 }
  return system.token({ client_id: agentId, grant_type: 'client_credentials', scope, ...credential })
}

async function callWeather({ stack }: WatchedSystem, authorization: string): Promise<void> {
  const { status } = await fetch(`${stack.weatherUrl}/weather?city=Oslo`, { headers: { authorization } })
  if (status !== 200) throw new Error(`The weather API answers ${status}.`)
}

/** A turn in which the model calls a tool to change something, which the user denies. */
async function denyChange(system: WatchedSystem, user: string, celsius: number): Promise<void> {
  // What a poisoned page makes the model do, whatever the user asks.
  const input = { city: 'Oslo', when: { kind: 'temperature-below', celsius }, untilDate: inAWeek() }
  const create = { tool: 'create_alert', input }
  system.aws.app.controls.settings.change({
    script: [{ tool: 'get_weather', input: { city: 'Oslo' } }, create, 'Done.'],
  })
  const token = await system.stack.signIn(user)
  const asked = { mode: 'bedrock', flow: 'obo' }
  const paused = await system.post('/api/chat', { ...asked, message: 'What is the weather in Oslo?' }, token)
  const { calls, continuation } = (await paused.json()) as PausedResponse
  const decisions = calls.map(({ callId, digest }) => ({ callId, digest, decision: 'deny' }))
  const decided = await system.post('/api/chat/continue', { ...asked, continuation, decisions }, token)
  if (decided.status !== 200) throw new Error(await decided.text())
}

const inAWeek = () => new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10)

/** Attacks, each with the one rule that has to find it. */
export const attacks: readonly (readonly [what: string, rule: string, act: Attack])[] = [
  [
    'somebody lets a foreign cluster sign in as the blueprint',
    'blueprint-credential-changed',
    async system => {
      const issuer = 'https://cluster.attacker.example'
      const credential = { name: 'cluster', issuer, subject: 'system:serviceaccount:default:default' }
      const path = `/applications/${blueprintAppId}/federatedIdentityCredentials`
      await system.graph('POST', path, { ...credential, audiences: ['api://AzureADTokenExchange'] })
    },
  ],
  [
    'somebody adds a secret to the blueprint',
    'blueprint-credential-changed',
    async system => {
      await system.graph('POST', `/applications/${blueprintAppId}/addPassword`, {})
    },
  ],
  [
    'somebody signs in as the blueprint by a secret that everybody had forgotten',
    'unknown-credential-used',
    async system => {
      await asBlueprint(system, { client_secret: blueprintSecret }, { scope: exchange, fmi_path: agentId })
    },
  ],
  [
    'an agent gets the app role to change alerts',
    'right-added',
    async system => {
      const [api] = (await system.graph('GET', `/servicePrincipals?$filter=appId eq '${weatherAppId}'`)).value
      const { id: appRoleId } = api.appRoles.find(
        ({ value }: { value: string }) => value === 'Alerts.ReadWrite.All',
      )
      const role = { principalId: agentId, resourceId: api.id, appRoleId }
      await system.graph('POST', `/servicePrincipals/${agentId}/appRoleAssignments`, role)
    },
  ],
  [
    'somebody with the pod’s token makes an agent of their own',
    'agent-created',
    async system => {
      // At Entra the blueprint gets such a token by its credential; the emulator issues it here only.
      const order = {
        client: blueprintAppId,
        resource: wellKnown.graphUri,
        roles: ['AgentIdentity.Create.All'],
      }
      const token = await requestCustomToken({ url: system.stack.entraUrl }, order)
      const sponsor = `https://graph.microsoft.com/v1.0/users/${users[0]}`
      const agent = {
        displayName: 'Helper',
        agentIdentityBlueprintId: blueprintAppId,
        'sponsors@odata.bind': [sponsor],
      }
      await system.graph('POST', '/servicePrincipals/microsoft.graph.agentIdentity', agent, token)
    },
  ],
  [
    'somebody with the pod’s token looks around in Graph as the agent',
    'agent-at-new-api',
    async system => {
      await stolenToken(system, graphScope)
    },
  ],
  [
    'somebody with the pod’s token calls the weather API as the agent',
    'token-not-asked-for',
    async system => callWeather(system, `Bearer ${await stolenToken(system, weatherScope)}`),
  ],
  [
    'somebody uses a token that they saw at the API after the agent was switched off',
    'used-after-disable',
    async system => {
      let seen = ''
      const { server } = system.stack.appOf('weather')
      // The agent also asks the API's health, without a token.
      server.on('request', ({ headers }) => {
        seen ||= headers.authorization ?? ''
      })
      await system.post('/api/chat', { message: 'Weather in Oslo?', mode: 'direct', flow: 'autonomous' })
      await system.graph('PATCH', `/servicePrincipals/${agentId}`, { accountEnabled: false })
      await callWeather(system, seen)
    },
  ],
  [
    'a page makes the model ask one user for change after change',
    'changes-denied',
    async system => {
      for (const celsius of [-1, -2, -3]) await denyChange(system, users[0] ?? '', celsius)
    },
  ],
  [
    'a page makes the model ask two users for the same change',
    'changes-denied',
    async system => {
      for (const user of users.slice(0, 2)) await denyChange(system, user, -4)
    },
  ],
  [
    'a page makes the model call a tool that this turn does not have',
    'call-outside-rights',
    async ({ stack }) => {
      const bedrock = new ScriptedBedrock()
      await bedrock.start()
      bedrock.play(toolStep(toolBlock(0, 'call_1', 'delete_alert', '{"id":"1"}')), answer('Done.'))
      const agent = await stack.startReplica({ AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrock.url })
      const asked = { message: 'What is the weather in Oslo?', mode: 'bedrock', flow: 'autonomous' }
      await postJson(`${agent}/api/chat`, asked)
      await bedrock.close()
    },
  ],
  [
    'a page makes the model call a tool for which the agent has no right',
    'call-outside-rights',
    async system => {
      system.aws.app.controls.settings.change({ script: [{ tool: 'list_alerts' }, 'Done.'] })
      const asked = { message: 'What is the weather in Oslo?', mode: 'bedrock', flow: 'autonomous' }
      await system.post('/api/chat', asked)
    },
  ],
  [
    'somebody with the pod’s token uses the model for themselves',
    'model-call-without-turn',
    async ({ aws, podTokens }) => {
      const WebIdentityToken = readFileSync(podTokens.aws.tokenFile, 'utf8')
      const { credentials } = await assumeRole(aws.url, { RoleArn: roleArn, WebIdentityToken })
      const client = new BedrockRuntimeClient({ region, endpoint: aws.url, credentials, maxAttempts: 1 })
      const messages = [{ role: 'user' as const, content: [{ text: 'Hello!' }] }]
      await client.send(new ConverseCommand({ modelId: 'eu.anthropic.claude-haiku-5-5', messages }))
      client.destroy()
    },
  ],
]
