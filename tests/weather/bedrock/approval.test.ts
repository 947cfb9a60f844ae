import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import { beforeEach, expect, it } from 'vitest'
import {
  ask,
  bearer,
  continueTurn,
  findMetricsUrl,
  readCounter,
  type TurnOutcome,
} from '../../contract/agent/ask.ts'
import { staticKeys } from '../../contract/bedrock/emulated-aws.ts'
import {
  answer,
  ScriptedBedrock,
  type StreamEvent,
  textBlock,
  thinking,
  toolBlock,
  toolStep,
} from '../../contract/bedrock/scripted-bedrock.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { Stack } from '../support/stack.ts'

type Decision = 'approve' | 'deny'

const ALERTS_FILE = temporaryFile('alerts.sqlite')
const untilDate = new Date(Date.now() + 30 * 24 * 3_600_000).toISOString().slice(0, 10)
/** A temperature for each turn, so that turns do not share alerts. */
let celsius = -20
let created = 0

const model = await forFile(new ScriptedBedrock().start())
const agentSettings = { ...staticKeys, ...model.environment, WEATHER_API_ALERTS: 'true' }
const stack = await forFile(Stack.start({ weather: { ALERTS_FILE }, agent: agentSettings }))
const token = await stack.signIn(identities.ada.oid)
stack.appOf('weather').server.on('request', ({ method, url }) => {
  if (method === 'POST' && url === '/alerts') created += 1
})
function beginTurn(): void {
  celsius -= 1
  created = 0
  model.requests.length = 0
}
beforeEach(beginTurn)

const alertCall = (index: number, id: string, alert: object | string): StreamEvent[] => {
  const whole = { when: { kind: 'temperature-below', celsius }, untilDate, ...Object(alert) }
  return toolBlock(index, id, 'create_alert', typeof alert === 'string' ? alert : JSON.stringify(whole))
}
const weatherCall = (index: number, id: string) => toolBlock(index, id, 'get_weather', '{"city":"Rome"}')

const askForAlerts = async (url = stack.agentUrl) => {
  const question = { mode: 'bedrock', message: 'Warn me.', flow: 'obo' }
  return (await ask(url, question, bearer(token))).body as unknown as TurnOutcome
}
/** Goes on with these decisions, in the order of the calls. */
const decide = async (paused: TurnOutcome, decisions: readonly Decision[], url = stack.agentUrl) => {
  const chosen = new Map(paused.calls.map(({ callId }, index) => [callId, decisions[index]]))
  const decision = ({ callId }: { callId: string }) => chosen.get(callId) ?? 'deny'
  return (await continueTurn(url, paused, decision, bearer(token))).body
}

interface Script {
  /** What the model says in each step, made when the turn begins. */
  readonly steps: () => readonly StreamEvent[][]
  /** The user's decisions at each pause. */
  readonly decisions: readonly (readonly Decision[])[]
}

/** One call in each step, then an answer. */
const oneByOne = (...cities: readonly string[]) => [
  ...cities.map((city, index) => toolStep(alertCall(0, `call_${index}`, { city }))),
  answer('Done.'),
]
const scripts: Readonly<Record<string, Script>> = {
  'A step is answered in one message, in the order of its calls, whatever the user decided': {
    steps: () => [
      toolStep(
        textBlock('I will look and set up two.'),
        alertCall(1, 'call_oslo', { city: 'Oslo' }),
        weatherCall(2, 'call_weather'),
        alertCall(3, 'call_bergen', { city: 'Bergen' }),
      ),
      answer('One is set up.'),
    ],
    decisions: [['approve', 'deny']],
  },
  'Calls to which the model gave one id are kept apart, within a step and over steps': {
    steps: () => [
      toolStep(
        weatherCall(0, 'call_1'),
        alertCall(1, 'call_1', { city: 'Oslo' }),
        alertCall(2, 'call_1', { city: 'Bergen' }),
      ),
      toolStep(alertCall(0, 'call_1', { city: 'Oslo' })),
      answer('Done.'),
    ],
    decisions: [['approve', 'deny'], ['approve']],
  },
  'A call is shown to the user as it would run, whatever the model says about it': {
    // As if words in a weather report had made the model call for another city.
    steps: () => [
      toolStep(textBlock('I will warn you about Oslo.'), alertCall(1, 'call_1', { city: 'Rome' })),
    ],
    decisions: [],
  },
  'A call is not shown to the user if its tool is unknown or its arguments are not valid': {
    steps: () => [
      toolStep(
        alertCall(0, 'call_1', '{"city":"Oslo"}'),
        alertCall(1, 'call_2', '{"city":'),
        toolBlock(2, 'call_3', 'drop_tables', '{}'),
        alertCall(3, 'call_4', { city: 'Oslo', untilDate: '2020-01-31' }),
      ),
      answer('That did not work.'),
    ],
    decisions: [],
  },
  'A call is refused without a question once the turn has waited three times, and the turn goes on': {
    steps: () => oneByOne('Oslo', 'Bergen', 'Trondheim', 'Bodø'),
    decisions: [['approve'], ['approve'], ['approve']],
  },
  'A turn waits twice more where everything was denied, as injected calls are': {
    steps: () => oneByOne('Rome', 'Paris', 'Oslo', 'Bergen', 'Bodø', 'Vadsø'),
    decisions: [['deny'], ['deny'], ['approve'], ['approve'], ['approve']],
  },
}

/** What the user is asked, or how the turn ended, and what the model got in its last message. */
function describeOutcome(outcome: TurnOutcome): string {
  const { status, answer: said, code, detail, calls = [], tools = [], trace = [], usage } = outcome
  const lines = [
    `${status ?? 'ended'}: ${code ? `${code}, ${detail}` : said}`,
    ...calls.map(({ callId, title, sentence = [], arguments: input }) => {
      const words = sentence.map(part => ('text' in part ? part.text : `[${part.value}]`)).join('')
      return `asks ${callId}, ${title}: ${words} ${JSON.stringify(input)}`
    }),
    ...(model.requests.at(-1)?.body.messages.at(-1)?.content ?? []).flatMap(describeResult),
    ...trace.flatMap(({ kind, status: shown, approval, problem }) =>
      kind === 'tool' ? [['traced', shown, approval?.decision, problem?.code].filter(Boolean).join(' ')] : [],
    ),
    `tools: ${tools.map(({ name, status: end }) => `${name} ${end}`).join(', ')}`,
    `used: ${usage?.inputTokens} tokens, ${created} alerts`,
  ]
  return lines.map(line => `  ${line.trimEnd()}\n`).join('')
}

function describeResult({ toolResult }: Readonly<Record<string, unknown>>): string[] {
  if (toolResult === undefined) return []
  const { toolUseId, content } = toolResult as { toolUseId: string; content: { text: string }[] }
  const text = content.map(({ text }) => text).join()
  return [`${toolUseId}: ${text.startsWith('{') ? `the result for ${JSON.parse(text).city}` : text}`]
}

/** Names for what differs from run to run. */
function stable(text: string): string {
  const ids = [...new Set(text.match(/[0-9a-f]{8}-[0-9a-f-]{27}/g))]
  return ids
    .reduce((named, id, index) => named.replaceAll(id, `<id ${index + 1}>`), text)
    .replaceAll(untilDate, '<in a month>')
    .replaceAll(/until \[[^\]]+\]/g, 'until [<in a month>]')
    .replaceAll(/[-−]\d\d\b/g, '<celsius>')
}

it('A turn asks the user before its model changes something', async () => {
  const turns: string[] = []
  for (const [title, { steps, decisions }] of Object.entries(scripts)) {
    beginTurn()
    model.play(...steps())
    let outcome = await askForAlerts()
    const described = [describeOutcome(outcome)]
    for (const decision of decisions) {
      if (outcome.code) break
      outcome = await decide(outcome, decision)
      described.push(`  → ${decision.join(', ')}\n`, describeOutcome(outcome))
    }
    turns.push(stable(`${title}\n${described.join('')}`))
  }
  await expect(turns.join('\n')).toMatchFileSnapshot('approval.txt')
})

it('The turn’s budget of input tokens is used up across its pause', async () => {
  const url = await stack.startReplica({ ...agentSettings, TURN_INPUT_TOKENS: '15' })
  model.play(toolStep(textBlock('Now.'), alertCall(1, 'call_oslo', { city: 'Oslo' })))
  const paused = await askForAlerts(url)
  expect(paused.status).toBe('paused')
  expect(await decide(paused, ['approve'], url)).toMatchObject({
    finishReason: 'length',
    notices: [{ code: 'TOKEN_BUDGET_REACHED' }],
    tools: [{ name: 'create_alert', status: 'ok' }],
    usage: { inputTokens: 20 },
  })
  expect([model.requests.length, created]).toEqual([2, 1])
})

it('After the pause, the model gets its thinking back unchanged', async () => {
  model.play(toolStep(thinking('To be warned.'), alertCall(1, 'call_1', { city: 'Oslo' })), answer('Done.'))
  await decide(await askForAlerts(), ['approve'])
  expect(model.requests.at(-1)?.body.messages[1]?.content[0]).toEqual({
    reasoningContent: { reasoningText: { text: 'To be warned.', signature: 'c2lnbmF0dXJl' } },
  })
})

it('Metrics count the calls of tools that have ended, by outcome, and have no name that the model made up', async () => {
  const rows = [
    'get_weather OK',
    'create_alert DENIED',
    'create_alert INVALID_REQUEST',
    'unknown TOOL_NOT_OFFERED',
  ]
  const countAll = () =>
    Promise.all(
      rows.map(row => {
        const [tool, outcome] = row.split(' ')
        const labels = `agent="default",flow="obo",tool="${tool}",outcome="${outcome}"`
        return readCounter(stack.appOf('agent'), `agent_tool_calls_total{${labels}}`)
      }),
    )
  const before = await countAll()
  const sinceThen = async () => (await countAll()).map((count, at) => count - (before[at] ?? 0))
  model.play(
    toolStep(
      weatherCall(0, 'call_1'),
      alertCall(1, 'call_2', { city: 'Oslo' }),
      alertCall(2, 'call_3', '{"city":"Oslo"}'),
      toolBlock(3, 'call_4', 'send_money_to_DE89370400440532013000', '{}'),
    ),
    answer('It was not done.'),
  )
  const paused = await askForAlerts()
  expect((await sinceThen())[1]).toBe(0)
  await decide(paused, ['deny'])
  expect(await sinceThen()).toEqual([1, 1, 1, 1])
  const text = await (await fetch(await findMetricsUrl(stack.appOf('agent')))).text()
  expect(text).not.toMatch(/DE8937|tool="undefined"/)
})

it('A call of a tool that was not offered leaves an audit line, with the tool’s name only if the configuration has the tool', async () => {
  const count = stack.agentLog.length
  model.play(
    toolStep(
      alertCall(0, 'call_1', { city: 'Oslo' }),
      toolBlock(1, 'call_2', 'send_money_to_DE89370400440532013000', '{"amount":"98.70"}'),
    ),
    answer('I cannot do that.'),
  )
  const { body } = await ask(stack.agentUrl, { mode: 'bedrock', message: 'Hello', flow: 'autonomous' })
  expect(body.answer).toBe('I cannot do that.')
  const lines = stack.agentLog.slice(count).map(line => JSON.parse(line))
  const shared = { agent: 'default', flow: 'autonomous', correlationId: body.turnId }
  expect(lines.filter(({ audit }) => audit === 'tool-not-offered')).toMatchObject([
    { ...shared, tool: 'create_alert' },
    { ...shared, tool: '2823e2ac6a49' },
  ])
  expect(stack.agentLog.join()).not.toMatch(/DE8937|98\.70/)
})
