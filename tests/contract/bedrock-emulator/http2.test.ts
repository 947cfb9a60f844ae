import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime'
import { afterAll, expect, it } from 'vitest'
import { buildApp } from '../../../emulators/bedrock/src/app.ts'
import { readConfig } from '../../../emulators/bedrock/src/config.ts'
import {
  type BedrockUnderTest,
  converse,
  converseAtOnce,
  failureOf,
  knownKeys,
  startBedrock,
} from './support.ts'

const bedrock = await startBedrock()

/** A client that speaks HTTP/2, as it does without a `requestHandler`. */
function http2Client({ url }: Pick<BedrockUnderTest, 'url'>, credentials = knownKeys) {
  const client = new BedrockRuntimeClient({
    region: 'us-east-1',
    endpoint: url,
    credentials,
    maxAttempts: 1,
  })
  afterAll(() => client.destroy())
  return client
}

it('AWS’s SDK for JavaScript calls the emulator as it is, by HTTP/2', async () => {
  const client = http2Client(bedrock)
  const answers = Array.from({ length: 20 }, (_, at) => (at % 2 ? converse(client) : converseAtOnce(client)))
  for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ stopReason: 'end_turn' })
  const text = [{ text: expect.stringMatching(/^Hello!/) }]
  expect(await converse(bedrock.client())).toMatchObject({ content: text })
})

it('signatures are checked, and faults happen, by HTTP/2 as by HTTP/1.1', async () => {
  const wrongKeys = { ...knownKeys, secretAccessKey: 'wrong' }
  expect(await failureOf(converse(http2Client(bedrock, wrongKeys)))).toMatchObject({
    name: 'InvalidSignatureException',
    $metadata: { httpStatusCode: 403 },
  })
  bedrock.app.controls.faults.inject({ fault: { kind: 'exception', type: 'throttlingException' } })
  expect((await failureOf(converse(http2Client(bedrock)))).name).toBe('ThrottlingException')
  bedrock.app.controls.reset()
  bedrock.app.controls.faults.inject({ fault: { kind: 'reset' } })
  await failureOf(converse(http2Client(bedrock)))
})

it('the emulator stops although clients hold connections, with and without streams on them', async () => {
  const app = buildApp(readConfig({ LOG_LEVEL: 'fatal' }))
  await app.listen({ port: 0, host: '127.0.0.1' })
  const client = http2Client({ url: app.listeningOrigin })
  await converse(client)
  app.controls.faults.inject({ fault: { kind: 'stall' } })
  const stalled = Promise.allSettled([converse(client)])
  await expect.poll(() => app.controls.requests.all.at(-1)?.eventsSent).toBe(3)
  await app.close()
  await stalled
})
