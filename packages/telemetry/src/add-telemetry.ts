import type { Tracer } from '@opentelemetry/api'
import type { FastifyInstance } from 'fastify'
import type { TelemetryConfig } from './config.ts'
import type { ServerSpanOptions } from './server-spans.ts'

/**
 * Traces an app: a span for every request, and a tracer for further spans. Without a configuration nothing is imported, and
 * there is no tracer. Call it before the hooks and routes that are to run inside the spans.
 */
export async function addTelemetry(
  app: FastifyInstance,
  config: TelemetryConfig | undefined,
  options: ServerSpanOptions,
): Promise<Tracer | undefined> {
  if (!config) return undefined
  const [{ startTracing }, { addServerSpans }] = await Promise.all([
    import('./sdk.ts'),
    import('./server-spans.ts'),
  ])
  const { tracer, close } = startTracing(config, app.log)
  // onClose hooks run in reverse order, so this hook, added first, runs last, when all spans have ended.
  app.addHook('onClose', close)
  addServerSpans(app, tracer, options)
  return tracer
}
