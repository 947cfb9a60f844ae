import type { DirectCall, Toolset } from '@entra-agents/approval'
import { type Blueprint, mayUseApi, offeredFlows } from '@entra-agents/identity/core'
import { type ExampleCall, needsUser, PublicConfig } from '@entra-agents/trace'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Config } from '../config.ts'

export interface ConfigRouteOptions {
  readonly config: Config
  readonly toolsets: readonly Toolset[]
}

/** `GET /api/config`: what the page may know. Public ids only. */
export const configRoute: FastifyPluginAsyncTypebox<ConfigRouteOptions> = async (
  app,
  { config, toolsets },
) => {
  const publicConfig = describeConfig(config, toolsets)
  const schema = { summary: 'What the page may know', response: { 200: PublicConfig } }
  app.get('/api/config', { schema }, async () => publicConfig)
}

function describeConfig(config: Config, toolsets: readonly Toolset[]): PublicConfig {
  const { blueprint, blueprintCredential, agents, spaClientId, bedrock, comparison } = config
  const { traceFor, traceLinks, emulated } = config
  const { tenantId, blueprintAppId } = blueprint
  const apis = toolsets.map(({ api }) => ({ name: api.name, title: api.title, appId: api.appId }))
  const hasModel = !('missing' in bedrock)
  const isAskable = comparison && hasModel && (spaClientId !== undefined || !needsUser(comparison.flow))
  return {
    tenantId,
    ...describeAuthority(blueprint),
    spaClientId: spaClientId ?? null,
    scopes: [`api://${blueprintAppId}/access_as_user`],
    modes: hasModel ? ['direct', 'bedrock'] : ['direct'],
    flows: [...offeredFlows(agents[0], spaClientId)],
    agents: agents.map(agent => ({
      name: agent.name,
      title: agent.title ?? 'Agent',
      ...(agent.description === undefined ? {} : { description: agent.description }),
      clientId: agent.clientId,
      flows: [...offeredFlows(agent, spaClientId)],
      apis: apis.filter(api => mayUseApi(agent, api)).map(({ name }) => name),
      ...(agent.changes ? { changes: [...agent.changes] } : {}),
      requireSignIn: agent.requireSignIn ?? config.requireSignIn,
      ...(agent.withoutRights ? { withoutRights: true } : {}),
    })),
    blueprintCredential,
    requireSignIn: agents[0].requireSignIn ?? config.requireSignIn,
    traceFor,
    ...traceLinks,
    apis,
    names: {
      [tenantId]: 'this tenant',
      [blueprintAppId]: 'blueprint',
      ...Object.fromEntries(agents.map(({ clientId, title = 'agent identity' }) => [clientId, title])),
      ...Object.fromEntries(
        agents.flatMap(({ agentUserId, title = 'the agent' }) =>
          agentUserId === undefined ? [] : [[agentUserId, `user account of ${title}`]],
        ),
      ),
      // If several APIs share an application, the application has the name of the first API.
      ...Object.fromEntries(apis.toReversed().map(({ appId, title }) => [appId, title])),
      ...(spaClientId === undefined ? {} : { [spaClientId]: 'this page' }),
    },
    examples: toolsets.flatMap(({ examples }) => examples),
    userExamples: toolsets.flatMap(({ userExamples = [] }) => userExamples),
    modelExamples: toolsets.flatMap(({ modelExamples = [] }) => modelExamples),
    exampleCalls: toolsets.flatMap(toolset =>
      [...toolset.examples, ...(toolset.userExamples ?? [])].flatMap(question => callOf(toolset, question)),
    ),
    ...(isAskable && { comparison }),
    emulated: [...emulated],
  }
}

/** What a question leads to, as direct mode understands it: without a model, nothing else is known before the question is asked. */
function callOf(toolset: Toolset, question: string): readonly ExampleCall[] {
  const call = recognise(toolset, question)
  if (!call) return []
  const { name, permissions, authenticationContexts } = call.api
  const waits = call.change !== undefined
  return [
    {
      question,
      api: name,
      ...(permissions ? { permissions } : {}),
      waits,
      wantsProof: waits && authenticationContexts?.length !== 0,
    },
  ]
}

function recognise({ direct }: Toolset, question: string): DirectCall | undefined {
  try {
    return direct?.recognise(question)
  } catch {
    // Direct mode understands the question as unclear.
    return undefined
  }
}

/**
 * MSAL.js refuses an authority that is not https. It asks Microsoft about an authority that it does not know, unless the
 * page passes the endpoints. So for an emulator on loopback the page gets the endpoints, and for an
 * emulator on plain http an https authority, which MSAL.js never fetches.
 */
function describeAuthority({ authority, tenantId }: Blueprint) {
  const { protocol, hostname } = new URL(authority)
  const base = `${authority}/${tenantId}`
  const isLoopback = protocol === 'http:' || /(^|\.)localhost$/.test(hostname)
  if (!isLoopback) return { authority: base }
  return {
    authority: protocol === 'https:' ? base : `https://login.localhost/${tenantId}`,
    authorityMetadata: JSON.stringify({
      issuer: `${base}/v2.0`,
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      token_endpoint: `${base}/oauth2/v2.0/token`,
      end_session_endpoint: `${base}/oauth2/v2.0/logout`,
      jwks_uri: `${base}/discovery/v2.0/keys`,
    }),
  }
}
