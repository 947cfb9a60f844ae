import { ProblemError } from '@entra-bedrock-agent/service-kit'
import type { FastifyBaseLogger } from 'fastify'
import type { AgentTokens } from '../identity/agent-tokens.ts'
import { type ComponentHealth, HealthRecord } from '../status/health.ts'
import type { Turn } from '../turn/turn.ts'
import {
  type ForecastAnswer,
  isForecastAnswer,
  isReportAnswer,
  type ReportAnswer,
  readProblemAnswer,
  type Validated,
} from '../tools/weather/responses.ts'
import { obtainTracedToken, type ProtocolFacts, type TracedToken } from './token-steps.ts'
import type { Weather } from '../tools/weather/weather.ts'
import { createWeatherApi, oncePerBrokenConnection, type WeatherApiAnswer } from './api-client.ts'
import {
  explainWeatherAnswer,
  silentWeatherApi,
  unreadableWeather,
  unreadyWeatherApi,
} from './api-failures.ts'

export interface WeatherOptions {
  readonly weatherApiUrl: string
  readonly tokens: AgentTokens
  /** For the trace: what goes on where the agent cannot look. */
  readonly identity: ProtocolFacts
  readonly logger: FastifyBaseLogger
  /** How long one call of the weather API may take. Default: 10 s. */
  readonly timeoutMs?: number
}

export interface WeatherClient extends Weather {
  /** What the last call of the weather API, or the last look at it, showed. */
  readonly health: ComponentHealth
  /** Looks at the weather API's `/readyz` if the last look is old. Never throws. */
  refresh(): Promise<void>
  close(): Promise<void>
}

interface Question<Answer> {
  readonly path: string
  readonly city: string
  readonly isAnswer: (body: unknown) => body is Answer
}

const lookIsFreshForMs = 5_000
/** A `/readyz` that answers says nothing against these: only a call that succeeds does. */
const shownByCallsOnly = new Set(['WEATHER_TOKEN_REJECTED', 'WEATHER_FORBIDDEN'])

/** Calls the weather API under the agent's identity, and records every hop. */
export function createWeather(options: WeatherOptions): WeatherClient {
  const { tokens, identity, logger } = options
  const api = createWeatherApi(options)
  const health = new HealthRecord()
  let lookedAtMs = Number.NEGATIVE_INFINITY

  async function ask<Answer extends { validated: Validated }>(
    turn: Turn,
    parentId: string | undefined,
    question: Question<Answer>,
  ): Promise<Omit<Answer, 'validated'>> {
    const token = await obtainTracedToken(tokens, turn, identity, parentId)
    try {
      const call = () => callOnce(turn, parentId, question, token)
      const { validated, ...weather } = await oncePerBrokenConnection(call, turn.signal)
      health.works()
      return weather
    } catch (error) {
      turn.signal.throwIfAborted()
      const failure = error instanceof ProblemError ? error : silentWeatherApi(error)
      if (failure.kind.status >= 500) health.fails(failure)
      else health.works()
      const {
        code,
        options: { upstream },
      } = failure
      logger.info({ correlationId: turn.correlationId, code, upstream }, failure.message)
      throw failure
    }
  }

  async function callOnce<Answer extends { validated: Validated }>(
    turn: Turn,
    parentId: string | undefined,
    { path, city, isAnswer }: Question<Answer>,
    token: TracedToken,
  ): Promise<Answer> {
    const headers = {
      accept: 'application/json',
      ...(turn.traceparent ? { traceparent: turn.traceparent } : {}),
    }
    const step = turn.trace.start({
      ...(parentId === undefined ? {} : { parentId }),
      kind: 'api-call',
      from: 'agent',
      to: 'weather-api',
      title: `The agent asks the weather API about ${city}`,
      request: {
        method: 'GET',
        url: `${options.weatherApiUrl}${path}`,
        headers: { authorization: `Bearer TR ‹${token.fingerprint}›`, ...headers },
      },
    })
    let answer: WeatherApiAnswer
    try {
      answer = await api.get(path, { authorization: `Bearer ${token.value}`, ...headers }, turn.signal)
    } catch (error) {
      // Whoever ends the turn also ends its steps, and knows why.
      turn.signal.throwIfAborted()
      step.fail(silentWeatherApi(error).toDocument(turn.requestId))
      throw error
    }
    const { status, body } = answer
    if (status === 200 && isAnswer(body)) {
      step.ok({ response: { status, body } })
      noteValidation(turn, step.id, token, body.validated)
      return body
    }
    const failure = status === 200 ? unreadableWeather() : explainWeatherAnswer(answer, city)
    const told = readProblemAnswer(body)
    if (told.failedCheck) token.verifiedByWeatherApi([{ name: told.failedCheck, ok: false }])
    step.fail(failure.toDocument(turn.requestId), { response: { status, body: told } })
    throw failure
  }

  return {
    current: (turn, city, parentId) =>
      ask<ReportAnswer>(turn, parentId, {
        path: `/weather?${new URLSearchParams({ city })}`,
        city,
        isAnswer: isReportAnswer,
      }),
    forecast: (turn, city, days, parentId) =>
      ask<ForecastAnswer>(turn, parentId, {
        path: `/weather/forecast?${new URLSearchParams({ city, days: String(days) })}`,
        city,
        isAnswer: isForecastAnswer,
      }),
    get health() {
      return health.current
    },
    async refresh() {
      if (performance.now() - lookedAtMs < lookIsFreshForMs) return
      lookedAtMs = performance.now()
      try {
        const answer = await api.get('/readyz', {}, new AbortController().signal)
        if (answer.status !== 200) health.fails(unreadyWeatherApi(answer.status))
        else if (!shownByCallsOnly.has(health.current.problem?.code ?? '')) health.works()
      } catch (error) {
        health.fails(silentWeatherApi(error))
      }
    },
    close: () => api.close(),
  }
}

/** The weather API's own word on the token, taken from its answer. */
function noteValidation(turn: Turn, parentId: string, token: TracedToken, validated: Validated): void {
  const { caller, on_behalf_of: person, signature_verified: signatureVerified } = validated
  turn.trace.note('ok', {
    parentId,
    kind: 'validation',
    from: 'weather-api',
    to: 'agent',
    title: [
      signatureVerified
        ? 'The weather API verified TR'
        : 'The weather API read TR without verifying its signature',
      person === null
        ? `agent ${caller} acts as itself`
        : `agent ${caller} acts on behalf of person ${person}`,
    ].join(': '),
    token: token.verifiedByWeatherApi(validated.checks),
  })
}
