import type { ChatResponse, HistoryEntry, TraceStep } from '@entra-agents/trace'
import { describe, expect, it } from 'vitest'
import { EmulatedAws, staticKeys } from '../../contract/bedrock/emulated-aws.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { postJson } from '../../support/post-json.ts'
import { Stack } from '../support/stack.ts'

const aws = await forFile(EmulatedAws.start())
const stack = await forFile(Stack.start({ agent: { ...aws.environment, ...staticKeys } }))

interface Question {
  readonly message: string
  readonly history?: readonly HistoryEntry[]
  readonly token?: string
}

async function ask({ message, history = [], token }: Question): Promise<ChatResponse> {
  const question = { message, history, mode: 'bedrock', flow: token ? 'obo' : 'autonomous' }
  const response = await postJson(`${stack.agentUrl}/api/chat`, question, { token })
  const body = await response.json()
  if (response.status !== 200) throw new Error(JSON.stringify(body))
  return body as ChatResponse
}

/** The kinds of the steps below a step. */
function kindsBelow(trace: readonly TraceStep[], parent: TraceStep): string[] {
  return trace
    .filter(({ parentId }) => parentId === parent.id)
    .flatMap(step => [step.kind, ...kindsBelow(trace, step)])
}

async function compareOsloAndRome(token?: string): Promise<ChatResponse> {
  const asked = await ask({ message: 'Compare the weather in Oslo and Rome', ...(token ? { token } : {}) })
  expect(asked.tools.map(({ name, arguments: input, status }) => [name, input['city'], status])).toEqual([
    ['get_weather', 'Oslo', 'ok'],
    ['get_weather', 'Rome', 'ok'],
  ])
  expect(asked.answer).toMatch(/Oslo[\s\S]*Rome/)
  expect(asked.usage?.inputTokens).toBeGreaterThan(0)

  const kinds = asked.trace.filter(({ kind }) => kind === 'model' || kind === 'tool').map(({ kind }) => kind)
  expect(kinds).toEqual(['model', 'tool', 'tool', 'model'])
  for (const tool of asked.trace.filter(({ kind }) => kind === 'tool')) {
    expect(kindsBelow(asked.trace, tool)).toEqual(
      expect.arrayContaining(['token-request', 'token', 'api-call', 'validation']),
    )
  }
  return asked
}

/** Asks again with the previous turn as history, as a page does. */
async function askFollowUp(before: ChatResponse, token?: string): Promise<ChatResponse> {
  return ask({
    message: 'and tomorrow?',
    history: [
      { role: 'user', text: 'Compare the weather in Oslo and Rome' },
      { role: 'assistant', text: before.answer },
    ],
    ...(token ? { token } : {}),
  })
}

const trClaims = (reply: ChatResponse) =>
  reply.trace.flatMap(({ kind, token }) => (kind === 'token' && token?.role === 'TR' ? [token.claims] : []))

describe('a conversation with Claude', () => {
  it('answers in the autonomous flow about two cities in one turn, then about tomorrow in both cities', async () => {
    const first = await compareOsloAndRome()
    for (const claims of trClaims(first)) {
      expect(claims).toMatchObject({ azp: identities.agentId, idtyp: 'app' })
    }
    const second = await askFollowUp(first)
    expect(second.tools.map(({ name, arguments: input }) => [name, input['city']])).toEqual([
      ['get_forecast', 'Oslo'],
      ['get_forecast', 'Rome'],
    ])
    expect(second.answer).toMatch(/Oslo[\s\S]*Rome/)
    expect(second.notices).toEqual([])
  })

  it('on behalf of a user calls the same tools, and every token for the weather API names that user', async () => {
    const token = await stack.signIn(identities.ada.oid)
    const first = await compareOsloAndRome(token)
    const second = await askFollowUp(first, token)
    expect(second.tools.map(({ name }) => name)).toEqual(['get_forecast', 'get_forecast'])
    const claims = [...trClaims(first), ...trClaims(second)]
    expect(claims.length).toBeGreaterThanOrEqual(4)
    for (const each of claims) {
      expect(each).toMatchObject({ azp: identities.agentId, oid: identities.ada.oid })
      expect(String(each?.['scp']).split(' ')).toContain('Weather.Read')
    }
    expect(JSON.stringify([first, second])).not.toContain(token.split('.')[2])
    expect(stack.agentLog.join('')).not.toContain(token.split('.')[2])
  })

  it('about an unknown city ends with an answer that names the city', async () => {
    const reply = await ask({ message: 'What is the weather in Atlantis?' })
    expect(reply.tools).toMatchObject([{ name: 'get_weather', status: 'failed' }])
    expect(reply.answer).toMatch(/Atlantis/)
  })

  it('without a question about the weather uses no tool and no sidecar', async () => {
    const reply = await ask({ message: 'Hello!' })
    expect(reply.tools).toEqual([])
    expect(reply.trace.map(({ kind }) => kind)).toEqual(['model'])
    expect(reply.notices).toEqual([])
  })

  it('ends with SIDECAR_UNREACHABLE and no answer if the sidecar is gone', async () => {
    await stack.stop('sidecar')
    try {
      await expect(ask({ message: 'What is the weather in Madrid?' })).rejects.toThrow('SIDECAR_UNREACHABLE')
    } finally {
      await stack.start('sidecar')
    }
  })

  it('makes the state of Bedrock in `/api/status` `ready`', async () => {
    await ask({ message: 'Hello!' })
    const status = (await (await fetch(`${stack.agentUrl}/api/status`)).json()) as Record<string, unknown>
    expect(status).toMatchObject({
      bedrock_available: true,
      components: {
        bedrock: {
          state: 'ready',
          model: 'eu.anthropic.claude-haiku-5-5',
          region: 'eu-central-1',
          credential: 'sts',
        },
      },
    })
  })
})
