import type { IncomingHttpHeaders } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { LocalServer } from '@entra-agents/service-kit/testing/local-server'
import { type Message, readMessage } from './protobuf.ts'

/** A span as it was received. */
export interface SentSpan {
  readonly service: string
  readonly resource: Readonly<Record<string, unknown>>
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly name: string
  /** The number that OTLP has for the kind: 1 for internal, 2 for server, 3 for client. */
  readonly kind: number
  readonly failed: boolean
  readonly attributes: Readonly<Record<string, unknown>>
  readonly links: readonly { readonly traceId: string }[]
}

const kindNames: Readonly<Record<number, string>> = { 1: 'internal', 2: 'server', 3: 'client' }
const isId = /^app\.entra\.(token|request)_id$|^aws\.request_id$/
/** A span may share its token request with another turn or with the agent’s own check, whose correlation id the request then has. */
const isShared = (key: string) => key === 'app.entra.correlation_id'
const isMeasured = (key: string, value: unknown) => typeof value === 'number' && !key.endsWith('status_code')

/** A minimal collector that stores what it gets by OTLP over HTTP in protobuf. */
export class Collector extends LocalServer implements AsyncDisposable {
  /** Everything it received, as text. */
  text = ''
  readonly headers: IncomingHttpHeaders[] = []
  readonly spans: SentSpan[] = []

  constructor() {
    super(async (request, response) => {
      const body = await buffer(request)
      if (request.method !== 'POST' || request.url !== '/v1/traces') {
        response.writeHead(404).end()
        return
      }
      this.headers.push(request.headers)
      this.text += body.toString('latin1')
      this.spans.push(...readSpans(body))
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
    })
  }

  /**
   * The spans of a trace as lines, indented below their parents: kind, name and attributes. Measured numbers are left out, and ids
   * that differ in each run are named `id 1`, `id 2` …, in the order in which they occur.
   *
   * @param ids the names of ids that are known
   * @param withAttributes the names of the spans whose attributes are shown
   */
  treeOf(traceId: string, ids: Readonly<Record<string, string>> = {}, withAttributes = /./): string {
    const names = new Map(Object.entries(ids))
    const nameOf = (id: string) => {
      if (!names.has(id)) names.set(id, `id ${names.size - Object.keys(ids).length + 1}`)
      return names.get(id)
    }
    const show = (key: string, value: unknown) => {
      if (isId.test(key)) return nameOf(`${value}`)
      if (isShared(key)) return 'an id'
      return isMeasured(key, value) ? 'a number' : JSON.stringify(value)
    }
    const spans = this.spans.filter(span => span.traceId === traceId)
    const below = (parent: string | undefined, indent: string): string[] =>
      spans
        .filter(({ parentSpanId }) => parentSpanId === parent)
        .sort((one, other) => one.name.localeCompare(other.name))
        .flatMap(({ service, name, kind, failed, attributes, spanId }) => [
          `${indent}${service}: ${name} (${kindNames[kind]}${failed ? ', failed' : ''})\n`,
          ...Object.entries(withAttributes.test(name) ? attributes : {})
            .sort()
            .map(([key, value]) => `${indent}    ${key}: ${show(key, value)}\n`),
          ...below(spanId, `${indent}  `),
        ])
    return below(undefined, '').join('')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/**
 * Reads the spans of an `ExportTraceServiceRequest`. The numbers are those of its fields and of the fields of `Span` in
 * https://github.com/open-telemetry/opentelemetry-proto.
 */
function readSpans(body: Buffer): SentSpan[] {
  return readMessage(body)
    .messages(1)
    .flatMap(resourceSpans => {
      const resource = readAttributes(resourceSpans.message(1)?.messages(1))
      return resourceSpans
        .messages(2)
        .flatMap(scopeSpans => scopeSpans.messages(2))
        .map(span => ({
          service: String(resource['service.name']),
          resource,
          traceId: span.hex(1),
          spanId: span.hex(2),
          parentSpanId: span.hex(4) || undefined,
          name: span.text(5),
          kind: span.number(6) ?? 0,
          failed: span.message(15)?.number(3) === 2,
          attributes: readAttributes(span.messages(9)),
          links: span.messages(13).map(link => ({ traceId: link.hex(1) })),
        }))
    })
}

function readAttributes(attributes: readonly Message[] = []): Record<string, unknown> {
  return Object.fromEntries(attributes.map(pair => [pair.text(1), readValue(pair.message(2))]))
}

function readValue(value: Message | undefined): unknown {
  if (value?.has(1)) return value.text(1)
  if (value?.has(2)) return value.number(2) === 1
  return value?.number(3) ?? value?.number(4) ?? value?.message(5)?.messages(1).map(readValue)
}
