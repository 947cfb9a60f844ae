import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { expect, it } from 'vitest'
import { AllowList } from './allow-list.ts'
import { allowedAttributes } from './names.ts'

const exporter = new InMemorySpanExporter()
const tracer = new TracerProvider({
  spanProcessors: [new AllowList(), new SimpleSpanProcessor({ exporter })],
}).getTracer('test')

it('Only attributes on the list are exported: no token, prompt, name, city, address or text of an error', () => {
  const span = tracer.startSpan('GET orders-api', {
    attributes: { 'url.full': 'http://w/orders?city=Dallas' },
  })
  span.setAttributes({
    'http.response.status_code': 200,
    'app.flow': 'obo',
    'http.request.header.authorization': ['Bearer eyJhbGciOi'],
    'gen_ai.input.messages': 'Where is order 7?',
    'gen_ai.tool.call.arguments': '{"city":"Dallas"}',
    'user.name': 'Ada Osei',
    'client.address': '192.0.2.7',
    'app.flow.Dallas': 'Dallas',
  })
  span.addEvent('Ada said Dallas')
  span.recordException(new Error('AADSTS50011: Ada Osei in Dallas'))
  span.end()
  const [sent] = exporter.getFinishedSpans()
  expect(sent?.attributes).toEqual({ 'http.response.status_code': 200, 'app.flow': 'obo' })
  expect(sent?.events).toEqual([])
})

it('The list has no attribute with texts of users or models', () => {
  expect(
    [...allowedAttributes].filter(name => /message|argument|result|user|url|path|query|email/.test(name)),
  ).toEqual([])
})
