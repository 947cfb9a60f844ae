import { describe, expect, it } from 'vitest'
import { type Answer, ask, bearer, findMetricsUrl, postChat } from '../../contract/agent/ask.ts'
import { EmulatedAws, staticKeys } from '../../contract/bedrock/emulated-aws.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { tenantOf, tokenRequests } from '../identity/trial.ts'
import { Stack } from '../support/stack.ts'
import { Collector } from './collector.ts'

const { ada, ben } = identities
const strangersTrace = '0af7651916cd43dd8448eb211c80319c'
const strangersHeaders = {
  traceparent: `00-${strangersTrace}-b7ad6b7169203331-01`,
  tracestate: 'stranger=Dallas',
  baggage: 'secret=Dallas',
}
const answers: Record<string, Answer> = {}
const collector = await forFile(new Collector().start())
const aws = await forFile(EmulatedAws.start())
const telemetry = {
  OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  OTEL_EXPORTER_OTLP_HEADERS: 'x-key=of%20the%20collector',
  OTEL_RESOURCE_ATTRIBUTES: 'k8s.pod.name=pod-1',
}
const stack = await forFile(
  Stack.start({
    agent: { ...telemetry, ...aws.environment, ...staticKeys },
    weather: telemetry,
  }),
)
const token = await stack.signIn(ada.oid)
// This request is the first, so that its turn has ended when the stack is closed.
const lostTurnId = await leaveMidStream()
const message = 'Weather in Reykjavik?'
for (const mode of ['direct', 'bedrock']) {
  answers[`${mode}, autonomous`] = await ask(stack.agentUrl, { message, mode })
  answers[`${mode}, obo`] = await ask(stack.agentUrl, { message, mode, flow: 'obo' }, bearer(token))
}
const correlationIds = tokenRequests(stack).map(({ correlationId }) => correlationId)
answers['from a stranger'] = await ask(stack.agentUrl, { message }, strangersHeaders)
tenantOf(stack).faults.inject({ target: { leg: 'obo' }, fault: { kind: 'refuse', code: 50105 } })
const benTc = await stack.signIn(ben.oid)
answers['refused by Entra'] = await ask(stack.agentUrl, { message, flow: 'obo' }, bearer(benTc))
const metrics = await (await fetch(await findMetricsUrl(stack.appOf('agent')))).text()
await stack.close()

/** Reads the first event of a stream and hangs up; returns the id of its turn. */
async function leaveMidStream(): Promise<string> {
  const controller = new AbortController()
  const response = await postChat(
    stack.agentUrl,
    { mode: 'bedrock', message: 'Weather in Reykjavik?' },
    { accept: 'text/event-stream' },
    controller.signal,
  )
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  const { value = '' } = (await reader?.read()) ?? {}
  controller.abort()
  return /"turnId":"([^"]+)"/.exec(value)?.[1] ?? ''
}

function traceIdOf(turnId = ''): string {
  return turnId.replaceAll('-', '')
}

function treeOf(name: string): string {
  const { traceId = '', upstream } = answers[name]?.body ?? {}
  return collector.treeOf(traceId, { [upstream?.requestId ?? '']: 'upstream.requestId' })
}

describe('A traced turn', () => {
  it('is one tree through both services, with the attributes of the conventions for generative AI, and the token’s id in both', async () => {
    const told = ['direct, autonomous', 'bedrock, autonomous', 'refused by Entra']
    const trees = told.map(name => `# ${name}\n\n${treeOf(name)}\n`)
    await expect(trees.join('')).toMatchFileSnapshot('traces.txt')
    expect(treeOf('from a stranger')).toBe(treeOf('direct, autonomous'))
  })

  it.each(['direct', 'bedrock'])('on behalf of a user in %s mode differs only in flow and route', mode => {
    const asItself = treeOf(`${mode}, autonomous`)
    const forUser = asItself.replaceAll('"autonomous"', '"obo"').replace('Unauthenticated', '')
    expect(treeOf(`${mode}, obo`)).toBe(forUser)
  })

  it('is joined to Entra’s log by the correlation id', () => {
    const { turnId = '', traceId } = answers['direct, obo']?.body ?? {}
    expect(traceId).toBe(traceIdOf(turnId))
    expect(correlationIds).toContain(turnId)
    const request = collector.spans.find(
      span => span.traceId === traceId && span.name.startsWith('GET /Auth'),
    )
    expect(request?.attributes['app.entra.correlation_id']).toBe(turnId)
  })

  it('ends even if its reader has left, and is marked as aborted', () => {
    const spans = collector.spans.filter(({ traceId }) => traceId === traceIdOf(lostTurnId))
    const [server] = spans.filter(({ name }) => name === 'POST /api/chat')
    expect(server).toMatchObject({ kind: 2, failed: false, attributes: { 'app.aborted': true } })
    expect(spans.find(({ name }) => name.startsWith('invoke_agent'))?.attributes['app.aborted']).toBe(true)
  })
})

it('A stranger’s traceparent becomes a link only: the agent begins a trace of its own', () => {
  const traceId = traceIdOf(answers['from a stranger']?.body.turnId)
  expect(collector.spans.filter(span => span.traceId === traceId && !span.parentSpanId)).toMatchObject([
    { name: 'POST /api/chat', links: [{ traceId: strangersTrace }] },
  ])
  expect(collector.spans.filter(({ traceId }) => traceId === strangersTrace)).toEqual([])
})

describe('What is exported', () => {
  it('has no token, no user, no question and no answer', () => {
    expect(collector.spans.length).toBeGreaterThan(30)
    const words = ['Reykjavik', 'Dallas', 'eyJ', 'Bearer', 'stranger']
    for (const word of [...words, ada.oid, ada.name, ada.upn, token])
      expect(collector.text).not.toContain(word)
  })

  it('goes to the endpoint with the configured headers, and names service, version and pod', () => {
    expect(new Set(collector.headers.map(headers => headers['x-key']))).toEqual(new Set(['of the collector']))
    expect(collector.spans[0]?.resource).toMatchObject({
      'service.version': expect.any(String),
      'k8s.pod.name': 'pod-1',
    })
    expect(new Set(collector.spans.map(({ service }) => service))).toEqual(new Set(['agent', 'weather-api']))
  })

  it('includes no probe', () => {
    expect(collector.spans.filter(({ name }) => /livez|readyz/.test(name))).toEqual([])
  })
})

it('The metrics count calls of APIs, calls and tokens of the model, and token requests by flow, API and outcome', () => {
  const countOf = (name: string, labels: string) =>
    Number(metrics.split(`${name}{${labels}} `)[1]?.split('\n', 1)[0])
  const api = 'api="weather-api",outcome="OK"'
  const tokensIn = (flow: string) =>
    countOf('agent_token_request_duration_seconds_count', `agent="default",flow="${flow}",${api}`)
  const model =
    'gen_ai_operation_name="chat",gen_ai_provider_name="aws.bedrock",gen_ai_request_model="eu.anthropic.claude-haiku-5-5"'
  const client = 'gen_ai_client_operation'
  expect(tokensIn('obo')).toBe(2)
  expect(tokensIn('autonomous')).toBeGreaterThanOrEqual(3)
  expect(countOf('agent_api_call_duration_seconds_count', api)).toBeGreaterThan(4)
  expect(countOf(`${client}_duration_seconds_count`, `${model},error_type=""`)).toBeGreaterThan(3)
  expect(countOf(`${client}_time_to_first_chunk_seconds_count`, model)).toBeGreaterThan(3)
  expect(countOf('gen_ai_client_token_usage_sum', `${model},gen_ai_token_type="input"`)).toBeGreaterThan(0)
  expect(metrics).toMatch(/^agent_streams_open 0$/m)
  expect(metrics).not.toContain('Reykjavik')
})
