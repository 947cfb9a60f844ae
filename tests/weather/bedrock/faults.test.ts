import { afterAll, afterEach, describe, expect, it } from 'vitest'
import type { InjectedFault } from '../../../emulators/bedrock/src/control/faults.ts'
import { EmulatedAws, staticKeys } from '../../contract/bedrock/emulated-aws.ts'
import { forFile } from '../../support/for-file.ts'
import { connectMode, runTurn } from './run-turn.ts'

const aws = await forFile(EmulatedAws.start())
const connection = connectMode({ ...aws.environment, ...staticKeys })
afterEach(() => aws.reset())
afterAll(() => connection.bedrock.close())

const ask = (message = 'What is the weather in Oslo?') => runTurn(connection.mode, { message })
const countAttempts = () => aws.app.controls.requests.all.length

describe('a call that Bedrock refuses', () => {
  it.each([
    ['AccessDeniedException', 'BEDROCK_ACCESS_DENIED', 1],
    ['ExpiredTokenException', 'BEDROCK_CREDENTIALS_EXPIRED', 1],
    ['UnrecognizedClientException', 'BEDROCK_CREDENTIALS_INVALID', 1],
    ['IncompleteSignatureException', 'BEDROCK_CREDENTIALS_INVALID', 1],
    ['MissingAuthenticationTokenException', 'BEDROCK_CREDENTIALS_INVALID', 1],
    ['InvalidSignatureException', 'BEDROCK_CREDENTIALS_INVALID', 1],
    ['ValidationException', 'BEDROCK_REQUEST_INVALID', 1],
    ['SerializationException', 'BEDROCK_REQUEST_INVALID', 1],
    ['ResourceNotFoundException', 'BEDROCK_MODEL_INVALID', 1],
    ['ServiceQuotaExceededException', 'BEDROCK_THROTTLED', 1],
    ['ModelErrorException', 'BEDROCK_UNAVAILABLE', 1],
    ['ModelTimeoutException', 'BEDROCK_UNAVAILABLE', 1],
    ['InternalServerException', 'BEDROCK_UNAVAILABLE', 3],
    ['ServiceUnavailableException', 'BEDROCK_UNAVAILABLE', 3],
  ] as const)('with the exception %s is reported as %s, after %i attempts', async (name, code, tries) => {
    aws.break({ kind: 'error', name })
    const { failure, steps } = await ask()
    expect(failure?.code).toBe(code)
    expect(failure?.options.upstream?.code).toBe(name)
    expect(countAttempts()).toBe(tries)
    expect(steps).toMatchObject([{ kind: 'model', status: 'failed', problem: { code } }])
  })

  it('because the model has no prompt cache is not reported as missing rights', async () => {
    const message = 'You invoked an unsupported model or your request did not allow prompt caching.'
    aws.break({ kind: 'error', name: 'AccessDeniedException', message })
    const { failure } = await ask()
    expect(failure?.code).toBe('BEDROCK_REQUEST_INVALID')
    expect(failure?.options.hint).toBe('Set BEDROCK_PROMPT_CACHE=none.')
  })

  it('once, by throttling, is retried and then answered', async () => {
    aws.app.controls.faults.inject({ fault: { kind: 'error', name: 'ThrottlingException' }, times: 1 })
    expect((await ask('Hello!')).failure).toBeUndefined()
    expect(countAttempts()).toBe(2)
  })

  it('by throttling fails as BEDROCK_THROTTLED if the retries are throttled too', async () => {
    aws.break({ kind: 'error', name: 'ThrottlingException' })
    expect((await ask()).failure?.code).toBe('BEDROCK_THROTTLED')
    expect(countAttempts()).toBe(3)
  })

  it('is not retried after the turn: the back-off ends with the turn', async () => {
    aws.break({ kind: 'error', name: 'ThrottlingException' })
    const leaving = new AbortController()
    const turn = runTurn(connection.mode, { signal: leaving.signal })
    turn.catch(() => 'asserted below')
    await expect.poll(() => countAttempts(), { interval: 1 }).toBe(1)
    leaving.abort(new Error('gone'))
    await expect(turn).rejects.toThrow()
    expect(countAttempts()).toBe(1)
  })

  it.each([
    ['not-granted', 'BEDROCK_ACCESS_DENIED', /use case form/],
    ['no-use-case-form', 'BEDROCK_ACCESS_DENIED', /use case form/],
    ['no-subscription', 'BEDROCK_ACCESS_DENIED', /aws-marketplace:Subscribe/],
  ] as const)('for the reason that access is “%s” is reported with a hint', async (access, code, hint) => {
    aws.app.controls.settings.change({ models: { 'anthropic.claude-haiku-5-5': { access } } })
    const { failure } = await ask()
    expect(failure?.code).toBe(code)
    expect(failure?.options.hint).toMatch(hint)
  })

  it.each(['EOL', 'LEGACY'] as const)(
    'for the reason that the model is “%s” is reported with the current models',
    async lifecycle => {
      aws.app.controls.settings.change({ models: { 'anthropic.claude-haiku-5-5': { lifecycle } } })
      const { failure } = await ask()
      expect(failure?.code).toBe('BEDROCK_MODEL_RETIRED')
      expect(failure?.options.hint).toContain('eu.anthropic.claude-')
    },
  )

  it('because of an explicit denial in a policy is reported as an explicit denial', async () => {
    const Statement = [{ Effect: 'Deny', Action: 'bedrock:*', Resource: '*' }]
    aws.app.controls.settings.change({
      policies: { 'arn:aws:iam::111122223333:user/agent': { Version: '2012-10-17', Statement } },
    })
    const { failure } = await ask()
    expect(failure?.code).toBe('BEDROCK_ACCESS_DENIED')
    expect(failure?.message).toContain('explicitly denies')
  })

  it('is not even sent if the settings show that Bedrock would refuse it', async () => {
    const { mode, bedrock } = connectMode({
      ...aws.environment,
      ...staticKeys,
      BEDROCK_MODEL_ID: 'us.anthropic.claude-haiku-5-5',
    })
    const { failure, steps } = await runTurn(mode)
    expect(failure).toMatchObject({
      code: 'BEDROCK_MODEL_INVALID',
      message: 'A “us.” profile cannot be called from eu-central-1.',
    })
    expect(bedrock.availability.health).toMatchObject({ state: 'unavailable', problem: failure })
    expect(countAttempts()).toBe(0)
    expect(steps).toEqual([])
    bedrock.close()
  })

  it('for an unknown model is reported with models that exist', async () => {
    const { mode, bedrock } = connectMode({
      ...aws.environment,
      ...staticKeys,
      BEDROCK_MODEL_ID: 'eu.anthropic.claude-imaginary',
    })
    const { failure } = await runTurn(mode)
    expect(failure?.code).toBe('BEDROCK_MODEL_INVALID')
    expect(failure?.options.hint).toContain('eu.anthropic.claude-haiku-5-5')
    bedrock.close()
  })
})

describe('a response of Bedrock that breaks on the way', () => {
  it.each<[string, InjectedFault['fault'], string]>(
    // biome-ignore format: table
    [
      ['an HTML page of a proxy', { kind: 'html', status: 502 }, 'BEDROCK_UNAVAILABLE'],
      ['a connection cut before the answer', { kind: 'reset' }, 'BEDROCK_UNAVAILABLE'],
      ['a stream that is cut', { kind: 'cut', afterEvents: 3 }, 'BEDROCK_STREAM_BROKEN'],
      ['a stream that is cut at once', { kind: 'cut', afterEvents: 0 }, 'BEDROCK_STREAM_BROKEN'],
      ['a stream that ends too early', { kind: 'end', afterEvents: 3 }, 'BEDROCK_STREAM_BROKEN'],
      ['a stream that ends at once', { kind: 'end', afterEvents: 0 }, 'BEDROCK_STREAM_BROKEN'],
      ['an event that is no JSON', { kind: 'garbage', afterEvents: 2 }, 'BEDROCK_STREAM_BROKEN'],
      ['a frame with a wrong checksum', { kind: 'corrupt', afterEvents: 2 }, 'BEDROCK_STREAM_BROKEN'],
      ['a modelled exception', { kind: 'exception', afterEvents: 2, type: 'modelStreamErrorException', message: 'x' }, 'BEDROCK_STREAM_BROKEN'],
      ['throttling in the middle', { kind: 'exception', afterEvents: 2, type: 'throttlingException', message: 'x' }, 'BEDROCK_THROTTLED'],
      ['an error frame', { kind: 'stream-error', afterEvents: 2, type: 'InternalError', message: 'x' }, 'BEDROCK_STREAM_BROKEN'],
    ],
  )('(%s) is a failure, never a short answer', async (_what, fault, code) => {
    aws.break(fault)
    const { failure, outcome, steps } = await ask()
    expect(outcome).toBeUndefined()
    expect(failure?.code).toBe(code)
    expect(steps.every(({ status }) => status !== 'running')).toBe(true)
  })
})

describe('the background probe', () => {
  it('shows, by a request for a single token, that Bedrock answers', async () => {
    const { bedrock } = connectMode({ ...aws.environment, ...staticKeys, BEDROCK_PROBE: 'on' })
    expect(bedrock.availability.health.state).toBe('unknown')
    bedrock.availability.start()
    await expect.poll(() => bedrock.availability.health.state).toBe('ready')
    expect(aws.app.controls.requests.all).toMatchObject([
      { operation: 'ConverseStream', stopReason: 'max_tokens' },
    ])
    bedrock.close()
  })

  it('says that an answer broke off, and not that Bedrock is out of reach', async () => {
    aws.break({ kind: 'cut', afterEvents: 1 })
    const { probe } = await connection.bedrock.connected()
    await expect(probe(new AbortController().signal)).rejects.toMatchObject({ code: 'BEDROCK_STREAM_BROKEN' })
  })

  it('shows what is wrong before anybody asks', async () => {
    const { bedrock } = connectMode({
      ...aws.environment,
      ...staticKeys,
      BEDROCK_PROBE: 'on',
      AWS_SECRET_ACCESS_KEY: 'wrong',
    })
    bedrock.availability.start()
    await expect.poll(() => bedrock.availability.health.problem?.code).toBe('BEDROCK_CREDENTIALS_INVALID')
    bedrock.close()
  })
})
