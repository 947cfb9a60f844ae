import { setTimeout as delay } from 'node:timers/promises'
import { proxyAgentOptions } from '@entra-agents/service-kit'
import { context } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { ExportResultCode } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import type { FastifyBaseLogger } from 'fastify'
import { AllowList } from './allow-list.ts'
import type { TelemetryConfig } from './config.ts'

const closeTimeoutMs = 3_000
const maxValueLength = 256
const warnIntervalMs = 60_000

/** Starts OpenTelemetry without auto-instrumentation, with a provider that only this app uses. */
export function startTracing(config: TelemetryConfig, log: FastifyBaseLogger) {
  // OpenTelemetry takes the first context manager of a process and ignores all later ones.
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  const { tracesUrl: url, headers, timeoutMs, samplingRatio, resource } = config
  const httpAgentOptions = { keepAlive: true, ...proxyAgentOptions() }
  const exporter = new OTLPTraceExporter({ url, headers, timeoutMillis: timeoutMs, httpAgentOptions })
  const provider = new TracerProvider({
    resource: resourceFromAttributes(resource),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(samplingRatio) }),
    spanLimits: { attributeValueLengthLimit: maxValueLength },
    spanProcessors: [new AllowList(), new BatchSpanProcessor({ exporter: lossWarner(exporter, url, log) })],
  })
  return {
    tracer: provider.getTracer('entra-bedrock-agent'),
    /** Exports pending spans, for at most three seconds. Never throws. */
    close: async () => {
      await Promise.race([
        provider.shutdown().catch(() => {}),
        delay(closeTimeoutMs, undefined, { ref: false }),
      ])
    },
  }
}

/** Wraps the exporter so that it also logs, at intervals, how many spans could not be exported. */
function lossWarner(exporter: SpanExporter, url: string, log: FastifyBaseLogger): SpanExporter {
  let lost = 0
  let warnedMs = Number.NEGATIVE_INFINITY
  return {
    export: (spans, done) =>
      exporter.export(spans, result => {
        if (result.code === ExportResultCode.FAILED) {
          lost += spans.length
          if (performance.now() - warnedMs > warnIntervalMs) {
            warnedMs = performance.now()
            log.warn(
              { lost, endpoint: new URL(url).origin },
              'The OTLP endpoint does not take spans; they are lost.',
            )
          }
        }
        done(result)
      }),
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  }
}
