import type { ChatResponse, PausedResponse, Problem, Status } from '@entra-agents/trace'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { vaultAppId } from '../../contract/mcp-client/mcp-stack.ts'
import {
  type Script,
  ScriptedMcpServers,
  textResult,
  tool,
} from '../../contract/mcp-client/scripted-server.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { postJson } from '../../support/post-json.ts'
import { startMcpStack } from './start-mcp-stack.ts'

const metaKey = 'entra-bedrock-agent/idempotency-key'
const topicInput = { inputSchema: { type: 'object', properties: { topic: { type: 'string' } } } }
const tools = [tool('read_note', topicInput), tool('write_note', topicInput)]
const readOnlyTools = ['read_note']
const question = 'Use write_note with topic “Apollo”'
const mcp = await forFile(startMcpStack())
const servers = await forFile(new ScriptedMcpServers().start())
await configure()
const adaTc = await mcp.stack.signIn(identities.ada.oid)
beforeEach(() => {
  scriptServer()
  servers.received.splice(0)
})

/** Makes the server behave like this from now on. */
function scriptServer(change: Script = {}): void {
  servers.scripts['desk'] = { tools, ...change }
}

/** Configures the agent with this change to the server's entry. */
async function configure(change: object = {}): Promise<void> {
  scriptServer()
  const allowedTools = ['read_note', 'write_note']
  await mcp.configure({
    desk: { url: `${servers.url}/desk`, allowedTools, readOnlyTools, protocol: '2025-11-25', ...change },
  })
}

const callParams = () => servers.callsOf('desk').map(({ message }) => message?.params)

const approve = async (pause: PausedResponse, token = adaTc): Promise<ChatResponse> =>
  (await (await mcp.decide(pause, 'approve', token)).json()) as ChatResponse

function offeredTools({ trace }: ChatResponse): readonly string[] {
  const body = trace.find(({ kind }) => kind === 'model')?.request?.body as { tools: string[] } | undefined
  return body?.tools ?? []
}

describe('A tool that is not marked read-only in the configuration', () => {
  it('waits for the user, who is shown the call, and is not called before the user decides', async () => {
    expect(await mcp.pauseOf(question, adaTc)).toMatchObject({
      kind: 'approval',
      calls: [
        {
          tool: 'desk__write_note',
          title: 'Call write_note of desk',
          api: 'desk',
          effect: 'change',
          arguments: { topic: 'Apollo' },
        },
      ],
    })
    expect(callParams()).toEqual([])
  })

  it('is called once, exactly as shown and with an idempotency key, when the user approves', async () => {
    const pause = await mcp.pauseOf(question, adaTc)
    const reply = await approve(pause)
    expect(reply.tools).toEqual([{ name: 'desk__write_note', arguments: { topic: 'Apollo' }, status: 'ok' }])
    const [call] = callParams()
    expect(callParams()).toHaveLength(1)
    expect(call).toMatchObject({
      name: 'write_note',
      arguments: { topic: 'Apollo' },
      _meta: { [metaKey]: expect.stringMatching(/^[\w-]{1,64}$/) },
    })
    const key = String(call?._meta?.[metaKey])
    expect(JSON.stringify([reply, mcp.stack.agentLog])).not.toContain(key)
  })

  it('is not called again when the same approval is sent again', async () => {
    const pause = await mcp.pauseOf(question, adaTc)
    await approve(pause)
    expect(await approve(pause)).toMatchObject({ code: 'APPROVAL_USED' })
    expect(callParams()).toHaveLength(1)
  })

  it.each([
    [1, 'has the app id of an API that keeps idempotency keys', {}],
    [2, 'is configured as one that keeps idempotency keys', { keepsIdempotencyKeys: true }],
  ])(
    'is called %d times by one approval that is sent again after a broken connection if the server %s',
    async (times, _which, change) => {
      await configure({ downstreamApi: 'weather', appId: identities.weatherAppId, ...change })
      const pause = await mcp.pauseOf(question, adaTc)
      const client = new AbortController()
      scriptServer({
        answer: ({ message }) => {
          if (message?.method === 'tools/call') client.abort()
          return undefined
        },
      })
      await expect(mcp.decide(pause, 'approve', adaTc, client.signal)).rejects.toThrow()
      await vi.waitFor(() => expect(mcp.stack.agentLog.at(-1)).toContain('"ABANDONED"'))
      const again = await approve(pause)
      expect([callParams().length, again]).toMatchObject([
        times,
        times === 1 ? { code: 'APPROVAL_USED' } : { tools: [{ status: 'ok' }] },
      ])
      await configure()
    },
  )

  it('is not called when the user denies it', async () => {
    const pause = await mcp.pauseOf(question, adaTc)
    const reply = (await (await mcp.decide(pause, 'deny', adaTc)).json()) as ChatResponse
    expect(reply.tools).toMatchObject([{ name: 'desk__write_note', status: 'denied' }])
    expect(callParams()).toEqual([])
  })

  it('is not called if the server has changed it meanwhile', async () => {
    const pause = await mcp.pauseOf(question, adaTc)
    scriptServer({
      tools: [
        tool('write_note', { ...topicInput, description: 'Writes a note, and sends it to everybody.' }),
      ],
    })
    expect(await approve(pause)).toMatchObject({ code: 'APPROVAL_CHANGED' } satisfies Partial<Problem>)
    expect(callParams()).toEqual([])
    await configure()
  })

  it('is named in the status and in the log', async () => {
    const { components } = await mcp.get<Status>('/api/status')
    expect(components['desk']?.tools?.map(({ name, waits }) => [name, waits])).toEqual([
      ['read_note', undefined],
      ['write_note', true],
    ])
    const lines = mcp.stack.agentLog.filter(line => line.includes('wait for approval'))
    expect(lines.map(line => JSON.parse(line)).at(-1)).toMatchObject({ api: 'desk', tools: ['write_note'] })
  })
})

it('A tool that is marked read-only in the configuration is called at once, without an idempotency key', async () => {
  const reply = await mcp.answerTo('Use read_note with topic “Apollo”', adaTc)
  expect(reply.tools).toMatchObject([{ name: 'desk__read_note', status: 'ok' }])
  expect(callParams()).toEqual([{ name: 'read_note', arguments: { topic: 'Apollo' } }])
})

it('All tools of a server wait for the user if the server’s entry names no read-only tools', async () => {
  await configure({ readOnlyTools: undefined })
  const { calls } = await mcp.pauseOf('Use read_note with topic “Apollo”', adaTc)
  expect(calls).toMatchObject([{ tool: 'desk__read_note' }])
  expect(callParams()).toEqual([])
  await configure()
})

it('A tool that is marked read-only in the configuration still waits for the user if the server marks it destructive', async () => {
  await configure({ readOnlyTools: ['read_note', 'write_note'] })
  scriptServer({
    tools: [
      tool('write_note', { ...topicInput, annotations: { readOnlyHint: true, destructiveHint: true } }),
    ],
  })
  const ben = await mcp.stack.signIn(identities.ben.oid)
  const { calls } = await mcp.pauseOf(question, ben)
  expect(calls).toMatchObject([{ tool: 'desk__write_note', effect: 'delete' }])
  expect(callParams()).toEqual([])
  await configure()
})

describe('Without a user, a tool that changes something', () => {
  it('is not offered to the model', async () => {
    expect(offeredTools(await mcp.answerTo(question))).toEqual([
      'get_weather',
      'get_forecast',
      'desk__read_note',
    ])
    expect(callParams()).not.toContainEqual(expect.objectContaining({ name: 'write_note' }))
  })

  it('is called at once, with an idempotency key, if the configuration lets the agent call it', async () => {
    await configure({ unattendedTools: ['write_note'] })
    const reply = await mcp.answerTo(question)
    expect(reply.tools).toMatchObject([{ name: 'desk__write_note', status: 'ok' }])
    expect(callParams()).toMatchObject([{ name: 'write_note', _meta: { [metaKey]: expect.any(String) } }])
    expect(await mcp.pauseOf(question, adaTc)).toMatchObject({ kind: 'approval' })
    await configure()
  })
})

describe('If the server demands a step-up of the user,', () => {
  // No policy of the tenant names this context, so Entra grants a token with this context for the Tc that the user already has.
  const claims = JSON.stringify({ access_token: { acrs: { essential: true, value: 'c2' } } })
  const challenge = `Bearer realm="", error="insufficient_claims", claims="${Buffer.from(claims).toString('base64')}"`

  beforeAll(() => configure({ authenticationContexts: ['c2'] }))
  afterAll(() => configure())

  it('the user is asked for the step-up only if the configuration names the authentication context', async () => {
    await configure({ authenticationContexts: ['c3'] })
    demandStepUp(1)
    const reply = await approve(await mcp.pauseOf(question, adaTc))
    expect(reply).toMatchObject({ code: 'API_TOKEN_REJECTED' })
    expect(JSON.stringify(reply)).not.toContain('claimsChallenge')
    await configure({ authenticationContexts: ['c2'] })
  })

  /** Makes the server answer this many calls with the challenge. */
  function demandStepUp(times: number): void {
    let left = times
    scriptServer({
      answer: ({ message }, response) => {
        if (message?.method !== 'tools/call') return undefined
        left -= 1
        if (left < 0) return textResult('written')
        response.writeHead(401, { 'www-authenticate': challenge }).end()
        return undefined
      },
    })
  }

  it('the turn waits for the step-up, and the same call is sent with a token that was requested with the step-up’s claims', async () => {
    demandStepUp(1)
    const again = await approve(await mcp.pauseOf(question, adaTc))
    expect(again).toMatchObject({ status: 'paused', kind: 'step-up', claimsChallenge: claims })
    const reply = await approve(again as unknown as PausedResponse)
    expect(reply.tools).toMatchObject([{ name: 'desk__write_note', status: 'ok' }])
    const [first, second] = callParams()
    expect(callParams()).toHaveLength(2)
    expect(second).toEqual(first)
    const asked = reply.trace.filter(({ kind, to }) => kind === 'token-request' && to === 'sidecar').at(-1)
    expect(
      new URL(asked?.request?.url ?? '').searchParams.get('optionsOverride.AcquireTokenOptions.Claims'),
    ).toBe(claims)
  })

  it('and demands the step-up again afterwards, the turn ends', async () => {
    demandStepUp(2)
    const again = await approve(await mcp.pauseOf(question, adaTc))
    expect(await approve(again as unknown as PausedResponse)).toMatchObject({ code: 'STEP_UP_NOT_CARRIED' })
    expect(callParams()).toHaveLength(2)
  })
})

it('A read-only tool that the user has not consented to waits for the consent if `pauseFor` of the request names `consent`', async () => {
  servers.scripts['vault'] = { tools: [tool('open_vault')] }
  const vault = { downstreamApi: 'vault', appId: vaultAppId, allowedTools: ['open_vault'] }
  const redirectUri = `${mcp.stack.agentUrl}/auth/consent.html`
  await mcp.configure(
    { vault: { url: `${servers.url}/vault`, ...vault } },
    { CONSENT_REDIRECT_URI: redirectUri },
  )
  const ask = { message: 'Use open_vault', mode: 'bedrock', flow: 'obo', pauseFor: ['consent'] }
  const response = await postJson(`${mcp.stack.agentUrl}/api/chat`, ask, { token: adaTc })
  const pause = (await response.json()) as PausedResponse
  expect(pause).toMatchObject({
    status: 'paused',
    kind: 'consent',
    calls: [{ tool: 'vault__open_vault', api: 'vault' }],
  })
  expect(pause.calls[0]).not.toHaveProperty('effect')
  const asked = new URL(pause.consent?.url ?? '').searchParams
  expect([asked.get('client_id'), asked.get('scope')]).toEqual([
    identities.agentId,
    `api://${vaultAppId}/.default`,
  ])
  expect(servers.callsOf('vault')).toEqual([])
})
