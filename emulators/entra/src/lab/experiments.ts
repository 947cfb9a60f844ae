import { randomUUID } from 'node:crypto'
import * as wellKnown from '@entra-agents/trace/well-known'
import type { FastifyInstance } from 'fastify'
import type { Application } from '../directory/objects.ts'
import type { ConditionalAccessPolicy } from '../directory/policies.ts'
import { findClientByName, findResourceByName, findUserByName } from '../emulator/names.ts'
import type { Entra } from '../entra.ts'
import { type Content, html } from '../sign-in/html.ts'
import { pipeline, tryPipeline } from './pipeline.ts'

/** Takes back what an experiment has changed, and nothing else. */
export type Undo = () => void | Promise<void>

/** A change of the tenant that shows what stops an agent, and what does not. */
export interface Experiment {
  readonly title: string
  /** What to type before the change, if anything. */
  readonly before?: (shell: Shell) => readonly string[]
  /** What the button does. */
  readonly change: string
  readonly setUp: (entra: Entra) => Undo | Promise<Undo>
  /** What to type after the change. */
  readonly after: (shell: Shell) => readonly string[]
  /** One more button, and what to type after it. */
  readonly more?: {
    readonly button: string
    readonly does: string
    /** Whether the button is there before the change, too. */
    readonly isAlways?: true
    readonly act: (app: FastifyInstance, entra: Entra) => Promise<Content>
    readonly after?: (shell: Shell) => readonly string[]
  }
  readonly watch: string
  readonly why: string
  readonly real: string
  readonly back: string
}

// The experiments are for the demo's agents, whose names the seed has.
const agentOf = (entra: Entra) => findClientByName(entra, 'weather-agent')
const apiOf = (entra: Entra) => findResourceByName(entra, 'weather-api')
const applicationOf = (entra: Entra, name: string): Application => findResourceByName(entra, name).application

type Shell = ReturnType<typeof shellFor>

/** Shuts or opens the override gate of the sidecar's emulator. */
const setGate = (state: 'open' | 'shut') =>
  `curl -s -X PATCH localhost:5000/emulator/settings -H 'content-type: application/json' -d '{"ignoresOverrides":${state === 'shut'}}'`

/** The commands of the experiments, for a POSIX shell. */
export function shellFor(entra: Entra) {
  const { appId, id } = applicationOf(entra, 'weather')
  const [pageUrl = 'http://localhost:3001'] = applicationOf(entra, 'page').spa.redirectUris
  const control = `${entra.publicUrl}/emulator`
  const post = (url: string, body: object) =>
    `curl -s ${url} -H 'content-type: application/json' -d '${JSON.stringify(body)}'`
  const keep = (name: string, command: string) =>
    `${name}=$(${command} | node -p 'JSON.parse(fs.readFileSync(0)).access_token')`
  const ask = (flow: string, agent = 'weather') => {
    const body = { message: 'Weather in Dallas?', mode: 'direct', flow, agent }
    return post(`${new URL(pageUrl).origin}/api/chat`, body)
  }
  const signIn = { app: 'page', user: 'ada', scope: `api://${appId}/access_as_user` }
  const agentToken = { client: 'weather-agent', resource: 'weather-api', roles: ['Weather.Read.All'] }
  const graphToken = {
    client: 'set-up',
    resource: 'Microsoft Graph',
    roles: ['AgentIdentityBlueprint.AddRemoveCreds.All'],
  }
  return {
    ask,
    setGate,
    askForAda: `${ask('obo')} -H "authorization: Bearer $TC"`,
    signIn: keep('TC', post(`${control}/sign-in`, signIn)),
    stealFromAgent: keep('TR', post(`${control}/tokens`, agentToken)),
    callApi: (token: 'TC' | 'TR') =>
      `curl -s "localhost:8080/weather?city=Dallas" -H "authorization: Bearer $${token}"`,
    deny: `echo '${JSON.stringify([{ agent: agentOf(entra).id }])}' > deny-list.json && sleep 2`,
    listCredentials: [
      keep('GRAPH', post(`${control}/tokens`, graphToken)),
      `curl -s ${entra.publicUrl}/v1.0/applications/${id}/federatedIdentityCredentials -H "authorization: Bearer $GRAPH"`,
    ],
  }
}

/** By their names in the address. */
export const experiments: Readonly<Record<string, Experiment>> = {
  'gate-shut': {
    title: 'The sidecar does not act as the agent',
    change: 'Consents to the blueprint itself, so that Entra has a token for it.',
    setUp: entra => {
      const grants = entra.directory.content
      const grant = {
        ...{
          id: randomUUID(),
          clientId: findClientByName(entra, 'weather').id,
          resourceId: apiOf(entra).principal.id,
        },
        ...{ consentType: 'AllPrincipals' as const, principalId: null, scope: 'Weather.Read' },
      }
      grants.permissionGrants.push(grant)
      return () => {
        grants.permissionGrants = grants.permissionGrants.filter(one => one !== grant)
      }
    },
    after: ({ setGate, signIn, askForAda }) => [setGate('shut'), signIn, askForAda],
    watch:
      'The agent stops with AGENT_IDENTITY_NOT_HONOURED, although Entra and the sidecar both said yes. Flows shows one request, of the blueprint and without T1.',
    why: 'The sidecar takes the agent’s name from the request only while its override gate is open. The first command shuts the gate of the sidecar’s emulator. Then the sidecar ignores the name and answers 200 with a token of the blueprint. The agent reads whose token it got before it uses it.',
    real: 'Microsoft’s sidecar 1.1.1 does the same when it starts with Sidecar__AllowOverrides__GetAuthorizationHeader=false. Whoever trusts its 200 calls the API as the blueprint, and the API’s log names no agent.',
    back: `Undo takes the consent back. Then open the gate: ${setGate('open')}`,
  },
  'consent-missing': {
    title: 'Nobody consented to the agent acting for users',
    change: 'Takes away every consent for the weather agent at the weather API.',
    setUp: entra => {
      const { directory } = entra
      const [agent, api] = [agentOf(entra).id, apiOf(entra).principal.id]
      const isGone = (one: { clientId: string; resourceId: string }) =>
        one.clientId === agent && one.resourceId === api
      const { permissionGrants: all } = directory.content
      directory.content.permissionGrants = all.filter(one => !isGone(one))
      return () => {
        if (areThere(entra, agent, api)) for (const one of all.filter(isGone)) directory.grant(one)
      }
    },
    after: ({ signIn, askForAda, ask }) => [signIn, askForAda, ask('autonomous')],
    watch:
      'For Ada the agent stops with CONSENT_REQUIRED (AADSTS65001); on the page it waits, since she may consent there. As itself it goes on.',
    why: 'To act for users an agent needs consent to a scope; to act as itself it needs an app role. Neither replaces the other.',
    real: 'Entra refuses with AADSTS65001, too. Whether users may consent to an agent, or administrators only, depends on the tenant.',
    back: 'Undo gives the consents back. Those that were given meanwhile stay.',
  },
  'role-missing': {
    title: 'The agent has no app role',
    change: 'Takes away every app role of the weather agent at the weather API.',
    setUp: entra => {
      const { content } = entra.directory
      const [agent, api] = [agentOf(entra).id, apiOf(entra).principal.id]
      const isGone = (one: { principalId: string; resourceId: string }) =>
        one.principalId === agent && one.resourceId === api
      const gone = content.appRoleAssignments.filter(isGone)
      content.appRoleAssignments = content.appRoleAssignments.filter(one => !isGone(one))
      return () => {
        const has = (role: string) =>
          content.appRoleAssignments.some(one => isGone(one) && one.appRoleId === role)
        if (areThere(entra, agent, api))
          content.appRoleAssignments.push(...gone.filter(one => !has(one.appRoleId)))
      }
    },
    after: ({ ask }) => [ask('autonomous')],
    watch:
      'Entra issues a token all the same, without roles. The weather API refuses it with 403, and the agent says API_FORBIDDEN.',
    why: 'A token says who calls, and its roles say what the caller may. Whether that is enough, the API decides.',
    real: 'The same, unless the API demands an assignment: then Entra refuses with AADSTS501051. Roles that the blueprint hands down stay.',
    back: 'Undo assigns the roles again.',
  },
  'wrong-audience': {
    title: 'The token is for another API',
    change: 'Moves the weather API’s identifier URI to another application, the page.',
    setUp: entra => {
      const [api, page] = [apiOf(entra).application, applicationOf(entra, 'page')]
      const moved = api.identifierUris
      const isMoved = (uri: string) => moved.includes(uri)
      api.identifierUris = []
      page.identifierUris = [...page.identifierUris, ...moved]
      return () => {
        page.identifierUris = page.identifierUris.filter(uri => !isMoved(uri))
        api.identifierUris = [...new Set([...moved, ...api.identifierUris])]
      }
    },
    after: ({ ask }) => [ask('autonomous')],
    watch:
      'Entra issues a token whose aud is the page. The agent stops with SIDECAR_MISCONFIGURED, and the weather API sees no request.',
    why: 'The sidecar asks for an identifier URI, and Entra decides whose it is. The agent compares aud with the API’s client id before it sends the token anywhere.',
    real: 'Identifier URIs are unique in a tenant, and who may change applications can move one. An API that did not check aud would take a token that was meant for another.',
    back: 'Undo gives the URI back to the weather API.',
  },
  'stolen-token': {
    title: 'A user’s token is stolen and replayed',
    before: ({ signIn, askForAda, callApi }) => [signIn, askForAda, callApi('TC')],
    change: 'Disables Ada’s account and revokes her sessions.',
    setUp: entra => {
      const ada = findUserByName(entra, 'ada')
      const { accountEnabled = true } = ada
      ada.accountEnabled = false
      entra.revokeSessions(ada.id)
      return () => {
        ada.accountEnabled = accountEnabled
      }
    },
    after: ({ askForAda }) => [askForAda],
    watch:
      'Before the change, the agent answers whoever has Ada’s token (Tc), and the weather API refuses it, since it is for the blueprint. After it, the agent gets no token for Ada: USER_TOKEN_INVALID (AADSTS50057).',
    why: 'Tc is a bearer token: having it is enough, and it is valid until it expires. But it opens one door only. Each token for an API is a new exchange, which Entra can refuse.',
    real: 'Revoked sessions alone do not end a Tc; a disabled account ends the exchange. Conditional Access sees where the user is, not where the agent is. A token that the API has got before stays valid.',
    back: 'Undo enables the account. Ada signs in again.',
  },
  'key-rotation': {
    title: 'Entra signs with a new key',
    before: ({ signIn, askForAda }) => [signIn, askForAda],
    change: 'Signs with a new key. The former one stays published for an hour.',
    setUp: async ({ keys }) => {
      const former = await keys.current()
      const fresh = await keys.rotate(3_600)
      return async () => {
        if ((await keys.current()) === fresh) await keys.signWith(former, 3_600)
      }
    },
    after: ({ ask, askForAda }) => [ask('autonomous'), askForAda],
    watch:
      'Nothing stops. Controls lists two keys. A token that you forge names the new one in its header (kid); Ada’s token and the T1 in the sidecar’s cache still have the former. Once that is taken away, Entra refuses the T1 (AADSTS700027), and the agent stops with FEDERATION_MISMATCH.',
    why: 'Whoever meets a token of an unknown key reads the published keys again, so nobody has to be told. Tokens of the former key are valid for as long as it is published.',
    real: 'Entra does the same, at times of its own choice. It takes a key away while tokens of it live only in an emergency: then agents stop until the sidecar is restarted or its T1 expires, and users have to sign in again.',
    back: 'Undo signs with the former key again, also if it was taken away, so that what Ada and the sidecar have is valid. The new one stays published for an hour, for the tokens that it has signed.',
    more: {
      button: 'Take the former key away',
      does: 'Publishes the new key only, as if the hour were over. Tokens of the former key are refused from now on.',
      act: async (_app, { keys }) => {
        await keys.withdrawOthers()
        const [kid] = (await keys.published()).map(one => one.kid)
        return html`<p>Only the key <code>${kid}</code> is published. Whoever has a token of the former key, such as the sidecar its T1 and Ada her Tc, has to get another one.</p>`
      },
      after: ({ ask }) => [ask('autonomous')],
    },
  },
  'agent-disabled': {
    title: 'The agent is disabled',
    before: ({ stealFromAgent }) => [
      "echo '[]' > deny-list.json",
      'WEATHER_DENY_LIST=deny-list.json npm run demo',
      stealFromAgent,
    ],
    change: 'Disables the weather agent in Entra.',
    setUp: entra => {
      const agent = agentOf(entra)
      const { accountEnabled } = agent
      agent.accountEnabled = false
      return () => {
        agent.accountEnabled = accountEnabled
      }
    },
    after: ({ ask, callApi, deny }) => [
      ask('autonomous'),
      callApi('TR'),
      deny,
      callApi('TR'),
      ask('autonomous', 'trainee'),
    ],
    watch:
      'The agent stops with AGENT_DISABLED (AADSTS7000112). A token from before (TR) still gets the weather, until the deny list has the agent: a second later the API says WEATHER_DENIED. The trainee agent still gets its tokens; it lacks a right, as always.',
    why: 'Entra refuses new tokens and cannot take back those that it has issued, since an API only checks signature and claims. The deny list is what the API asks besides.',
    real: 'The same, but a change takes time to spread, and a token lives for an hour or more. On Kubernetes, agentctl entra disable --deny-list does both at once.',
    back: "Undo enables the agent. Then empty the list: echo '[]' > deny-list.json && sleep 2",
  },
  'risky-agent': {
    title: 'One agent is at risk, its sibling is not',
    change: 'Says that the weather agent is compromised, and adds a policy that blocks agents at high risk.',
    setUp: entra => {
      const { content } = entra.directory
      const agent = agentOf(entra).id
      const policy: ConditionalAccessPolicy = {
        id: randomUUID(),
        displayName: 'Block agents at high risk',
        state: 'enabled',
        conditions: {
          clientApplications: { includeAgentIdServicePrincipals: ['All'] },
          applications: { includeApplications: ['All'] },
          agentIdRiskLevels: 'high',
        },
        grantControls: { operator: 'OR', builtInControls: ['block'] },
      }
      content.conditionalAccessPolicies.push(policy)
      entra.risks.act(agent, 'confirmCompromised', 0)
      return () => {
        content.conditionalAccessPolicies = content.conditionalAccessPolicies.filter(
          ({ id }) => id !== policy.id,
        )
        if (entra.risks.of(agent)?.riskState === 'confirmedCompromised')
          entra.risks.act(agent, 'confirmSafe', 0)
      }
    },
    after: ({ ask, signIn, askForAda }) => [
      ask('autonomous'),
      ask('autonomous', 'trainee'),
      signIn,
      askForAda,
    ],
    watch:
      'As itself the weather agent stops with CONDITIONAL_ACCESS_REQUIRED (AADSTS53003, blockedByPolicy). The trainee agent still gets its token; it lacks a right, as always. For Ada the weather agent goes on.',
    why: 'A policy looks at whom the token is about: as itself that is the agent, on behalf of a user it is the user. T1 is never judged, so that Flows shows it issued and TR refused. Without the policy, the risk stops nobody.',
    real: 'Entra says 53003, too. It finds risk offline, after a time that is not published, and puts the risk of what an agent does for a user on the user. A token from before stays valid. To stop all of it, disable the agent.',
    back: 'Undo removes the policy and says that the agent is safe.',
  },
  'wrong-clock': {
    title: 'Entra’s clock is ten minutes ahead',
    change: 'Sets the emulator’s clock ten minutes ahead of the services’.',
    setUp: ({ settings }) => {
      const { clockOffsetSeconds: former } = settings.current
      const clockOffsetSeconds = former + 600
      settings.change({ clockOffsetSeconds })
      return () => {
        if (settings.current.clockOffsetSeconds === clockOffsetSeconds)
          settings.change({ clockOffsetSeconds: former })
      }
    },
    after: ({ ask }) => [ask('autonomous')],
    watch:
      'Entra issues tokens as ever. The weather API refuses them (lifetime), and the agent says API_TOKEN_REJECTED, with the hint to check the clocks.',
    why: 'Entra dates a token five minutes back, so that a clock that is a little slow does no harm. Ten minutes are more than that and the minute that the API allows.',
    real: 'Entra’s clock is right. It is a node without NTP that is ten minutes slow, with the same result for the APIs on it; tokens that the sidecar signs itself are refused by Entra (AADSTS700024).',
    back: 'Undo sets the clock back. The next question gets a token with the right time.',
  },
  'foreign-credential': {
    title: 'Somebody adds a federated credential',
    before: ({ listCredentials }) => listCredentials,
    change: 'Adds a federated credential to the blueprint, for a pipeline of somebody else.',
    setUp: entra => {
      const blueprint = applicationOf(entra, 'weather')
      const added = {
        ...{ id: randomUUID(), name: 'pipeline', ...pipeline },
        ...{ audiences: [wellKnown.tokenExchangeUri], description: null },
      }
      blueprint.federatedIdentityCredentials.push(added)
      return () => {
        const { federatedIdentityCredentials: all } = blueprint
        blueprint.federatedIdentityCredentials = all.filter(one => one !== added)
      }
    },
    after: ({ listCredentials, ask }) => [...listCredentials, ask('autonomous')],
    watch:
      'The agent goes on as before, and no token says anything. Only the list of the blueprint’s credentials has one more. But the pipeline gets a token of each agent, with all its rights, and of its user account, also while the agents run; before the change and after Undo Entra answers AADSTS70021.',
    why: 'Whoever has a credential of the blueprint gets T1 for each of its agents, from anywhere. That needs no secret and leaves the agent’s own credential alone.',
    real: 'The audit log has a row Update application that names FederatedIdentityCredentials. agentctl entra blast-radius compares the credentials with the cluster and names who may add one.',
    back: 'Undo removes the credential. A T1 that was got with it would be valid for an hour more.',
    more: {
      button: 'Ask Entra as the pipeline',
      does: 'Sends Entra a token of the pipeline’s own issuer as the blueprint’s credential, and shows what Entra answers, for each agent of the blueprint. Try it before the change, after it, and after Undo.',
      isAlways: true,
      act: tryPipeline,
    },
  },
}

function areThere({ directory }: Entra, ...ids: readonly string[]): boolean {
  return ids.every(id => directory.principalById(id))
}
