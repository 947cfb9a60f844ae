import {
  BedrockRuntimeClient,
  type ContentBlock,
  ConverseCommand,
  type Message,
} from '@aws-sdk/client-bedrock-runtime'
import { decodeJwt } from 'jose'
import { afterAll, beforeEach, expect, it, vi } from 'vitest'
import { startAuthSidecar, startBedrock, startEntra } from './index.ts'
import { seed } from './testing/seed.ts'

const entra = await startEntra({ seed })
const apis = { orders: { scopes: ['Orders.Read'] }, 'all-orders': { api: 'orders', appOnly: true } }
const sidecar = await startAuthSidecar({ entra, blueprint: 'helper', apis })
const script = [{ tool: 'get_orders', input: { open: true } }, 'Two orders.']
const bedrock = await startBedrock({ script })
const emulators = [entra, sidecar, bedrock]
beforeEach(() => {
  for (const emulator of emulators) emulator.reset()
  for (const [name, value] of Object.entries(bedrock.environment)) vi.stubEnv(name, value)
})
afterAll(() => Promise.all(emulators.map(emulator => emulator.close())))

const client = new BedrockRuntimeClient({ maxAttempts: 1 })
afterAll(() => client.destroy())

const toolSpec = { name: 'get_orders', inputSchema: { json: { type: 'object' } } }
const ask = (messages: Message[]) =>
  client.send(
    new ConverseCommand({
      modelId: 'us.anthropic.claude-haiku-5-5',
      messages,
      toolConfig: { tools: [{ toolSpec }] },
    }),
  )
const userSays = (...content: ContentBlock[]): Message => ({ role: 'user', content })

/** The sidecar's response to an agent that asks for a token, of its own or on behalf of a user. */
async function getToken(agent: string, api: string, userToken?: string) {
  const route = userToken ? 'AuthorizationHeader' : 'AuthorizationHeaderUnauthenticated'
  const response = await fetch(`${sidecar.url}/${route}/${api}?AgentIdentity=${entra.id(agent)}`, {
    headers: userToken ? { authorization: `Bearer ${userToken}` } : {},
  })
  const { authorizationHeader, detail } = (await response.json()) as Record<string, string>
  return { detail, claims: authorizationHeader && decodeJwt(authorizationHeader.replace('Bearer ', '')) }
}

it('an agent gets a token of its own from the sidecar, and calls the tool that the script wants', async () => {
  const question = userSays({ text: 'Do I have orders?' })
  const first = await ask([question])
  const [block] = first.output?.message?.content ?? []
  expect(block?.toolUse).toMatchObject({ name: 'get_orders', input: { open: true } })
  expect(await getToken('shopper', 'all-orders')).toMatchObject({
    claims: { azp: entra.id('shopper'), roles: ['Orders.Read.All'] },
  })
  const toolUseId = block?.toolUse?.toolUseId
  const result = userSays({ toolResult: { toolUseId, content: [{ json: { orders: 2 } }] } })
  const last = await ask([question, { role: 'assistant', content: first.output?.message?.content }, result])
  expect(last.output?.message?.content).toEqual([{ text: 'Two orders.' }])
  expect(entra.requests.map(({ leg }) => leg)).toEqual(['discovery', 't1', 'tr'])
  expect(bedrock.requests).toMatchObject([{ operation: 'Converse', stopReason: 'tool_use' }, { status: 200 }])
})

it('an agent gets a token on behalf of a user, and one without the right is refused in Entra’s words', async () => {
  const scopes = ['access_as_user']
  const userToken = await entra.issueToken({ client: 'shop', resource: 'helper', user: 'ada', scopes })
  expect(await getToken('shopper', 'orders', userToken)).toMatchObject({
    claims: { azp: entra.id('shopper'), oid: entra.id('ada'), scp: 'Orders.Read' },
  })
  expect((await getToken('trainee', 'orders', userToken)).detail).toContain('AADSTS65001')
  expect(entra.requests.at(-1)).toMatchObject({ leg: 'obo', aadsts: 65001 })
})

it('faults last until they are disposed, or as many times as the test says', async () => {
  {
    using _ = sidecar.fault({ kind: 'html', status: 503 }, { path: '/AuthorizationHeader' })
    await expect(getToken('shopper', 'orders')).rejects.toThrow(SyntaxError)
    expect(sidecar.requests.at(-1)).toMatchObject({ status: 503 })
  }
  entra.fault('tr', 53003)
  expect((await getToken('shopper', 'all-orders')).detail).toContain('AADSTS53003')
  bedrock.fault('ThrottlingException', { times: 1 })
  const question = userSays({ text: 'Do I have orders?' })
  await expect(ask([question])).rejects.toMatchObject({ name: 'ThrottlingException' })
  bedrock.clock.advance(3_600)
  await expect(ask([question])).rejects.toMatchObject({ name: 'InvalidSignatureException' })
  bedrock.changeSettings({ script: ['No.'], clockOffsetSeconds: 0 })
  expect((await ask([question])).output?.message?.content).toEqual([{ text: 'No.' }])
  bedrock.reset()
  expect(await ask([question])).toMatchObject({ stopReason: 'tool_use' })
})

it('what makes no sense is refused in words', async () => {
  expect(() => bedrock.fault('Throttling')).toThrow('This fault cannot be')
  // @ts-expect-error Entra's refusals are no faults of the sidecar
  expect(() => sidecar.fault(50053)).toThrow('This fault cannot be')
  // @ts-expect-error no text and no call of a tool
  await expect(startBedrock({ script: [{ say: 'Hi.' }] })).rejects.toThrow('step 1 is none')
  await expect(startBedrock({ port: Number(new URL(bedrock.url).port) })).rejects.toThrow('is taken')
  const keyless = startAuthSidecar({ entra, blueprint: 'keyless', apis })
  await expect(keyless).rejects.toThrow('"keyless" has no secret in the seed.')
  const unknown = startAuthSidecar({ entra, blueprint: 'helper', apis: { oders: {} } })
  await expect(unknown).rejects.toThrow('nobody of the name "oders"')
})
