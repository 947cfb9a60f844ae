import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { describe, expect, it, vi } from 'vitest'
import { type BedrockErrorName, bedrockErrors } from '../../../emulators/bedrock/src/bedrock/bedrock-error.ts'
import type { FaultOrder } from '../../../emulators/bedrock/src/switchboard/fault.ts'
import {
  collectStream,
  converse,
  failureOf,
  haiku,
  openStream,
  textOf,
  toolConfig,
  transports,
  useBedrock,
  userSays,
} from './support.ts'

const bedrock = useBedrock()

async function order(body: FaultOrder): Promise<void> {
  const answer = await fetch(`${bedrock.url}/emulator/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(answer.status).toBe(201)
}

describe.each(transports)('a fault to order, over %s', transport => {
  it.each(Object.keys(bedrockErrors) as BedrockErrorName[])('is %s', async name => {
    await order({ fault: { kind: 'error', name } })
    const client = bedrock.client({ transport })
    for (const failure of [await failureOf(converse(client)), await failureOf(collectStream(client))]) {
      expect(failure).toMatchObject({ name, $metadata: { httpStatusCode: bedrockErrors[name] } })
    }
  })

  it('is an HTML page of a proxy', async () => {
    await order({ fault: { kind: 'html', status: 503 } })
    const failure = await failureOf(converse(bedrock.client({ transport })))
    expect(failure).toMatchObject({ name: 'SyntaxError', $metadata: { httpStatusCode: 503 } })
  })

  it('is a connection that is cut before the answer', async () => {
    await order({ fault: { kind: 'reset' } })
    await failureOf(converse(bedrock.client({ transport })))
    expect(bedrock.app.switchboard.requests.entries).toMatchObject([{ outcome: 'broken' }])
  })

  it.each([
    ['throttlingException', 'ThrottlingException'],
    ['modelStreamErrorException', 'ModelStreamErrorException'],
    ['internalServerException', 'InternalServerException'],
    ['validationException', 'ValidationException'],
    ['serviceUnavailableException', 'ServiceUnavailableException'],
    ['somethingNewException', 'somethingNewException'],
  ])('is %s in the middle of a stream', async (type, name) => {
    await order({ fault: { kind: 'exception', type, message: 'Enough.', afterEvents: 4 } })
    const stream = await openStream(bedrock.client({ transport }))
    let events = 0
    const failure = await failureOf(
      (async () => {
        for await (const _event of stream) events += 1
      })(),
    )
    expect(failure).toMatchObject({ name, message: expect.stringMatching(/Enough\./) })
    expect(events).toBe(4)
  })

  it.each(['garbage', 'corrupt'] as const)('is %s in the middle of a stream', async kind => {
    await order({ fault: { kind, afterEvents: 2 } })
    await failureOf(collectStream(bedrock.client({ transport })))
  })

  it('is an error frame in the middle of a stream', async () => {
    await order({ fault: { kind: 'stream-error', type: 'InternalFailure', message: 'Broken.' } })
    expect(await failureOf(collectStream(bedrock.client({ transport })))).toMatchObject({
      name: 'InternalFailure',
    })
  })

  it('is a stream that ends too early', async () => {
    await order({ fault: { kind: 'end', afterEvents: 5 } })
    const events = await collectStream(bedrock.client({ transport }))
    expect(events).toHaveLength(5)
    expect(events.some(({ messageStop }) => messageStop)).toBe(false)
  })

  it('is another stop reason, with or without text', async () => {
    await order({ fault: { kind: 'stop', stopReason: 'refusal' }, times: 1 })
    await order({
      fault: { kind: 'stop', stopReason: 'guardrail_intervened', text: 'No.' },
      operation: 'Converse',
    })
    const client = bedrock.client({ transport })
    const events = await collectStream(client)
    expect(events.map(event => Object.keys(event)[0])).toEqual(['messageStart', 'messageStop', 'metadata'])
    expect(events[1]).toEqual({ messageStop: { stopReason: 'refusal' } })
    expect(await converse(client)).toMatchObject({
      stopReason: 'guardrail_intervened',
      output: { message: { content: [{ text: 'No.' }] } },
    })
  })

  it('is a thought before the answer', async () => {
    await order({ fault: { kind: 'think' } })
    const client = bedrock.client({ transport })
    const events = await collectStream(client, { messages: [userSays('Weather in Oslo')], toolConfig })
    const reasoning = events.flatMap(
      ({ contentBlockDelta }) => contentBlockDelta?.delta?.reasoningContent ?? [],
    )
    expect(reasoning.length).toBeGreaterThan(2)
    expect(reasoning.at(-1)).toEqual({ signature: expect.any(String) })
    expect((await converse(client)).output?.message?.content).toMatchObject([
      { reasoningContent: { reasoningText: { signature: expect.any(String) } } },
      { text: expect.any(String) },
    ])
  })
})

it('a fault strikes as many requests as it was ordered for', async () => {
  await order({ fault: { kind: 'error', name: 'ThrottlingException' }, times: 1 })
  const client = bedrock.client({ maxAttempts: 2 })
  expect(await converse(client)).toMatchObject({ $metadata: { attempts: 2, httpStatusCode: 200 } })
})

it('a stream whose connection is cut ends with an error on HTTP/1.1', async () => {
  await order({ fault: { kind: 'cut', afterEvents: 4 } })
  const failure = await failureOf(collectStream(bedrock.client()))
  expect(failure).toMatchObject({ code: 'ECONNRESET' })
  expect(bedrock.app.switchboard.requests.entries).toMatchObject([{ outcome: 'broken', eventsSent: 4 }])
})

describe('the pace', () => {
  it('delays the first event and every token', async () => {
    await fetch(`${bedrock.url}/emulator/pace`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ firstTokenMs: 60, tokenDelayMs: 5 }),
    })
    const startedMs = performance.now()
    let firstMs = 0
    let deltas = 0
    for await (const event of await openStream(bedrock.client())) {
      firstMs ||= performance.now() - startedMs
      if (event.contentBlockDelta) deltas += 1
    }
    expect(firstMs).toBeGreaterThanOrEqual(59)
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(firstMs + deltas * 4)
  })

  it.each(transports)('stops with a caller that goes away, over %s', async transport => {
    await order({ fault: { kind: 'slow', tokenDelayMs: 60_000 } })
    const controller = new AbortController()
    const stream = await openStream(bedrock.client({ transport }), {}, controller.signal)
    const reading = (async () => {
      for await (const event of stream) if (event.contentBlockDelta) controller.abort()
    })()
    await reading.catch(() => undefined)
    await vi.waitFor(() =>
      expect(bedrock.app.switchboard.requests.entries).toMatchObject([
        { outcome: 'client-closed', eventsSent: 2 },
      ]),
    )
  })

  it('stops a request that gets no answer when its caller goes away', async () => {
    await order({ fault: { kind: 'hang' } })
    const answer = converse(
      bedrock.client({ requestHandler: { requestTimeout: 100, throwOnRequestTimeout: true } }),
    )
    expect((await failureOf(answer)).name).toMatch(/Timeout/)
    await vi.waitFor(() =>
      expect(bedrock.app.switchboard.requests.entries).toMatchObject([{ outcome: 'client-closed' }]),
    )
  })
})

it('a thousand open streams are served side by side', async () => {
  await order({ fault: { kind: 'stall', afterEvents: 3 } })
  const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY })
  const streams = await Promise.all(Array.from({ length: 1_000 }, () => openRawStream(bedrock.url, agent)))
  const { entries } = bedrock.app.switchboard.requests
  await vi.waitFor(() => expect(entries.filter(({ eventsSent }) => eventsSent === 3)).toHaveLength(1_000))
  for (const stream of streams) stream.destroy()
  await vi.waitFor(() => expect(entries.every(({ durationMs }) => durationMs !== undefined)).toBe(true))
  agent.destroy()
}, 20_000)

describe('the switchboard', () => {
  const call = (method: string, path: string, body?: unknown) =>
    fetch(`${bedrock.url}${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })

  it('refuses what it does not know', async () => {
    expect((await call('POST', '/emulator/faults', { fault: { kind: 'flood' } })).status).toBe(400)
    expect((await call('POST', '/emulator/faults', { fault: { kind: 'hang', afterEvents: 1 } })).status).toBe(
      400,
    )
    expect((await call('PATCH', '/emulator/models/unknown', { access: 'granted' })).status).toBe(404)
  })

  it('changes a model, a policy, sessions and the clock, and forgets it all', async () => {
    const model = '/emulator/models/anthropic.claude-haiku-5-5'
    const user = encodeURIComponent('arn:aws:iam::111122223333:user/agent')
    expect((await call('PATCH', model, { lifecycle: 'EOL' })).status).toBe(200)
    expect((await failureOf(converse(bedrock.client()))).name).toBe('ResourceNotFoundException')
    expect(
      (await call('PUT', `/emulator/policies/${user}`, { Version: '2012-10-17', Statement: [] })).status,
    ).toBe(200)
    expect((await failureOf(converse(bedrock.client()))).name).toBe('AccessDeniedException')
    expect((await call('PUT', '/emulator/clock', { offsetSeconds: 3_600 })).status).toBe(200)
    expect((await failureOf(converse(bedrock.client()))).name).toBe('InvalidSignatureException')
    expect((await call('PATCH', '/emulator/sessions', { expireAll: true, lifetimeSeconds: 60 })).status).toBe(
      204,
    )
    expect((await call('DELETE', '/emulator')).status).toBe(204)
    expect(await converse(bedrock.client())).toMatchObject({ stopReason: 'end_turn' })
    expect(bedrock.app.account.sessionSeconds).toBeUndefined()
  })

  it('says what it stands in for', async () => {
    expect(await (await call('GET', '/emulator/health')).json()).toEqual({
      status: 'ok',
      emulates: ['bedrock-runtime', 'sts'],
      region: 'us-east-1',
      account: '111122223333',
    })
  })
})

describe('the events on the wire', () => {
  it('are padded to random lengths', async () => {
    const response = await openRawStream(bedrock.url)
    expect(response.headers['content-type']).toBe('application/vnd.amazon.eventstream')
    const bytes = Buffer.concat(await response.toArray()).toString('latin1')
    const lengths = [...bytes.matchAll(/"p":"([a-zA-Z0-9]+)"/g)].map(([, padding]) => padding?.length)
    expect(lengths.length).toBeGreaterThan(5)
    expect(new Set(lengths).size).toBeGreaterThan(3)
  })

  it('never split a character', async () => {
    for (let round = 0; round < 5; round += 1) {
      const events = await collectStream(bedrock.client(), { messages: [userSays('¿Qué puedes hacer? 🌧️')] })
      const deltas = events.flatMap(({ contentBlockDelta }) => contentBlockDelta?.delta?.text ?? [])
      expect(deltas.every(delta => delta.isWellFormed())).toBe(true)
      expect(textOf(events)).toContain('«Compara el tiempo en Oslo y Roma»')
    }
  })
})

/** A stream's response, unread; by an API key, which needs no signature. */
function openRawStream(url: string, agent?: Agent): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      `${url}/model/${haiku}/converse-stream`,
      {
        method: 'POST',
        headers: { authorization: 'Bearer emulated-bedrock-api-key' },
        ...(agent ? { agent } : {}),
      },
      resolve,
    )
    request.on('error', reject)
    request.end(JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'Hello' }] }] }))
  })
}
