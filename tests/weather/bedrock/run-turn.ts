import { randomUUID } from 'node:crypto'
import { type Bedrock, connectBedrock, readBedrockConfig } from '@entra-agents/bedrock-access'
import { type ApiCaller, type ApiContext, TraceRecorder } from '@entra-agents/identity/core'
import { isProblem, type ProblemError, readEnvironment } from '@entra-agents/service-kit'
import type { HistoryEntry, TraceStep } from '@entra-agents/trace'
import { onTestFinished } from 'vitest'
import { bedrockModeOnDemand } from '../../../services/agent/src/bedrock/on-demand.ts'
import type { WeatherClient } from '../../../services/agent/src/tools/weather/client.ts'
import { weatherToolset } from '../../../services/agent/src/tools/weather/testing/toolset.ts'
import { createWeatherTools } from '../../../services/agent/src/tools/weather/tools.ts'
import type { WeatherReport } from '../../../services/agent/src/tools/weather/weather.ts'
import type { AnsweredTurn, AnswerMode, Turn } from '../../../services/agent/src/turn/turn.ts'
import { staticKeys } from '../../contract/bedrock/emulated-aws.ts'
import { agentIdentity } from '../../support/identities.ts'

/** A turn that ended, with everything that the user received. */
export interface FinishedTurn {
  readonly answer: string
  readonly deltas: readonly string[]
  readonly notices: readonly ProblemError[]
  readonly steps: readonly TraceStep[]
  readonly outcome: AnsweredTurn | undefined
  readonly failure: ProblemError | undefined
}

export interface TurnOptions {
  readonly message?: string
  readonly history?: readonly HistoryEntry[]
  readonly flow?: Turn['flow']
  readonly user?: Turn['user']
  readonly signal?: AbortSignal
  readonly onWrite?: (text: string) => void
}

/** Runs one turn of bedrock mode below the HTTP routes. */
export async function runTurn(mode: AnswerMode, asked: TurnOptions = {}): Promise<FinishedTurn> {
  const deltas: string[] = []
  const notices: ProblemError[] = []
  const trace = new TraceRecorder(() => {})
  const turn: Turn = {
    id: randomUUID(),
    requestId: 'request-1',
    correlationId: randomUUID(),
    message: asked.message ?? 'What is the weather in Oslo?',
    history: asked.history ?? [],
    mode: 'bedrock',
    resumed: undefined,
    pausesForConsent: false,
    agent: agentIdentity,
    flow: asked.flow ?? 'autonomous',
    user: asked.user,
    signal: asked.signal ?? new AbortController().signal,
    trace,
    write: text => {
      deltas.push(text)
      asked.onWrite?.(text)
    },
    notice: notice => notices.push(notice),
  }
  const seen = () => ({ answer: deltas.join(''), deltas, notices, steps: trace.steps })
  try {
    const outcome = await mode.answer(turn)
    if ('wait' in outcome) throw new Error('The turn waits, which no tool of these tests asks for.')
    return { ...seen(), outcome, failure: undefined }
  } catch (error) {
    if (!isProblem(error)) throw error
    return { ...seen(), outcome: undefined, failure: error }
  }
}

/** Contexts of tools that call no API. */
const withoutApis: Pick<ApiCaller, 'for'> = {
  for: turn => {
    const context = { turn, under: () => context, audit: () => {}, askAhead: () => {}, leaveAhead: () => {} }
    return context as unknown as ApiContext<typeof turn>
  },
}

/** Connects bedrock mode by these variables, without the rest of the agent. */
export function connectMode(
  environment: Record<string, string>,
  weather: WeatherClient = sunnyClient(),
  inputTokens = 0,
): { mode: AnswerMode; bedrock: Bedrock } {
  const variables = { AWS_REGION: 'eu-central-1', BEDROCK_PROBE: 'off', ...environment }
  const bedrock = connectBedrock(readEnvironment(variables, readBedrockConfig))
  const toolset = weatherToolset()
  const toolsets = [
    { ...toolset, load: async () => createWeatherTools(weather).map(tool => ({ tool, api: toolset.api })) },
  ]
  const rules = { consentFromTurns: 'first-call', inputTokens } as const
  return { mode: bedrockModeOnDemand(bedrock, toolsets, withoutApis, rules), bedrock }
}

/** Bedrock mode with a scripted model, until the test ends. */
export function connectScripted(
  { url }: { readonly url: string },
  environment: Readonly<Record<string, string>> = {},
  weather?: WeatherClient,
  inputTokens?: number,
): ReturnType<typeof connectMode> {
  const connected = connectMode(
    { ...staticKeys, AWS_ENDPOINT_URL: url, ...environment },
    weather,
    inputTokens,
  )
  onTestFinished(() => connected.bedrock.close())
  return connected
}

export function weatherReport(city: string): WeatherReport {
  return {
    city,
    country: 'Norway',
    temperature_c: 3.5,
    temperature_f: 38.3,
    condition: 'Sunny',
    observed_at: '2026-11-25T12:00:00Z',
    source: 'climate-normals',
  }
}

/** Weather without identity or network, for tests that are only about the model. */
export function sunnyClient(change: Partial<WeatherClient> = {}): WeatherClient {
  return {
    current: async (_context, city) => weatherReport(city),
    forecast: async (_context, city) => ({ city, country: 'Norway', source: 'climate-normals', days: [] }),
    ...change,
  }
}
