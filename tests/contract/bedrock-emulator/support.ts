import {
  BedrockRuntimeClient,
  type BedrockRuntimeClientConfig,
  type ContentBlock,
  ConverseCommand,
  ConverseStreamCommand,
  type ConverseStreamCommandInput,
  type ConverseStreamOutput,
  type TokenUsage,
} from '@aws-sdk/client-bedrock-runtime'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { afterAll, afterEach } from 'vitest'
import { buildApp } from '../../../emulators/bedrock/src/app.ts'
import { readConfig } from '../../../emulators/bedrock/src/config.ts'

export const haiku = 'us.anthropic.claude-haiku-5-5'
export const haiku45 = 'us.anthropic.claude-haiku-4-5-20251001-v1:0'

/** The keys that the emulator accepts by default. */
export const knownKeys = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
}

export const toolConfig: NonNullable<ConverseStreamCommandInput['toolConfig']> = {
  tools: [
    tool('get_weather', { city: { type: 'string' } }),
    tool('get_forecast', { city: { type: 'string' }, days: { type: 'integer' } }),
  ],
}

function tool(name: string, properties: Record<string, { type: string }>) {
  return { toolSpec: { name, inputSchema: { json: { type: 'object', properties } } } }
}

export interface BedrockUnderTest {
  readonly url: string
  readonly app: ReturnType<typeof buildApp>
  /** A client of the real SDK; one attempt, so that errors show at once. */
  client(options?: BedrockRuntimeClientConfig): BedrockRuntimeClient
}

/** A listening emulator for the tests of one file; it is reset after each test. */
export async function startBedrock(
  environment: Readonly<Record<string, string>> = {},
  random?: () => number,
): Promise<BedrockUnderTest> {
  const clients: BedrockRuntimeClient[] = []
  const app = buildApp(readConfig({ LOG_LEVEL: 'fatal', ...environment }), random)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const url = app.listeningOrigin
  afterEach(() => {
    for (const client of clients.splice(0)) client.destroy()
    app.controls.reset()
  })
  afterAll(() => app.close())
  const client = (options: BedrockRuntimeClientConfig = {}) => {
    const requestHandler = new NodeHttpHandler()
    const usual = { region: 'us-east-1', endpoint: url, credentials: knownKeys, maxAttempts: 1 }
    const made = new BedrockRuntimeClient({ ...usual, requestHandler, ...options })
    clients.push(made)
    return made
  }
  return { url, app, client }
}

/** How each call ends, one line a call: its stop reason, or the error of the SDK. The emulator is reset before each. */
export async function describeCalls(
  { app }: BedrockUnderTest,
  calls: Readonly<Record<string, () => Promise<Pick<Answer, 'stopReason'>>>>,
): Promise<string> {
  const lines: string[] = []
  for (const [what, call] of Object.entries(calls)) {
    app.controls.reset()
    lines.push(`${what}: ${await call().then(({ stopReason }) => stopReason, describeFailure)}\n`)
  }
  return lines.join('')
}

function describeFailure({ name, message, $metadata }: Error & { $metadata?: { httpStatusCode?: number } }) {
  const stable = message
    .replaceAll(/\b\d{8}T\d{6}Z/g, '<time>')
    .replaceAll(/(?<=checksum \(|value of )\d+/g, '<sum>')
  return `${$metadata?.httpStatusCode ?? 'no status'} ${name} | ${stable.split('\n', 1)[0]}`
}

export function userSays(text: string) {
  return { role: 'user' as const, content: [{ text }] }
}

/** A complete answer. */
export interface Answer {
  readonly content: ContentBlock[]
  readonly stopReason: string | undefined
  readonly usage: TokenUsage | undefined
}

/** Makes one call, and puts the events of its stream together. Throws what the stream throws. */
export async function converse(
  client: BedrockRuntimeClient,
  input: Partial<ConverseStreamCommandInput> = {},
): Promise<Answer> {
  const events = await collectStream(client, input)
  const stops = events.flatMap(({ contentBlockStop }) => contentBlockStop ?? [])
  return {
    content: stops.map(({ contentBlockIndex }) => joinBlock(events, contentBlockIndex)),
    stopReason: events.find(({ messageStop }) => messageStop)?.messageStop?.stopReason,
    usage: events.at(-1)?.metadata?.usage,
  }
}

/** The same by Converse, whose answer is one document. */
export async function converseAtOnce(
  client: BedrockRuntimeClient,
  input: Partial<ConverseStreamCommandInput> = {},
): Promise<Answer> {
  const command = new ConverseCommand({ modelId: haiku, messages: [userSays('Hello!')], ...input })
  const { output, stopReason, usage } = await client.send(command)
  return { content: output?.message?.content ?? [], stopReason, usage }
}

function joinBlock(events: readonly ConverseStreamOutput[], index: number | undefined): ContentBlock {
  const starts = events.flatMap(({ contentBlockStart }) => contentBlockStart ?? [])
  const deltas = events
    .filter(({ contentBlockDelta }) => contentBlockDelta?.contentBlockIndex === index)
    .flatMap(({ contentBlockDelta }) => contentBlockDelta?.delta ?? [])
  const call = starts.find(({ contentBlockIndex }) => contentBlockIndex === index)?.start?.toolUse
  if (!call) return { text: deltas.map(({ text }) => text).join('') }
  const input = JSON.parse(deltas.map(({ toolUse }) => toolUse?.input).join(''))
  return { toolUse: { toolUseId: call.toolUseId, name: call.name, input } }
}

/** All events of one ConverseStream call. Throws what the stream throws. */
export async function collectStream(
  client: BedrockRuntimeClient,
  input: Partial<ConverseStreamCommandInput> = {},
): Promise<ConverseStreamOutput[]> {
  const events: ConverseStreamOutput[] = []
  for await (const event of await openStream(client, input)) events.push(event)
  return events
}

export async function openStream(
  client: BedrockRuntimeClient,
  input: Partial<ConverseStreamCommandInput> = {},
  abortSignal?: AbortSignal,
): Promise<AsyncIterable<ConverseStreamOutput>> {
  const command = new ConverseStreamCommand({
    modelId: haiku,
    messages: [userSays('Hello!')],
    ...input,
  })
  const { stream } = await client.send(command, abortSignal ? { abortSignal } : {})
  if (!stream) throw new Error('There is no stream.')
  return stream
}

/** The error with which a promise is rejected. @throws if the promise is fulfilled. */
export async function failureOf(promise: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  try {
    await promise
  } catch (error) {
    return error as Error & Record<string, unknown>
  }
  throw new Error('It succeeded.')
}
