import { appAttributes, genAi, type Tokens } from '@entra-agents/telemetry'
import { createModelSpend, type ModelSpend } from '@entra-agents/telemetry/model-spend'
import type { TraceStep } from '@entra-agents/trace'
import type { Attributes } from '@opentelemetry/api'
import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client'

/** Buckets of OpenTelemetry's conventions for generative AI, in seconds and tokens. */
const modelBuckets = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
const tokenBuckets = [1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576]
const modelLabels = ['gen_ai_operation_name', 'gen_ai_provider_name', 'gen_ai_request_model']
const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120]

/** The metrics of the turns, besides those of the process. No label comes from a message or an answer. */
export class TurnMetrics {
  readonly registry = new Registry()
  readonly #inSeconds = { buckets: durationBuckets, registers: [this.registry] }
  readonly inFlight = new Gauge({
    name: 'agent_turns_in_flight',
    help: 'Chat turns under way.',
    registers: [this.registry],
  })
  readonly #turns = new Counter({
    name: 'agent_turns_total',
    help: 'Chat turns that ended, by agent, mode, flow and outcome (OK, PAUSED, ABANDONED or a problem code).',
    labelNames: ['agent', 'mode', 'flow', 'outcome'],
    registers: [this.registry],
  })
  readonly refused = new Counter({
    name: 'agent_turns_refused_total',
    help: 'Chat turns that were refused because as many were under way as may be.',
    registers: [this.registry],
  })
  readonly #duration = new Histogram({
    name: 'agent_turn_duration_seconds',
    help: 'How long chat turns took.',
    labelNames: ['mode', 'flow'],
    ...this.#inSeconds,
  })
  readonly #firstToken = new Histogram({
    name: 'agent_turn_first_token_seconds',
    help: 'How long the first text of an answer took.',
    labelNames: ['mode', 'flow'],
    ...this.#inSeconds,
  })

  readonly streams = new Gauge({
    name: 'agent_streams_open',
    help: 'Event streams that clients read.',
    registers: [this.registry],
  })
  readonly #tokenRequests = new Histogram({
    name: 'agent_token_request_duration_seconds',
    help: 'How long the sidecar took for tokens of turns, by agent, flow, API and outcome (OK or a problem code).',
    labelNames: ['agent', 'flow', 'api', 'outcome'],
    ...this.#inSeconds,
  })
  readonly #toolCalls = new Counter({
    name: 'agent_tool_calls_total',
    help: 'Calls of tools that ended, by agent, flow, tool (unknown if it was not offered) and outcome (OK, DENIED or a problem code).',
    labelNames: ['agent', 'flow', 'tool', 'outcome'],
    registers: [this.registry],
  })
  readonly #apiCalls = new Histogram({
    name: 'agent_api_call_duration_seconds',
    help: 'How long calls of APIs took, by API and outcome (OK or a problem code).',
    labelNames: ['api', 'outcome'],
    ...this.#inSeconds,
  })
  readonly #modelCalls = new Histogram({
    name: 'gen_ai_client_operation_duration_seconds',
    help: 'How long calls of the model took; error_type is empty, or a problem code.',
    labelNames: [...modelLabels, 'error_type'],
    buckets: modelBuckets,
    registers: [this.registry],
  })
  readonly #firstChunk = new Histogram({
    name: 'gen_ai_client_operation_time_to_first_chunk_seconds',
    help: 'How long the first piece of the model’s response took.',
    labelNames: modelLabels,
    buckets: modelBuckets,
    registers: [this.registry],
  })
  readonly #tokenUsage = new Histogram({
    name: 'gen_ai_client_token_usage',
    help: 'Tokens of the model that a call took (input, cached ones included) and gave (output).',
    labelNames: [...modelLabels, 'gen_ai_token_type'],
    buckets: tokenBuckets,
    registers: [this.registry],
  })

  readonly pauses = new Counter({
    name: 'agent_pauses_total',
    help: 'Turns that began to wait for their user, by agent, flow and what for (approval, step-up or consent).',
    labelNames: ['agent', 'flow', 'kind'],
    registers: [this.registry],
  })
  readonly decisions = new Counter({
    name: 'agent_pause_decisions_total',
    help: 'Calls that users decided about, by agent, flow, what the turn waited for and decision (approve or deny).',
    labelNames: ['agent', 'flow', 'kind', 'decision'],
    registers: [this.registry],
  })

  readonly spend: ModelSpend

  /** @param prices of the model's tokens, if known */
  constructor(prices?: Tokens) {
    this.spend = createModelSpend(this.registry, prices)
  }

  /** Labels come from the configuration and the catalogues of problems alone, so that their number is limited. */
  stepEnded(
    { agent, flow }: Readonly<Record<'agent' | 'flow', string>>,
    { kind, to, status, durationMs = 0, problem, approval, tool }: TraceStep,
    attributes: Attributes,
  ): void {
    const seconds = durationMs / 1000
    const outcome = problem?.code ?? 'OK'
    if (kind === 'token-request') {
      const api = String(attributes[appAttributes.api])
      this.#tokenRequests.observe({ agent, flow, api, outcome }, seconds)
    } else if (kind === 'api-call') {
      this.#apiCalls.observe({ api: to, outcome }, seconds)
    } else if (kind === 'tool' && status !== 'waiting') {
      // Without this attribute the call was chosen without a model, or has waited: its tool is one of the configuration.
      const name = String(attributes[genAi.toolName] ?? tool?.name)
      this.#toolCalls.inc({
        agent,
        flow,
        tool: name,
        outcome: approval?.decision === 'deny' ? 'DENIED' : outcome,
      })
    } else if (kind === 'model') {
      this.#modelEnded(seconds, problem?.code ?? '', attributes)
    }
  }

  #modelEnded(seconds: number, errorType: string, attributes: Attributes): void {
    const labels = {
      gen_ai_operation_name: 'chat',
      gen_ai_provider_name: 'aws.bedrock',
      gen_ai_request_model: String(attributes[genAi.requestModel]),
    }
    this.#modelCalls.observe({ ...labels, error_type: errorType }, seconds)
    const figures = [
      [this.#firstChunk, labels, attributes[genAi.timeToFirstChunk]],
      [this.#tokenUsage, { ...labels, gen_ai_token_type: 'input' }, attributes[genAi.inputTokens]],
      [this.#tokenUsage, { ...labels, gen_ai_token_type: 'output' }, attributes[genAi.outputTokens]],
    ] as const
    for (const [histogram, given, value] of figures) {
      if (typeof value === 'number') histogram.observe(given, value)
    }
  }

  turnEnded(
    { agent, mode, flow, outcome }: Readonly<Record<'agent' | 'mode' | 'flow' | 'outcome', string>>,
    durationMs: number,
    firstTokenMs: number | undefined,
  ): void {
    this.inFlight.dec()
    this.#turns.inc({ agent, mode, flow, outcome })
    this.#duration.observe({ mode, flow }, durationMs / 1000)
    if (firstTokenMs !== undefined) this.#firstToken.observe({ mode, flow }, firstTokenMs / 1000)
  }
}
