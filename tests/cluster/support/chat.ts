import type { ChatRequest } from '@entra-agents/trace'
import { postJson } from '../../support/post-json.ts'

export interface Answer {
  readonly status: number
  /** The JSON reply or the problem. */
  readonly body: {
    readonly answer?: string
    readonly code?: string
    readonly detail?: string
    readonly hint?: string
    readonly flow?: string
    readonly trace?: readonly unknown[]
  }
}

/** Asks the agent, and returns the response, which is JSON. */
export async function ask(
  agentUrl: string,
  question: Partial<ChatRequest> = {},
  userToken?: string,
): Promise<Answer> {
  const asked = { message: 'Weather in Dallas?', mode: 'direct', flow: 'autonomous', ...question }
  const response = await postJson(`${agentUrl}/api/chat`, asked, { token: userToken })
  return { status: response.status, body: (await response.json()) as Answer['body'] }
}
