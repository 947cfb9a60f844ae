import type { ChatResponse, TraceStep } from '@entra-agents/trace'
import { expect, it } from 'vitest'
import { ask as askAgent, bearer, type Question, tokenCards } from '../../contract/agent/ask.ts'
import { EmulatedAws, staticKeys } from '../../contract/bedrock/emulated-aws.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { Stack } from '../support/stack.ts'

const aws = await forFile(EmulatedAws.start())
const stack = await forFile(Stack.start({ agent: { ...aws.environment, ...staticKeys } }))

/** Asks Claude, on behalf of the user with this token, if there is one. */
async function ask(question: Question, token?: string): Promise<ChatResponse> {
  const flow = token ? 'obo' : 'autonomous'
  const headers = token ? bearer(token) : {}
  const { status, body, text } = await askAgent(
    stack.agentUrl,
    { ...question, mode: 'bedrock', flow },
    headers,
  )
  if (status !== 200) throw new Error(text)
  return body
}

/** The kinds of the steps below a step. */
function kindsBelow(trace: readonly TraceStep[], parent: TraceStep): string[] {
  return trace
    .filter(({ parentId }) => parentId === parent.id)
    .flatMap(step => [step.kind, ...kindsBelow(trace, step)])
}

const called = ({ tools }: ChatResponse) =>
  tools.map(({ name, arguments: { city }, status }) => `${name} ${city} ${status}`)

/** Asks about two cities, and then, as a page does, with this turn as history, about tomorrow. */
async function converse(token?: string): Promise<readonly ChatResponse[]> {
  const message = 'Compare the weather in Oslo and Rome'
  const first = await ask({ message }, token)
  expect(called(first)).toEqual(['get_weather Oslo ok', 'get_weather Rome ok'])
  expect(first.answer).toMatch(/Oslo[\s\S]*Rome/)
  expect(first.usage?.inputTokens).toBeGreaterThan(0)
  const steps = first.trace.filter(({ kind }) => kind === 'model' || kind === 'tool')
  expect(steps.map(({ kind }) => kind)).toEqual(['model', 'tool', 'tool', 'model'])
  const ofTool = expect.arrayContaining(['token-request', 'token', 'api-call', 'validation'])
  for (const step of steps) if (step.kind === 'tool') expect(kindsBelow(first.trace, step)).toEqual(ofTool)

  const history = [
    { role: 'user', text: message },
    { role: 'assistant', text: first.answer },
  ]
  const second = await ask({ message: 'and tomorrow?', history }, token)
  expect(called(second)).toEqual(['get_forecast Oslo ok', 'get_forecast Rome ok'])
  expect(second.answer).toMatch(/Oslo[\s\S]*Rome/)
  expect(second.notices).toEqual([])
  return [first, second]
}

const claimsForApi = (turns: readonly ChatResponse[]) =>
  turns.flatMap(({ trace }) => tokenCards(trace, 'TR').map(({ claims }) => claims))

it('Claude answers in the autonomous flow about two cities in one turn, then about tomorrow in both cities', async () => {
  for (const claims of claimsForApi(await converse()))
    expect(claims).toMatchObject({ azp: identities.agentId, idtyp: 'app' })
})

it('On behalf of a user, Claude calls the same tools, and every token for the weather API names that user', async () => {
  const token = await stack.signIn(identities.ada.oid)
  const turns = await converse(token)
  const all = claimsForApi(turns)
  expect(all.length).toBeGreaterThanOrEqual(4)
  for (const claims of all) {
    expect(claims).toMatchObject({ azp: identities.agentId, oid: identities.ada.oid })
    expect(String(claims?.['scp']).split(' ')).toContain('Weather.Read')
  }
  expect(JSON.stringify(turns) + stack.agentLog.join('')).not.toContain(token.split('.')[2])
})

it('A question about an unknown city ends with an answer that names the city', async () => {
  const reply = await ask({ message: 'What is the weather in Atlantis?' })
  expect(reply.tools).toMatchObject([{ name: 'get_weather', status: 'failed' }])
  expect(reply.answer).toMatch(/Atlantis/)
})

it('A question about something else uses no tool and no sidecar, and makes the state of Bedrock `ready`', async () => {
  const { tools, trace, notices } = await ask({ message: 'Hello!' })
  expect([tools, trace.map(({ kind }) => kind), notices]).toEqual([[], ['model'], []])
  const model = 'eu.anthropic.claude-haiku-5-5'
  const bedrock = { state: 'ready', model, region: 'eu-central-1', credential: 'sts' }
  const status = await (await fetch(`${stack.agentUrl}/api/status`)).json()
  expect(status).toMatchObject({ bedrock_available: true, components: { bedrock } })
})
