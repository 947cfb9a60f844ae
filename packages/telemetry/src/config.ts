import type { EnvironmentReader } from '@entra-agents/service-kit'

/** Where spans are sent, which share of the traces is sampled, and how the spans describe the service (`resource`). */
export interface TelemetryConfig {
  /** The URL for OTLP over HTTP with protobuf. */
  readonly tracesUrl: string
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
  /** The share of traces that is kept, from 0 to 1. */
  readonly samplingRatio: number
  readonly resource: Readonly<Record<string, string>>
}

const maxTimeoutMs = 60_000
/** The collector's port for gRPC, which is not supported here. */
const grpcPort = '4317'

/**
 * Reads OpenTelemetry's own variables; `undefined` without an endpoint. Further variables of the connection
 * (`OTEL_EXPORTER_OTLP_CERTIFICATE`, `…_COMPRESSION`) are read by the exporter.
 *
 * @param service its version, and its name unless `OTEL_SERVICE_NAME` is set
 */
export function readTelemetry(
  env: EnvironmentReader,
  service: { readonly name: string; readonly version: string },
): TelemetryConfig | undefined {
  if (env.optional('OTEL_EXPORTER_OTLP_ENDPOINT') === undefined) return undefined
  const endpoint = env.url('OTEL_EXPORTER_OTLP_ENDPOINT')
  if (URL.parse(endpoint)?.port === grpcPort) {
    env.fault(
      'OTEL_EXPORTER_OTLP_ENDPOINT has the port 4317, which is for gRPC; spans are sent by HTTP, usually to 4318.',
    )
  }
  return {
    tracesUrl: `${endpoint}/v1/traces`,
    headers: readPairs(env, 'OTEL_EXPORTER_OTLP_HEADERS'),
    timeoutMs: env.integer('OTEL_EXPORTER_OTLP_TIMEOUT', 3_000, 100, maxTimeoutMs),
    samplingRatio: env.optionalNumber('OTEL_TRACES_SAMPLER_ARG', 0, 1) ?? 1,
    resource: {
      'service.version': service.version,
      ...readPairs(env, 'OTEL_RESOURCE_ATTRIBUTES'),
      'service.name': env.text('OTEL_SERVICE_NAME', service.name),
    },
  }
}

/** Reads `name=value,…`, percent-encoded. Values may be secret, so faults do not quote them. */
function readPairs(env: EnvironmentReader, variable: string): Readonly<Record<string, string>> {
  const pairs = env.list(variable, []).map(item => /^([^=]+)=(.*)$/.exec(item))
  try {
    return Object.fromEntries(
      pairs.map(match => {
        if (!match) throw new URIError('no pair')
        return [decodeURIComponent(match[1]?.trim() ?? ''), decodeURIComponent(match[2] ?? '')]
      }),
    )
  } catch {
    env.fault(`${variable} must be a comma-separated list of name=value, percent-encoded.`)
    return {}
  }
}
