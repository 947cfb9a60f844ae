import { readFileSync } from 'node:fs'
import { setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net'
import { buildApp } from '@entra-agents/agent/app'
import type { Config } from '@entra-agents/agent/config'
import { timing } from '@entra-agents/agent/timing'
import { toolsetsOf } from '@entra-agents/approval'
import { type AgentIdentity, offeredFlows } from '@entra-agents/identity/core'
import { isProxied, readProxy, type Variables } from '@entra-agents/service-kit'
import { type ChatResponse, needsUser, type Problem } from '@entra-agents/trace'
import { bedrockChecks } from './bedrock.ts'
import { readConfiguration, secretCheck } from './configuration.ts'
import { portCheck } from './demo.ts'
import { entraChecks } from './entra.ts'
import { type Check, examine, type Finding, type Watch } from './finding.ts'
import { nameChecks } from './names.ts'
import { proxyChecks } from './proxy.ts'
import { explainScope, sidecarChecks } from './sidecar.ts'
import { signInChecks } from './sign-in.ts'
import { type AskAgent, turnChecks } from './turns.ts'
import { waitingTools, waitingToolsCheck } from './waiting-tools.ts'

export interface LaptopOptions {
  /** Tc, for acting on behalf of a user. */
  readonly userToken?: string | undefined
  /** The page’s origin as browsers see it. Default: localhost with the agent’s port. */
  readonly page?: string | undefined
  readonly watch?: Watch | undefined
  /** How many times longer than usual turns, and all checks together, may take. */
  readonly patience?: number
}

// All checks begin at once, and keep this process busy for longer than Node's 250 ms for one address of a host.
setDefaultAutoSelectFamilyAttemptTimeout(1_000)

/** Checks everything that an agent with this environment would depend on. The agent itself need not run. */
export async function examineLaptop(
  env: Variables,
  options: LaptopOptions = {},
): Promise<readonly Finding[]> {
  let config: Config | undefined
  const configuration: Check = {
    name: 'configuration',
    async run() {
      config = await readConfiguration(env)
      const { blueprintAppId, tenantId } = config.blueprint
      const agents = config.agents.map(({ clientId }) => clientId).join(', ')
      return `Agent ${agents} of blueprint ${blueprintAppId} in tenant ${tenantId}.`
    },
  }
  const first = await examine([configuration])
  return config === undefined ? first : [...first, ...(await examineWith(config, env, options))]
}

async function examineWith(
  config: Config,
  env: Variables,
  { userToken, page = `http://localhost:${config.port}`, watch, patience = 1 }: LaptopOptions,
): Promise<readonly Finding[]> {
  const { blueprint, agents, spaClientId, toolsets, bedrock } = config
  // Turns run as in the agent, but need no sign-in and always show the trace.
  const open = { allowedHosts: ['*'], requireSignIn: false, traceFor: 'everyone' } as const
  // So short that no fault costs more than 10 s, but longer for a connection: the checks keep this process busy.
  const limits = {
    sidecarConnectMs: 3_000 * patience,
    sidecarSilenceMs: timing.sidecarSilenceMs * patience,
    tokenDeadlineMs: 6_500 * patience,
    apiCallMs: 5_500 * patience,
  }
  const [first, ...others] = agents
  const withoutSignIn = (agent: AgentIdentity) => ({ ...agent, requireSignIn: false })
  const app = await buildApp(
    { ...config, ...open, agents: [withoutSignIn(first), ...others.map(withoutSignIn)], logLevel: 'silent' },
    { timing: { ...timing, ...limits } },
  )
  const ask: AskAgent = async (payload, token) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const response = await app.inject({ method: 'POST', url: '/api/chat', headers, payload })
    return response.json<ChatResponse | Problem>()
  }
  const urls = urlsOf(config, env['AWS_ENDPOINT_URL_STS'])
  const proxy = readProxy()
  const keysUrl = `${blueprint.authority}/${blueprint.tenantId}/discovery/v2.0/keys`
  try {
    const checks = [
      secretCheck(env),
      portCheck(config.port),
      ...proxyChecks(
        keysUrl,
        urls.slice(1).filter(url => url.startsWith('https:')),
      ),
      // The proxy itself resolves the names of hosts that are reached through it.
      ...nameChecks(urls.filter(url => !(proxy && isProxied(url, proxy)))),
      ...entraChecks(blueprint),
      ...sidecarChecks(config, env),
      ...agents.flatMap(agent => {
        const common = { ask, agent: others.length > 0 ? agent.name : undefined, userToken, blueprint }
        return toolsetsOf(agent, toolsets).flatMap(({ api, examples: [example = ''] }) =>
          offeredFlows(agent, spaClientId).flatMap(flow => {
            const explainSidecar = () => explainScope(config.sidecarUrl, { agent, api, flow })
            const needs = needsUser(flow) ? ['sidecar', 'Entra'] : ['sidecar']
            return turnChecks({ ...common, api, example, flow, explainSidecar, needs })
          }),
        )
      }),
      ...signInChecks(blueprint, { ...config, page, apiAppId: toolsets[0]?.api.appId }),
      ...toolChecks(env),
      ...bedrockChecks(bedrock, env),
    ]
    return await examine(checks, { watch, limitMs: 7_000 * patience })
  } finally {
    await app.close()
  }
}

function toolChecks({ MCP_CONFIG }: Variables): readonly Check[] {
  return MCP_CONFIG ? [waitingToolsCheck(waitingTools(readFileSync(MCP_CONFIG, 'utf8')))] : []
}

/** The URLs of Entra, the sidecar, the APIs, the MCP servers and AWS, Entra's first. */
function urlsOf(
  { blueprint, sidecarUrl, toolsets, mcpServers, bedrock }: Config,
  sts: string | undefined,
): readonly string[] {
  const urls = [blueprint.authority, sidecarUrl, ...[...toolsets, ...mcpServers].map(({ api }) => api.url)]
  if (!('missing' in bedrock)) {
    const { endpoint, region, credential } = bedrock
    urls.push(endpoint ?? `https://bedrock-runtime.${region}.amazonaws.com`)
    if (credential.tier === 'federation') urls.push(sts || `https://sts.${region}.amazonaws.com`)
  }
  return urls
}
