import type { ChatRequest } from '@entra-bedrock-agent/identity-trace'

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

/** One turn, as JSON. */
export async function ask(
  agentUrl: string,
  question: Partial<ChatRequest> = {},
  userToken?: string,
): Promise<Answer> {
  const response = await fetch(`${agentUrl}/api/chat`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(userToken === undefined ? {} : { authorization: `Bearer ${userToken}` }),
    },
    body: JSON.stringify({ message: 'Weather in Dallas?', mode: 'direct', flow: 'autonomous', ...question }),
  })
  return { status: response.status, body: (await response.json()) as Answer['body'] }
}
