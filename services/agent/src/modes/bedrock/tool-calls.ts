import { redactText } from '@entra-bedrock-agent/identity-trace'
import { toProblem } from '@entra-bedrock-agent/service-kit'
import { z } from 'zod'
import { type AgentProblemCode, problem } from '../../problems.ts'
import type { Weather } from '../../tools/weather/weather.ts'
import type { ToolCall } from './model-response.ts'
import type { Turn } from '../../turn/turn.ts'

const city = z.string().trim().min(1).max(100).describe('City, such as "Oslo" or "Dallas, Texas".')

interface WeatherTool<Schema extends z.ZodType = z.ZodType> {
  readonly name: string
  readonly description: string
  readonly schema: Schema
  readonly call: (weather: Weather, turn: Turn, input: z.output<Schema>, stepId: string) => Promise<unknown>
}

const weatherTools: readonly WeatherTool[] = [
  defineTool({
    name: 'get_weather',
    description: 'Current weather of one city.',
    schema: z.strictObject({ city }),
    call: (weather, turn, input, stepId) => weather.current(turn, input.city, stepId),
  }),
  defineTool({
    name: 'get_forecast',
    description: 'Daily forecast of one city, from today on.',
    schema: z.strictObject({
      city,
      days: z.int().min(1).max(7).describe('Days from today on; 2 includes tomorrow.'),
    }),
    call: (weather, turn, input, stepId) => weather.forecast(turn, input.city, input.days, stepId),
  }),
]

function defineTool<Schema extends z.ZodType>(tool: WeatherTool<Schema>): WeatherTool {
  return {
    ...tool,
    call: (weather, turn, input, stepId) => tool.call(weather, turn, tool.schema.parse(input), stepId),
  }
}

/** The tools as Bedrock wants them: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolSpecification.html. */
export const toolSpecifications = weatherTools.map(({ name, description, schema }) => {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io: 'input' })
  return { toolSpec: { name, description, inputSchema: { json: JSON.parse(JSON.stringify(json)) } } }
})

/** What the model may word for the person. Everything else, above all a refused identity, ends the turn. */
const tellsTheModel: ReadonlySet<string> = new Set<AgentProblemCode>([
  'CITY_NOT_FOUND',
  'WEATHER_UNAVAILABLE',
  'INVALID_REQUEST',
])

/** What a tool call gave: the text for the model, one plain sentence if it failed. */
export interface ToolResult {
  readonly ok: boolean
  readonly text: string
}

/**
 * Runs one tool call as a step of the turn's trace.
 * Throws the ProblemError of an identity failure: an answer must not pretend that the call went well.
 */
export async function runTool(weather: Weather, turn: Turn, call: ToolCall): Promise<ToolResult> {
  const step = turn.trace.start({ kind: 'tool', from: 'bedrock', to: 'agent', title: titleOf(call) })
  try {
    const { tool, input } = checkCall(call)
    const report = await tool.call(weather, turn, input, step.id)
    step.ok()
    return { ok: true, text: JSON.stringify(report) }
  } catch (error) {
    if (turn.signal.aborted) throw error
    const failure = toProblem(error)
    step.fail(failure.toDocument(turn.requestId))
    if (!tellsTheModel.has(failure.code)) throw error
    return {
      ok: false,
      text: `${call.name} failed: ${[failure.message, failure.options.hint].join(' ').trim()}`,
    }
  }
}

function titleOf({ name, arguments: input }: ToolCall): string {
  return redactText(`${name}(${input === undefined ? '…' : JSON.stringify(input)})`.slice(0, 200))
}

/** What the model wrote is input like any other: it is checked before anything is done with it. */
function checkCall(call: ToolCall): { tool: WeatherTool; input: unknown } {
  const tool = weatherTools.find(({ name }) => name === call.name)
  if (tool === undefined) throw problem('INVALID_REQUEST', 'There is no such tool.')
  if (call.arguments === undefined) throw problem('INVALID_REQUEST', 'The arguments were not valid JSON.')
  const parsed = tool.schema.safeParse(call.arguments)
  if (parsed.success) return { tool, input: parsed.data }
  const [issue] = parsed.error.issues
  const path = issue?.path.join('.')
  throw problem(
    'INVALID_REQUEST',
    `The arguments were wrong: ${path ? `${path}: ` : ''}${issue?.message ?? 'invalid'}.`,
  )
}
