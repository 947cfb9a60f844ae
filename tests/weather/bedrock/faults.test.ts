import { afterAll, afterEach, describe, expect, it, onTestFinished } from 'vitest'
import type { InjectedFault } from '../../../emulators/bedrock/src/control/controls.ts'
import { EmulatedAws, staticKeys } from '../../contract/bedrock/emulated-aws.ts'
import { forFile } from '../../support/for-file.ts'
import { connectMode, runTurn } from './run-turn.ts'

type Fault = InjectedFault['fault']
type Change = Parameters<typeof aws.app.controls.settings.change>[0]

const aws = await forFile(EmulatedAws.start())
const connection = connectMode({ ...aws.environment, ...staticKeys })
afterEach(() => aws.reset())
afterAll(() => connection.bedrock.close())

const countAttempts = () => aws.app.controls.requests.all.length
const error = (name: string) => ({ kind: 'error', name }) as Fault
const throttle = () => aws.break(error('ThrottlingException'))
const model = (settings: object) => ({ models: { 'anthropic.claude-haiku-5-5': settings } }) as Change
const Statement = [{ Effect: 'Deny', Action: 'bedrock:*', Resource: '*' }]
const denial = { Version: '2012-10-17', Statement }

/** Bedrock with other settings, until the test ends. */
function connectWith(environment: Record<string, string>) {
  const connected = connectMode({ ...aws.environment, ...staticKeys, ...environment })
  onTestFinished(() => connected.bedrock.close())
  return connected
}

/** What the user reads of a turn while Bedrock has a fault, and how often Bedrock was called. */
async function describeTurn(title: string, mode = connection.mode): Promise<string> {
  const { failure, outcome, steps } = await runTurn(mode)
  expect(outcome).toBeUndefined()
  const shown = steps.map(({ kind, status, problem }) => [kind, status, problem?.code].join(' ').trimEnd())
  const called = `called ${countAttempts()} times; upstream ${failure?.options.upstream?.code}`
  aws.reset()
  const message = failure?.message.replace(aws.url, '<Bedrock>')
  const lines = [`${failure?.code}: ${message}`, called, `in the trace: ${shown.join()}`]
  return [title, ...lines].join('\n  ')
}

describe('a call that Bedrock refuses', () => {
  it('is reported with its reason, after retries where they may help', async () => {
    const faults: Readonly<Record<string, Fault | Change>> = {
      'missing rights': error('AccessDeniedException'),
      'a request that is no JSON': error('SerializationException'),
      'an error of Bedrock': error('InternalServerException'),
      'a Bedrock that is down': error('ServiceUnavailableException'),
      'a model at the end of its life': model({ lifecycle: 'EOL' }),
      'an explicit denial': { policies: { 'arn:aws:iam::111122223333:user/agent': denial } } as Change,
    }
    const turns: string[] = []
    for (const [title, fault] of Object.entries(faults)) {
      if ('kind' in fault) aws.break(fault)
      else aws.app.controls.settings.change(fault)
      turns.push(await describeTurn(title))
    }
    const BEDROCK_MODEL_ID = 'eu.anthropic.claude-imaginary'
    turns.push(await describeTurn(BEDROCK_MODEL_ID, connectWith({ BEDROCK_MODEL_ID }).mode))
    await expect(`${turns.join('\n')}\n`).toMatchFileSnapshot('refused-calls.txt')
  })

  it('is not retried after the turn: the back-off ends with the turn', async () => {
    throttle()
    const leaving = new AbortController()
    const turn = runTurn(connection.mode, { signal: leaving.signal })
    turn.catch(() => 'asserted below')
    await expect.poll(() => countAttempts(), { interval: 1 }).toBe(1)
    leaving.abort(new Error('gone'))
    await expect(turn).rejects.toThrow()
    expect(countAttempts()).toBe(1)
  })
})

it('A response of Bedrock that breaks on the way is a failure, never a short answer', async () => {
  const exception = (type: string): Fault => ({ kind: 'exception', afterEvents: 2, type })
  const faults: Readonly<Record<string, Fault>> = {
    'an HTML page of a proxy': { kind: 'html', status: 502 },
    'a connection cut before the answer': { kind: 'reset' },
    'a stream that is cut': { kind: 'cut', afterEvents: 3 },
    'a stream that ends too early': { kind: 'end', afterEvents: 3 },
    'a stream that ends at once': { kind: 'end', afterEvents: 0 },
    'an event that is no JSON': { kind: 'garbage', afterEvents: 2 },
    'a frame with a wrong checksum': { kind: 'corrupt', afterEvents: 2 },
    'an exception of the model': exception('modelStreamErrorException'),
    'throttling in the middle': exception('throttlingException'),
    'an exception of an unknown type': exception('somethingNewException'),
    'an error frame': { kind: 'stream-error', afterEvents: 2, type: 'InternalError' },
  }
  const turns: string[] = []
  for (const [title, fault] of Object.entries(faults)) {
    aws.break(fault)
    turns.push(await describeTurn(title))
  }
  await expect(`${turns.join('\n')}\n`).toMatchFileSnapshot('broken-responses.txt')
})

describe('the background probe', () => {
  it('shows, by a request for a single token, that Bedrock answers', async () => {
    const { availability } = connectWith({ BEDROCK_PROBE: 'on' }).bedrock
    expect(availability.health.state).toBe('unknown')
    availability.start()
    await expect.poll(() => availability.health.state).toBe('ready')
    const call = { operation: 'ConverseStream', stopReason: 'max_tokens' }
    expect(aws.app.controls.requests.all).toMatchObject([call])
  })

  it('says that an answer broke off, and not that Bedrock is out of reach', async () => {
    aws.break({ kind: 'cut', afterEvents: 1 })
    const { probe } = await connection.bedrock.connected()
    await expect(probe(new AbortController().signal)).rejects.toMatchObject({ code: 'BEDROCK_STREAM_BROKEN' })
  })
})
