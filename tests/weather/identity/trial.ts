import type { LoggedRequest } from '@entra-agents/emulator-kit'
import { type ChatResponse, type Flow, needsUser, type Problem } from '@entra-agents/trace'
import type { Entra, RequestDetails } from '../../../emulators/entra/src/entra.ts'
import { identities } from '../../support/identities.ts'
import { postJson } from '../../support/post-json.ts'
import { Stack, type StackOverrides } from '../support/stack.ts'

/** The tenant behind the running emulator of Entra. */
export function tenantOf(stack: Stack): Entra {
  return stack.appOf('entra').entra
}

/** Starts the whole system, and waits for the agent's first check of the sidecar: no test may restart the sidecar meanwhile. */
export async function startSettledStack(overrides: StackOverrides = {}): Promise<Stack> {
  const stack = await Stack.start(overrides)
  await askWeather(stack, 'autonomous')
  return stack
}

/** Resets the tenant to its seed, and restarts the sidecar, which then has no token yet. */
export async function resetStack(stack: Stack, sidecar: Readonly<Record<string, string | undefined>> = {}) {
  tenantOf(stack).reset()
  await stack.restart('sidecar', sidecar)
}

export interface Reply {
  readonly status: number
  readonly body: ChatResponse & Problem
  readonly text: string
}

/** Asks the agent for the weather as a user would, in direct mode. In the obo flow the user is Ada, unless a token is given. */
export async function askWeather(stack: Stack, flow: Flow, token?: string): Promise<Reply> {
  const bearer = needsUser(flow) ? (token ?? (await stack.signIn(identities.ada.oid))) : undefined
  const question = { message: 'Weather in Oslo?', mode: 'direct', flow }
  const response = await postJson(`${stack.agentUrl}/api/chat`, question, { token: bearer })
  const text = await response.text()
  return { status: response.status, body: JSON.parse(text), text }
}

/** A reply as text: that it is an answer, or the problem, with who failed and what to do. */
export function describeReply({ status, body }: Reply): string {
  if (status === 200) return '200, an answer'
  const { code, detail, hint, upstream, failedCheck, needs } = body
  const from = upstream
    ? [`  from: ${[upstream.service, upstream.status, upstream.code].filter(Boolean).join(', ')}`]
    : []
  const further = Object.entries({ failedCheck, needs: needs && JSON.stringify(needs), hint })
  const lines = further.flatMap(([name, value]) => (value === undefined ? [] : [`  ${name}: ${value}`]))
  return [`${status} ${code}: ${detail}`, ...from, ...lines]
    .join('\n')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
}

const tokenLegs = new Set<RequestDetails['leg']>(['t1', 't2', 'tr', 'obo', 'agent-user'])

/** The token requests that Entra has seen, the oldest first. */
export function tokenRequests(stack: Stack): readonly LoggedRequest<RequestDetails>[] {
  return tenantOf(stack).requests.all.filter(({ leg }) => tokenLegs.has(leg))
}
