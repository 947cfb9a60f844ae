import { decodeToken } from '@entra-bedrock-agent/entra-tokens/verify'
import {
  type ChatRequest,
  type ChatResponse,
  type Flow,
  flows,
  needsUser,
  type Problem,
  type TokenCard,
} from '@entra-bedrock-agent/identity-trace'
import { problem } from '../../services/agent/src/problems.ts'
import { type Check, once, type PassedResult, reportedProblem } from './finding.ts'
import { trouble } from './problems.ts'

/** Sends a request to an agent in this process or in a cluster. */
export type AskAgent = (
  request: ChatRequest,
  userToken: string | undefined,
) => Promise<ChatResponse | Problem>

export interface TurnOptions {
  readonly ask: AskAgent
  /** Name of the agent, where there are several. */
  readonly agent?: string | undefined
  readonly api: { readonly name: string; readonly title: string }
  /** A question that direct mode answers by calling this API. */
  readonly example: string
  readonly flow: Flow
  readonly userToken: string | undefined
  /** The tenant that users have to belong to. */
  readonly tenantId?: string | undefined
  readonly needs: readonly string[]
}

/** Checks by one turn in direct mode whether the agent gets a token for an API in this flow, and whether the API accepts the token. */
export function turnChecks(options: TurnOptions): readonly Check[] {
  const { ask, agent, api, example, flow, userToken, tenantId, needs } = options
  const who = flows[flow].inWords
  const of = agent === undefined ? '' : ` (${agent})`
  const token = `token ${who} for the ${api.title}${of}`
  const request = {
    message: example,
    mode: 'direct',
    flow,
    ...(agent === undefined ? {} : { agent }),
  } as const
  const turn = once(() => ask(request, userToken))
  return [
    {
      name: token,
      needs,
      async run() {
        if (needsUser(flow)) {
          if (userToken === undefined) return noUserTokenProblem()
          refuseOtherTenant(userToken, tenantId)
        }
        const outcome = await turn()
        if ('answer' in outcome) return describeToken(outcome)
        if (outcome.upstream?.service === api.name) return 'The sidecar issued the token that was asked for.'
        if (outcome.code === 'SIGN_IN_REQUIRED') return noUserTokenProblem()
        throw reportedProblem(outcome)
      },
    },
    {
      name: `${api.title} ${who}${of}`,
      needs: [token],
      async run() {
        const outcome = await turn()
        if (!('answer' in outcome)) throw reportedProblem(outcome)
        return describeValidation(outcome, api)
      },
    },
  ]
}

function refuseOtherTenant(userToken: string, tenantId: string | undefined): void {
  const { tid } = decodeToken(userToken)?.claims ?? {}
  if (tid === undefined || tenantId === undefined || tid === tenantId) return
  throw problem(
    'USER_TOKEN_INVALID',
    `The user’s token is of the tenant ${tid}, and TENANT_ID is ${tenantId}.`,
    {
      hint: 'Get a token of this tenant for api://<BLUEPRINT_APP_ID>/access_as_user, or correct TENANT_ID.',
    },
  )
}

function noUserTokenProblem() {
  return trouble(
    'NOT_CHECKED',
    'This needs a user’s token.',
    'Put a token for api://<BLUEPRINT_APP_ID>/access_as_user into a file, and name it by --user-token-file.',
  )
}

function agentToken({ trace }: ChatResponse): TokenCard | undefined {
  return trace.find(({ token }) => token?.role === 'TR')?.token
}

function describeToken(turn: ChatResponse): PassedResult {
  const claims = agentToken(turn)?.claims
  if (claims === undefined) return 'The agent got its token; TRACE_FOR keeps its claims from being shown.'
  const { azp, appid, scp, roles } = claims
  const right = typeof scp === 'string' ? `scope ${scp}` : `roles ${[roles].flat().join(', ')}`
  return { detail: `The token is of the agent identity ${azp ?? appid}, with the ${right}.`, claims }
}

function describeValidation(turn: ChatResponse, { name, title }: TurnOptions['api']): PassedResult {
  const checks = agentToken(turn)?.verifiedBy?.find(({ actor }) => actor === name)?.checks ?? []
  // No checks are known if the trace is withheld or the API does not report them.
  if (checks.length > 0 && !checks.some(check => check.name === 'signature'))
    throw problem('API_TOKEN_REJECTED', `The ${title} does not look at the signature of tokens.`, {
      hint: 'Remove VALIDATE_TOKEN_SIGNATURE=false: as it is, anybody can write tokens for the API.',
    })
  const verified = checks.length > 0 ? `: it verified ${checks.map(check => check.name).join(', ')}` : ''
  return `The ${title} accepts the token${verified}.`
}
