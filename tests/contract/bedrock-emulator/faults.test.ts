import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import type { InjectedFault } from '../../../emulators/bedrock/src/control/faults.ts'
import { type BedrockErrorName, bedrockErrors } from '../../../emulators/bedrock/src/wire/bedrock-error.ts'
import { collectStream, converse, failureOf, haiku, openStream, startBedrock } from './support.ts'

const bedrock = await startBedrock()

async function inject(...faults: InjectedFault[]): Promise<void> {
  expect((await callControl('PUT', 'faults', { faults })).status).toBe(200)
}

function callControl(method: string, control: string, body?: unknown): Promise<Response> {
  const headers = { 'content-type': 'application/json' }
  return fetch(`${bedrock.url}/emulator/${control}`, {
    method,
    ...(body === undefined ? {} : { headers, body: JSON.stringify(body) }),
  })
}

describe('an injected fault', () => {
  it.each(Object.keys(bedrockErrors) as BedrockErrorName[])('can be the error %s', async name => {
    await inject({ fault: { kind: 'error', name } })
    const failure = await failureOf(converse(bedrock.client()))
    expect(failure).toMatchObject({ name, $metadata: { httpStatusCode: bedrockErrors[name] } })
  })

  it('can be an HTML page of a proxy', async () => {
    await inject({ fault: { kind: 'html', status: 503 } })
    const failure = await failureOf(converse(bedrock.client()))
    expect(failure).toMatchObject({ name: 'SyntaxError', $metadata: { httpStatusCode: 503 } })
  })

  it('can be a connection that is cut before the answer', async () => {
    await inject({ fault: { kind: 'reset' } })
    await failureOf(converse(bedrock.client()))
    expect(bedrock.app.controls.requests.all).toMatchObject([{ status: null }])
  })

  it.each<[fault: InjectedFault['fault'], failure: object]>([
    [{ kind: 'exception', type: 'throttlingException' }, { name: 'ThrottlingException' }],
    [{ kind: 'exception', type: 'modelStreamErrorException' }, { name: 'ModelStreamErrorException' }],
    [{ kind: 'exception', type: 'internalServerException' }, { name: 'InternalServerException' }],
    [{ kind: 'exception', type: 'validationException' }, { name: 'ValidationException' }],
    [{ kind: 'exception', type: 'serviceUnavailableException' }, { name: 'ServiceUnavailableException' }],
    [{ kind: 'exception', type: 'somethingNewException' }, { name: 'somethingNewException' }],
    [{ kind: 'stream-error', type: 'InternalFailure' }, { name: 'InternalFailure' }],
    [{ kind: 'garbage' }, { name: 'SyntaxError' }],
    [{ kind: 'corrupt' }, { name: 'Error' }],
    [{ kind: 'cut' }, { code: 'ECONNRESET' }],
  ])('can break the stream off after some events: %j', async (fault, expected) => {
    const more = 'type' in fault ? { message: 'Enough.' } : {}
    await inject({ fault: { ...fault, ...more, afterEvents: 2 } as InjectedFault['fault'] })
    const stream = await openStream(bedrock.client())
    let events = 0
    const failure = await failureOf(
      (async () => {
        for await (const _event of stream) events += 1
      })(),
    )
    expect(failure).toMatchObject(expected)
    if ('type' in fault) expect(failure.message).toContain('Enough.')
    expect(events).toBe(2)
    expect(bedrock.app.controls.requests.all).toMatchObject([{ outcome: 'broken', eventsSent: 2 }])
  })

  it('can be a stream that ends too early', async () => {
    await inject({ fault: { kind: 'end', afterEvents: 5 } })
    const events = await collectStream(bedrock.client())
    expect(events).toHaveLength(5)
    expect(events.some(({ messageStop }) => messageStop)).toBe(false)
  })

  it('can be an unusual stop reason, with or without text', async () => {
    await inject(
      { fault: { kind: 'stop', stopReason: 'refusal' }, times: 1 },
      { fault: { kind: 'stop', stopReason: 'guardrail_intervened', text: 'No.' } },
    )
    const client = bedrock.client()
    const events = await collectStream(client)
    expect(events.map(event => Object.keys(event)[0])).toEqual(['messageStart', 'messageStop', 'metadata'])
    expect(events[1]).toEqual({ messageStop: { stopReason: 'refusal' } })
    expect(await converse(client)).toMatchObject({
      stopReason: 'guardrail_intervened',
      content: [{ text: 'No.' }],
    })
  })
})

describe('the pace', () => {
  it('delays the first event and every token', async () => {
    await callControl('PATCH', 'settings', { firstTokenMs: 60, tokenDelayMs: 5 })
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

  it('delays nothing any more once the caller has closed the connection', async () => {
    await callControl('PATCH', 'settings', { tokenDelayMs: 60_000 })
    const controller = new AbortController()
    const stream = await openStream(bedrock.client(), {}, controller.signal)
    const reading = (async () => {
      for await (const event of stream) if (event.contentBlockDelta) controller.abort()
    })()
    await reading.catch(() => undefined)
    await expect
      .poll(() => bedrock.app.controls.requests.all)
      .toMatchObject([{ outcome: 'client-closed', eventsSent: 2 }])
  })
})

it('hundreds of open streams are served side by side', async () => {
  await inject({ fault: { kind: 'stall', afterEvents: 3 } })
  const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY })
  const streams = await Promise.all(Array.from({ length: 300 }, () => openRawStream(agent)))

  const { all } = bedrock.app.controls.requests
  await expect.poll(() => all.filter(({ eventsSent }) => eventsSent === 3)).toHaveLength(300)
  for (const stream of streams) stream.destroy()
  await expect.poll(() => all.every(({ outcome }) => outcome !== undefined)).toBe(true)
  agent.destroy()
})

describe('the control plane', () => {
  it.each([
    ['PUT', 'faults', { faults: [{ fault: { kind: 'flood' } }] }],
    ['PUT', 'faults', { faults: [{ fault: { kind: 'stop', stopReason: 'x', afterEvents: 1 } }] }],
    ['PATCH', 'settings', { models: { unknown: { access: 'granted' } } }],
    ['PATCH', 'settings', { policies: { arn: { Version: '2012-10-17', Statement: [{ Effect: 'Maybe' }] } } }],
  ])('refuses a request that makes no sense: %s of %s with the body %j', async (method, control, body) => {
    expect((await callControl(method, control, body)).status).toBe(400)
  })

  it('changes models, policies and the clock, and resets them', async () => {
    const model = 'anthropic.claude-haiku-5-5'
    const user = 'arn:aws:iam::111122223333:user/agent'
    const nothing = { Version: '2012-10-17', Statement: [] }
    for (const [change, failure] of [
      [{ models: { [model]: { lifecycle: 'EOL' } } }, 'ResourceNotFoundException'],
      [{ policies: { [user]: nothing } }, 'AccessDeniedException'],
      [{ clockOffsetSeconds: 3_600 }, 'InvalidSignatureException'],
    ] as const) {
      expect((await callControl('PATCH', 'settings', change)).status).toBe(200)
      expect((await failureOf(converse(bedrock.client()))).name).toBe(failure)
    }
    expect((await callControl('POST', 'reset')).status).toBe(204)
    expect(await converse(bedrock.client())).toMatchObject({ stopReason: 'end_turn' })
  })

  it('says which services, region and account are emulated', async () => {
    expect(await (await callControl('GET', 'health')).json()).toEqual({
      status: 'ok',
      emulates: ['bedrock-runtime', 'sts'],
      region: 'us-east-1',
      account: '111122223333',
    })
  })
})

describe('the events on the wire', () => {
  it('are padded to random lengths', async () => {
    const response = await openRawStream()
    expect(response.headers['content-type']).toBe('application/vnd.amazon.eventstream')
    const bytes = Buffer.concat(await response.toArray()).toString('latin1')
    const lengths = [...bytes.matchAll(/"p":"([a-zA-Z0-9]+)"/g)].map(([, padding]) => padding?.length)
    expect(lengths.length).toBeGreaterThan(5)
    expect(new Set(lengths).size).toBeGreaterThan(3)
  })
})

/** Requests a response without reading it, by an API key, which needs no signature. */
function openRawStream(agent?: Agent): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      `${bedrock.url}/model/${haiku}/converse-stream`,
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
