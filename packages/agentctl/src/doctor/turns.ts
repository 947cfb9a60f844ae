import { type Blueprint, identityProblem } from '@entra-agents/identity/core'
import { OnDemand, type ProblemError } from '@entra-agents/service-kit'
import { decodeToken } from '@entra-agents/tokens/verify'
import {
  type ChatRequest,
  type ChatResponse,
  type Flow,
  flows,
  needsUser,
  type Problem,
  type TokenCard,
} from '@entra-agents/trace'
import { hintOfApi } from './apis.ts'
import { type Check, type PassedResult, reportedProblem } from './finding.ts'
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
  /** The tenant that users have to belong to, and the blueprint that their tokens have to be for. */
  readonly blueprint?: Pick<Blueprint, 'tenantId' | 'blueprintAppId'>
  /** Looks for the cause of a failure that is in the sidecar’s log alone. */
  readonly explainSidecar?: () => Promise<ProblemError | undefined>
  readonly needs: readonly string[]
}

/** Checks by one turn in direct mode whether the agent gets a token for an API in this flow, and whether the API accepts the token. */
export function turnChecks(options: TurnOptions): readonly Check[] {
  const { ask, agent, api, example, flow, userToken, blueprint, explainSidecar, needs } = options
  const who = flows[flow].inWords
  const suffix = agent === undefined ? '' : ` (${agent})`
  const token = `token ${who} for the ${api.title}${suffix}`
  const request = {
    message: example,
    mode: 'direct',
    flow,
    ...(agent === undefined ? {} : { agent }),
  } as const
  const turn = new OnDemand(() => ask(request, userToken))
  return [
    {
      name: token,
      needs,
      async run() {
        if (needsUser(flow)) {
          if (userToken === undefined) return noUserTokenProblem()
          refuseForeignToken(userToken, blueprint)
        }
        const outcome = await turn.get()
        if ('answer' in outcome) return describeToken(outcome)
        if (outcome.upstream?.service === api.name) return 'The sidecar issued the token that was asked for.'
        if (outcome.code === 'SIGN_IN_REQUIRED') return noUserTokenProblem()
        const cause = outcome.code === 'SIDECAR_FAILED' ? await explainSidecar?.() : undefined
        throw cause ?? reportedProblem(await withOwnHint(outcome, api))
      },
    },
    {
      name: `${api.title} ${who}${suffix}`,
      needs: [token],
      async run() {
        const outcome = await turn.get()
        if (!('answer' in outcome)) throw reportedProblem(await withOwnHint(outcome, api))
        return describeValidation(outcome, api)
      },
    },
  ]
}

const userTokenHint =
  'Get a token for api://<BLUEPRINT_APP_ID>/access_as_user by signing in to the application of CLIENT_SPA_APP_ID, copy it whole into a file, and name the file by --user-token-file.'

/** The problem with a hint for those who set up agent and API: that of the API's own code, or how the doctor gets a user's token. */
async function withOwnHint(outcome: Problem, { name, title }: TurnOptions['api']): Promise<Problem> {
  const { code, upstream } = outcome
  const hint = code === 'API_UNAVAILABLE' ? await hintOfApi(name, upstream?.code ?? '') : undefined
  if (hint) return { ...outcome, hint: `${title}: ${hint}` }
  return code === 'USER_TOKEN_INVALID' ? { ...outcome, hint: userTokenHint } : outcome
}

function refuseForeignToken(userToken: string, blueprint: TurnOptions['blueprint']): void {
  const { tid, aud, scp, ver } = decodeToken(userToken)?.claims ?? {}
  if (!blueprint || tid === undefined) return
  const { tenantId, blueprintAppId: id } = blueprint
  // biome-ignore format: table
  const faults = [
    [tid !== tenantId, 'USER_TOKEN_INVALID', `of the tenant ${tid}, not of ${tenantId}`, 'TENANT_ID'],
    // A token with the blueprint's scope is that of a blueprint: more likely the setting is wrong than the token.
    [scp === 'access_as_user' && aud !== id && aud !== `api://${id}`, 'USER_TOKEN_WRONG_AUDIENCE', `for ${aud}, not for the blueprint ${id}`, 'BLUEPRINT_APP_ID'],
    [aud === id && ver === '1.0', 'USER_TOKEN_WRONG_AUDIENCE', 'one of version 1.0', 'the blueprint’s requestedAccessTokenVersion (to 2)'],
  ] as const
  const [, code, says, wrong] = faults.find(([isWrong]) => isWrong) ?? []
  const hint = `Correct ${wrong}, or get a token of this tenant for api://<BLUEPRINT_APP_ID>/access_as_user.`
  if (code) throw identityProblem(code, `The user’s token is ${says}.`, { hint })
}

function noUserTokenProblem() {
  return trouble('NOT_CHECKED', 'This needs a user’s token.', userTokenHint)
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
    throw identityProblem('API_TOKEN_REJECTED', `The ${title} does not look at the signature of tokens.`, {
      hint: 'Remove VALIDATE_TOKEN_SIGNATURE=false: as it is, anybody can write tokens for the API.',
    })
  const verified = checks.length > 0 ? `: it verified ${checks.map(check => check.name).join(', ')}` : ''
  return `The ${title} accepts the token${verified}.`
}
