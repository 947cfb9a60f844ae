import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** A span as it came over the wire. */
export interface SentSpan {
  readonly service: string
  readonly resource: Readonly<Record<string, unknown>>
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly name: string
  /** 1 internal, 2 server, 3 client. */
  readonly kind: number
  readonly failed: boolean
  readonly attributes: Readonly<Record<string, unknown>>
  readonly links: readonly { readonly traceId: string }[]
}

interface WireValue {
  readonly stringValue?: string
  readonly intValue?: number | string
  readonly doubleValue?: number
  readonly boolValue?: boolean
  readonly arrayValue?: { readonly values?: readonly WireValue[] }
}
type WireAttributes = readonly { readonly key: string; readonly value: WireValue }[]
interface WireExport {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: WireAttributes }
    readonly scopeSpans: readonly {
      readonly spans: readonly (Omit<SentSpan, 'attributes' | 'service' | 'resource'> & {
        readonly attributes: WireAttributes
        readonly status: { readonly code?: number }
      })[]
    }[]
  }[]
}

/** The smallest collector: takes OTLP over HTTP in JSON, and keeps it. */
export class Collector implements AsyncDisposable {
  /** Everything that was sent, as it came. */
  text = ''
  readonly headers: IncomingHttpHeaders[] = []
  readonly spans: SentSpan[] = []
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(): Promise<Collector> {
    const server = createServer(async (request, response) => {
      const body = await text(request)
      if (request.method !== 'POST' || request.url !== '/v1/traces') {
        response.writeHead(404).end()
        return
      }
      collector.headers.push(request.headers)
      collector.text += body
      collector.spans.push(...readSpans(JSON.parse(body)))
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
    const collector = new Collector(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return collector
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** The spans of a trace as lines, indented below their parents, in the order in which they were made by name. */
  treeOf(traceId: string): string[] {
    const spans = this.spans.filter(span => span.traceId === traceId)
    const below = (parent: string | undefined, depth: number): string[] =>
      spans
        .filter(({ parentSpanId }) => parentSpanId === parent)
        .sort((one, other) => one.name.localeCompare(other.name))
        .flatMap(({ service, name, spanId }) => [
          `${'  '.repeat(depth)}${service}: ${name}`,
          ...below(spanId, depth + 1),
        ])
    return below(undefined, 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}

function readSpans({ resourceSpans }: WireExport): SentSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const described = readAttributes(resource.attributes)
    return scopeSpans
      .flatMap(({ spans }) => spans)
      .map(span => ({
        ...span,
        service: String(described['service.name']),
        resource: described,
        parentSpanId: span.parentSpanId || undefined,
        failed: span.status.code === 2,
        attributes: readAttributes(span.attributes),
        links: span.links ?? [],
      }))
  })
}

function readAttributes(attributes: WireAttributes): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, readValue(value)]))
}

function readValue({ stringValue, intValue, doubleValue, boolValue, arrayValue }: WireValue): unknown {
  const number = intValue === undefined ? doubleValue : Number(intValue)
  return stringValue ?? number ?? boolValue ?? arrayValue?.values?.map(readValue)
}
