import { describe, expect, it } from 'vitest'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { Stack } from '../../support/stack.ts'
import { type Answer, ask, bearer, findMetricsUrl, postChat } from '../agent/ask.ts'
import { EmulatedAws, staticKeys } from '../bedrock/emulated-aws.ts'
import { tenantOf, tokenRequests } from '../identity/trial.ts'
import { Collector, type SentSpan } from './collector.ts'

const { ada, ben, agentId } = identities
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
const lostTraceId = await leaveMidStream()
const message = 'Weather in Reykjavik?'
for (const mode of ['direct', 'bedrock']) {
  answers[`${mode}, autonomous`] = await ask(stack.agentUrl, { message, mode })
  answers[`${mode}, obo`] = await ask(stack.agentUrl, { message, mode, flow: 'obo' }, bearer(token))
}
const correlationIds = tokenRequests(stack).map(({ correlationId }) => correlationId)
answers['from a stranger'] = await ask(stack.agentUrl, { message }, strangersHeaders)
tenantOf(stack).faults.inject({ target: { leg: 'obo' }, fault: { kind: 'refuse', code: 50105 } })
const benTc = await stack.signIn(ben.oid)
const refusedAnswer = await ask(stack.agentUrl, { message, flow: 'obo' }, bearer(benTc))
const metrics = await (await fetch(await findMetricsUrl(stack.appOf('agent')))).text()
await stack.close()

/** Reads the first event of a stream and hangs up; returns the id of its trace. */
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
  return traceIdOf(/"turnId":"([^"]+)"/.exec(value)?.[1])
}

function traceIdOf(turnId = ''): string {
  return turnId.replaceAll('-', '')
}

function spansOf(name: string): SentSpan[] {
  const traceId = traceIdOf(answers[name]?.body.turnId)
  return collector.spans.filter(span => span.traceId === traceId)
}

const spanOf = (name: string, start: string) => spansOf(name).find(span => span.name.startsWith(start))

const tokenAndCallLines = (depth: string, route: string) => [
  `${depth}agent: GET ${route}/{api}`,
  `${depth}agent: GET weather-api`,
  `${depth}  weather-api: GET /weather`,
  `${depth}    weather-api: validate token`,
]
const routes = { autonomous: '/AuthorizationHeaderUnauthenticated', obo: '/AuthorizationHeader' }

describe('A traced turn', () => {
  it.each(Object.entries(routes))('of direct mode is one tree through both services (%s)', (flow, route) => {
    expect(collector.treeOf(traceIdOf(answers[`direct, ${flow}`]?.body.turnId))).toEqual([
      'agent: POST /api/chat',
      '  agent: invoke_agent entra-bedrock-agent',
      ...tokenAndCallLines('    ', route),
    ])
  })

  it.each(Object.entries(routes))('of Bedrock mode has spans of model and tool (%s)', (flow, route) => {
    expect(collector.treeOf(traceIdOf(answers[`bedrock, ${flow}`]?.body.turnId))).toEqual([
      'agent: POST /api/chat',
      '  agent: invoke_agent entra-bedrock-agent',
      '    agent: chat eu.anthropic.claude-haiku-5-5',
      '    agent: chat eu.anthropic.claude-haiku-5-5',
      '    agent: execute_tool get_weather',
      ...tokenAndCallLines('      ', route),
    ])
  })

  it('has the attributes that the conventions for generative AI ask for', () => {
    expect(spanOf('bedrock, obo', 'invoke_agent')).toMatchObject({
      kind: 1,
      attributes: {
        'gen_ai.operation.name': 'invoke_agent',
        'gen_ai.provider.name': 'aws.bedrock',
        'app.flow': 'obo',
        'app.entra.agent.client_id': agentId,
      },
    })
    expect(spanOf('bedrock, obo', 'chat')).toMatchObject({
      kind: 3,
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.request.model': 'eu.anthropic.claude-haiku-5-5',
        'gen_ai.response.finish_reasons': [expect.stringMatching(/^(tool_use|end_turn)$/)],
        'gen_ai.usage.input_tokens': expect.any(Number),
        'gen_ai.usage.cache_read.input_tokens': expect.any(Number),
        'gen_ai.usage.cache_creation.input_tokens': expect.any(Number),
        'gen_ai.response.time_to_first_chunk': expect.any(Number),
        'aws.request_id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      },
    })
    expect(spanOf('bedrock, obo', 'execute_tool')).toMatchObject({
      attributes: { 'gen_ai.tool.name': 'get_weather', 'gen_ai.tool.type': 'function' },
    })
  })

  it('is joined to Entra’s log by the correlation id, and both services’ spans have the token’s id', () => {
    const { turnId = '', traceId } = answers['direct, obo']?.body ?? {}
    expect(traceId).toBe(traceIdOf(turnId))
    expect(correlationIds).toContain(turnId)
    const asked = spanOf('direct, obo', 'GET /Auth')
    expect(asked?.attributes).toMatchObject({
      'app.entra.correlation_id': turnId,
      'app.api.name': 'weather-api',
      'http.response.status_code': 200,
    })
    const tokenId = asked?.attributes['app.entra.token_id']
    expect(tokenId).toMatch(/^[\w-]{10,}$/)
    expect(spanOf('direct, obo', 'validate token')?.attributes).toEqual({
      'app.flow': 'obo',
      'app.entra.agent.client_id': agentId,
      'app.entra.token_id': tokenId,
    })
  })

  it('that fails has our error code in each span and Entra’s code in the sidecar’s span; the problem names the trace', () => {
    const { traceId, code, upstream } = refusedAnswer.body
    const spans = collector.spans.filter(span => span.traceId === traceId)
    expect(spans.map(({ name }) => name).sort()).toEqual([
      'GET /AuthorizationHeader/{api}',
      'POST /api/chat',
      'invoke_agent entra-bedrock-agent',
    ])
    for (const { failed, attributes } of spans) {
      expect(failed).toBe(true)
      expect(attributes['error.type']).toBe(code)
    }
    expect(spans.find(({ name }) => name.startsWith('GET'))?.attributes).toMatchObject({
      'app.upstream.code': 'AADSTS50105',
      'app.entra.request_id': upstream?.requestId,
      'http.response.status_code': 401,
    })
    expect(upstream?.requestId).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('ends even if its reader has left, and is marked as aborted', () => {
    const spans = collector.spans.filter(({ traceId }) => traceId === lostTraceId)
    const [server] = spans.filter(({ name }) => name === 'POST /api/chat')
    expect(server).toMatchObject({ kind: 2, failed: false, attributes: { 'app.aborted': true } })
    expect(spans.find(({ name }) => name.startsWith('invoke_agent'))?.attributes['app.aborted']).toBe(true)
  })
})

describe('A stranger’s traceparent', () => {
  it('becomes a link only: the agent begins a trace of its own', () => {
    const spans = spansOf('from a stranger')
    expect(spans.find(({ name }) => name === 'POST /api/chat')).toMatchObject({
      parentSpanId: undefined,
      links: [{ traceId: strangersTrace }],
    })
    expect(collector.spans.filter(({ traceId }) => traceId === strangersTrace)).toEqual([])
    expect(collector.treeOf(traceIdOf(answers['from a stranger']?.body.turnId))).toHaveLength(6)
  })
})

describe('What is exported', () => {
  it('has no token, no user, no question and no answer', () => {
    expect(collector.spans.length).toBeGreaterThan(30)
    for (const word of [
      'Reykjavik',
      'Dallas',
      'eyJ',
      'Bearer',
      ada.oid,
      ada.name,
      ada.upn,
      token,
      'stranger',
    ]) {
      expect(collector.text).not.toContain(word)
    }
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

describe('The metrics', () => {
  it('count calls of APIs, calls and tokens of the model, and token requests by flow, API and outcome', () => {
    const values = new Map(
      [...metrics.matchAll(/^([^#\s]+) (\S+)$/gm)].map(([, series = '', value]) => [series, Number(value)]),
    )
    const flows = (flow: string) =>
      values.get(
        `agent_token_request_duration_seconds_count{agent="default",flow="${flow}",api="weather-api",outcome="OK"}`,
      )
    expect(flows('obo')).toBe(2)
    expect(flows('autonomous')).toBeGreaterThanOrEqual(3)
    expect(
      values.get('agent_api_call_duration_seconds_count{api="weather-api",outcome="OK"}'),
    ).toBeGreaterThan(4)
    const model =
      'gen_ai_operation_name="chat",gen_ai_provider_name="aws.bedrock",gen_ai_request_model="eu.anthropic.claude-haiku-5-5"'
    expect(
      values.get(`gen_ai_client_operation_duration_seconds_count{${model},error_type=""}`),
    ).toBeGreaterThan(3)
    expect(values.get(`gen_ai_client_operation_time_to_first_chunk_seconds_count{${model}}`)).toBeGreaterThan(
      3,
    )
    expect(values.get(`gen_ai_client_token_usage_sum{${model},gen_ai_token_type="input"}`)).toBeGreaterThan(0)
    expect(values.get('agent_streams_open')).toBe(0)
    expect(metrics).not.toContain('Reykjavik')
  })
})
