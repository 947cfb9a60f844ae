import { type MetricsServerOptions, serveMetrics } from '@entra-agents/telemetry/metrics'
import type { Decision, ResourceServer } from '@entra-agents/tokens'
import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client'
import type { FastifyInstance } from 'fastify'
import { probePaths } from './routes/health.ts'

const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const excludedRoutes: readonly (string | undefined)[] = probePaths

/** The API's own metrics. No label value comes from a request. */
export class ApiMetrics {
  readonly registry = new Registry()
  readonly #requests = new Histogram({
    name: 'weather_api_request_duration_seconds',
    help: 'How long responses took, by route (empty for unknown ones) and status; without probes.',
    labelNames: ['route', 'status'],
    buckets: durationBuckets,
    registers: [this.registry],
  })

  readonly #decisions = new Counter({
    name: 'weather_api_token_decisions_total',
    help: 'Decisions on tokens, by flow (empty where the token does not tell) and outcome (OK, a failed check or a problem code).',
    labelNames: ['flow', 'outcome'],
    registers: [this.registry],
  })

  decided({ identity, outcome }: Pick<Decision, 'identity' | 'outcome'>): void {
    this.#decisions.inc({ flow: identity?.flow ?? '', outcome })
  }

  /** Shows the age of the deny list. */
  watchDenyList(server: Pick<ResourceServer, 'denyListAgeSeconds'>): void {
    new Gauge({
      name: 'weather_api_deny_list_age_seconds',
      help: 'Seconds since the deny list was last seen to be up to date, or since the start if it was never read.',
      registers: [this.registry],
      collect() {
        this.set(server.denyListAgeSeconds ?? 0)
      },
    })
  }

  /** Counts the requests of the routes that are registered later. */
  watch(app: FastifyInstance): void {
    app.addHook(
      'onResponse',
      async ({ routeOptions: { url: route = '' } }, { statusCode: status, elapsedTime }) => {
        if (!excludedRoutes.includes(route)) this.#requests.observe({ route, status }, elapsedTime / 1000)
      },
    )
  }
}

/** Counts requests of an app from now on, and serves the metrics. */
export function addMetrics(app: FastifyInstance, options: MetricsServerOptions): ApiMetrics {
  const metrics = new ApiMetrics()
  metrics.watch(app)
  serveMetrics(app, options, metrics.registry)
  return metrics
}
