import { expect, it } from 'vitest'
import type { InjectedFault } from '../../../emulators/bedrock/src/control/controls.ts'
import { bedrockErrors } from '../../../emulators/bedrock/src/wire/bedrock-error.ts'
import { converse, describeCalls, failureOf, haiku, openStream, startBedrock, userSays } from './support.ts'

const bedrock = await startBedrock()
const lastRequests = () => bedrock.app.controls.requests.all

function callControl(method: string, control: string, body?: unknown): Promise<Response> {
  const url = `${bedrock.url}/emulator/${control}`
  const document = { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  return fetch(url, { method, ...(body === undefined ? {} : document) })
}

async function inject(...faults: InjectedFault[]): Promise<void> {
  expect((await callControl('PUT', 'faults', { faults })).status).toBe(200)
}

it('an injected fault can be any error, a broken response, or a stream that breaks off after some events', async () => {
  const callWith = (fault: object) => async () => {
    await inject({ fault } as InjectedFault)
    return await converse(bedrock.client()).finally(() => {
      for (const { outcome, eventsSent } of lastRequests())
        if (outcome !== undefined && outcome !== 'complete')
          expect([outcome, eventsSent]).toEqual(['broken', Object(fault).afterEvents ?? 3])
    })
  }
  const exceptions = ['throttling', 'modelStreamError', 'internalServer', 'validation', 'serviceUnavailable']
  const streamBreaks = [
    ...[...exceptions, 'somethingNew'].map(name => ({ kind: 'exception', type: `${name}Exception` })),
    { kind: 'stream-error', type: 'InternalFailure' },
  ].map(fault => ({ ...fault, message: 'Enough.' }))
  const faults = [
    ...Object.keys(bedrockErrors).map(name => ({ kind: 'error', name })),
    { kind: 'html', status: 503 },
    { kind: 'reset' },
    ...[...streamBreaks, { kind: 'garbage' }, { kind: 'corrupt' }, { kind: 'cut' }, { kind: 'end' }].map(
      fault => ({
        ...fault,
        afterEvents: 2,
      }),
    ),
    { kind: 'exception', type: 'throttlingException', message: 'After three events.' },
    { kind: 'stop', stopReason: 'refusal' },
    { kind: 'stop', stopReason: 'guardrail_intervened', text: 'No.' },
  ]
  const calls = Object.fromEntries(faults.map(fault => [JSON.stringify(fault), callWith(fault)]))
  await expect(await describeCalls(bedrock, calls)).toMatchFileSnapshot('faults.txt')
})

it('the pace delays the first event and every token', async () => {
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

it('the pace delays nothing any more once the caller has closed the connection', async () => {
  await callControl('PATCH', 'settings', { tokenDelayMs: 60_000 })
  const controller = new AbortController()
  const stream = await openStream(bedrock.client(), {}, controller.signal)
  const reading = (async () => {
    for await (const event of stream) if (event.contentBlockDelta) controller.abort()
  })()
  await reading.catch(() => undefined)
  await expect.poll(lastRequests).toMatchObject([{ outcome: 'client-closed', eventsSent: 2 }])
})

it.each([
  ['faults', { faults: [{ fault: { kind: 'flood' } }] }],
  ['faults', { faults: [{ fault: { kind: 'stop', stopReason: 'x', afterEvents: 1 } }] }],
  ['settings', { models: { unknown: { access: 'granted' } } }],
  ['settings', { script: 'Two orders.' }],
  ['settings', { script: [[]] }],
  ['settings', { script: [''] }],
  ['settings', { script: [2] }],
  ['settings', { script: [{ tool: 'get_orders', inputs: {} }] }],
  ['settings', { script: [{ tool: 'get_orders', input: '{}' }] }],
  ['settings', { policies: { arn: { Version: '2012-10-17', Statement: [{ Effect: 'Maybe' }] } } }],
])('the control plane refuses a request that makes no sense: %s, %j', async (control, body) => {
  expect((await callControl(control === 'faults' ? 'PUT' : 'PATCH', control, body)).status).toBe(400)
})

it('the control plane changes models, policies and the clock, and resets them', async () => {
  const nothing = { Version: '2012-10-17', Statement: [] }
  for (const [change, failure] of [
    [{ models: { 'anthropic.claude-haiku-5-5': { lifecycle: 'EOL' } } }, 'ResourceNotFoundException'],
    [{ policies: { 'arn:aws:iam::111122223333:user/agent': nothing } }, 'AccessDeniedException'],
    [{ clockOffsetSeconds: 3_600 }, 'InvalidSignatureException'],
  ] as const) {
    expect((await callControl('PATCH', 'settings', change)).status).toBe(200)
    expect((await failureOf(converse(bedrock.client()))).name).toBe(failure)
  }
  expect((await callControl('POST', 'reset')).status).toBe(204)
  expect(await converse(bedrock.client())).toMatchObject({ stopReason: 'end_turn' })
})

it('the control plane says which services, region and account are emulated', async () => {
  expect(await (await callControl('GET', 'health')).json()).toEqual({
    status: 'ok',
    emulates: ['bedrock-runtime', 'sts'],
    region: 'us-east-1',
    account: '111122223333',
  })
})

it('the events on the wire are padded to random lengths', async () => {
  const response = await fetch(`${bedrock.url}/model/${haiku}/converse-stream`, {
    method: 'POST',
    headers: { authorization: 'Bearer emulated-bedrock-api-key' },
    body: JSON.stringify({ messages: [userSays('Hello')] }),
  })
  expect(response.headers.get('content-type')).toBe('application/vnd.amazon.eventstream')
  const bytes = Buffer.from(await response.arrayBuffer()).toString('latin1')
  const lengths = [...bytes.matchAll(/"p":"([a-zA-Z0-9]+)"/g)].map(([, padding]) => padding?.length)
  expect(lengths.length).toBeGreaterThan(5)
  expect(new Set(lengths).size).toBeGreaterThan(3)
})
