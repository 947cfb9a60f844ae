import type { Config } from '@entra-agents/agent/config'
import { apisOf } from '@entra-agents/approval'
import {
  connectSidecar,
  explainResponse,
  explainSilence,
  type FailureContext,
  flowRules,
  identityProblem,
  ownFlow,
} from '@entra-agents/identity/core'
import type { Variables } from '@entra-agents/service-kit'
import { needsUser } from '@entra-agents/trace'
import type { Check } from './finding.ts'
import { trouble } from './problems.ts'
import { developmentProblem, imageChecks } from './sidecar-image.ts'

/** Longer than the sidecar waits for a key vault. */
const timeoutMs = 6_500

/** Checks the sidecar as far as possible without a token: that it is alive, closed to others, and set up for each API. */
export function sidecarChecks(
  { agents, sidecarUrl, toolsets, mcpServers }: Config,
  env: Variables,
): readonly Check[] {
  const apis = [...toolsets.flatMap(apisOf), ...mcpServers.map(({ api }) => api)]
  // No check gets a token for the agent, so any agent will do.
  const [agent] = agents
  return [
    {
      name: 'sidecar',
      async run() {
        const response = await get(sidecarUrl, '/healthz')
        const [api] = apis
        if (response.status !== 200 && api)
          throw explainResponse(response, { agent, api, flow: ownFlow }).problem
        if (response.text.trim() !== 'Healthy')
          throw identityProblem(
            'SIDECAR_MISCONFIGURED',
            `What responds at ${sidecarUrl} is not the sidecar.`,
            {
              hint: 'Check SIDECAR_URL: the Entra Auth SDK sidecar, and nothing else, has to listen there.',
            },
          )
        return `${sidecarUrl} responds.`
      },
    },
    ...imageChecks(sidecarUrl, env),
    {
      name: 'sidecar boundary',
      needs: ['sidecar'],
      async run() {
        const openApi = await get(sidecarUrl, '/openapi/v1.json')
        if (openApi.status === 200) throw developmentProblem()
        const foreign = await get(sidecarUrl, '/Validate', { host: 'sidecar.example' })
        return foreign.status === 400
          ? 'The sidecar refuses other host names than its own.'
          : trouble('SIDECAR_TOO_OPEN', 'The sidecar takes requests by any host name.')
      },
    },
    ...apis.flatMap(api =>
      api.flows.filter(needsUser).map(flow => entryCheck(sidecarUrl, { agent, api, flow })),
    ),
  ]
}

/**
 * Without a user, an entry for acting on behalf of users yields no token. The sidecar's refusal shows whether
 * the entry exists, and whether it would ignore the user.
 */
function entryCheck(sidecarUrl: string, context: FailureContext): Check {
  const entry = context.api.sidecarEntries[context.flow]
  return {
    name: `sidecar entry ${entry}`,
    needs: ['sidecar'],
    async run() {
      const response = await get(sidecarUrl, `${flowRules[ownFlow].route}/${entry}`)
      const asksForUser = /No account or login hint/i.test(response.text)
      if (asksForUser) return 'The entry is there, and is for users’ tokens.'
      if (![200, 401].includes(response.status)) throw explainResponse(response, context).problem
      throw identityProblem(
        'TOKEN_FLOW_MISMATCH',
        `“${entry}” gives app tokens, and so would ignore users.`,
        {
          hint: `Set DownstreamApis__${entry}__RequestAppToken=false on the sidecar.`,
        },
      )
    },
  }
}

/** The fault of an entry from which the sidecar gets no app token, but gets one when it is asked for `/.default` in place of the entry's scope. */
export async function explainScope(sidecarUrl: string, { agent, api, flow }: FailureContext) {
  const { route, parameters } = flowRules[flow]
  const entry = api.sidecarEntries[flow]
  const scope = `api://${api.appId}/.default`
  const query = new URLSearchParams({ ...parameters(agent), 'optionsOverride.Scopes': scope })
  const { status } = await get(sidecarUrl, `${route}/${entry}?${query}`)
  if (status !== 200) return undefined
  const hint = `Set DownstreamApis__${entry}__Scopes__0 on the sidecar to ${scope}, as the only scope.`
  return identityProblem('SIDECAR_MISCONFIGURED', `The scope of “${entry}” is not for app tokens.`, { hint })
}

async function get(sidecarUrl: string, path: string, headers: Readonly<Record<string, string>> = {}) {
  const sidecar = connectSidecar(sidecarUrl, timeoutMs)
  try {
    return await sidecar.get({ path, headers, timeoutMs })
  } catch (error) {
    throw explainSilence(error).problem
  } finally {
    await sidecar.close()
  }
}
