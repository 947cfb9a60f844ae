import type { ActingAgent } from '@entra-agents/identity'
import { actingAgent, agentIdentityMiddleware } from '@entra-agents/langchain'
import { Command, interrupt, MemorySaver } from '@langchain/langgraph'
import {
  type AnyAgentMiddleware,
  createAgent,
  createMiddleware,
  humanInTheLoopMiddleware,
  tool,
} from 'langchain'
import { beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { identities } from '../../support/identities.ts'
import { startStage } from './support.ts'

const { entra, bedrock, api, identity, model, signIn } = await startStage()
beforeEach(() => {
  entra.reset()
  bedrock.reset()
  api.calls.length = 0
})

const schema = z.object({})
const whoAmI = tool(async (_none, runtime) => (await actingAgent(runtime).request(api.url)).text(), {
  name: 'who_am_i',
  description: 'Whose token the API gets.',
  schema,
})
const createAlert = tool(
  async (_none, runtime) => (await actingAgent(runtime).request(api.url, { method: 'POST' })).text(),
  { name: 'create_alert', description: 'Creates an alert.', schema },
)
const script = (name: string) => bedrock.changeSettings({ script: [{ tool: name, input: {} }, 'Done.'] })
const ask = { messages: [{ role: 'user', content: 'Do it.' }] }
// @ts-expect-error LangChain's own declarations do not fit exactOptionalPropertyTypes
const approval: AnyAgentMiddleware = humanInTheLoopMiddleware({
  interruptOn: { who_am_i: { allowedDecisions: ['approve', 'reject'] } },
})
const approve = new Command({ resume: { decisions: [{ type: 'approve' }] } })
const goOn = new Command({ resume: true })
const statusOf = ({ trace }: ActingAgent) => trace.steps.find(({ kind }) => kind === 'tool')?.status

/** What tools have said, as the model reads it. */
const results = ({ messages }: { readonly messages: readonly { type: string; text: string }[] }) =>
  messages.filter(({ type }) => type === 'tool').map(({ text }) => text)

/** Titles of a trace's kinds, indented below their parents. */
function outline({ trace: { steps } }: ActingAgent): readonly string[] {
  const depth = (id: string | undefined): number =>
    id === undefined ? 0 : 1 + depth(steps.find(step => step.id === id)?.parentId)
  return steps.map(({ kind, parentId }) => `${'  '.repeat(depth(parentId))}${kind}`)
}

describe('an agent of createAgent', () => {
  it('acts in runs at once for nobody, Ada and Ben as each of them, and shows API calls below the tool’s step', async () => {
    script('who_am_i')
    const agent = createAgent({ model, tools: [whoAmI], middleware: [agentIdentityMiddleware()] })
    const users = await Promise.all([undefined, ...['ada', 'ben'].map(name => signIn(name))])
    const runs = Array.from({ length: 12 }, (_none, index) => users[index % 3]).map(async user => {
      const acting = identity.as('weather', { user })
      const { messages } = await agent.invoke(ask, { context: { agent: acting } })
      return { acting, said: results({ messages }), expected: [user?.objectId ?? identities.agentId] }
    })
    const answers = await Promise.all(runs)
    expect(answers.map(({ said }) => said)).toEqual(answers.map(({ expected }) => expected))
    expect(outline(answers[0]?.acting ?? expect.fail())).toMatchInlineSnapshot(`
      [
        "tool",
        "  token-request",
        "    token-request",
        "    token-request",
        "  token",
        "  api-call",
      ]
    `)
  })

  it('tells the model an error of identity with its remedy', async () => {
    script('who_am_i')
    const agent = createAgent({ model, tools: [whoAmI], middleware: [agentIdentityMiddleware()] })
    using _ = entra.fault('obo', 65001)
    const acting = identity.as('weather', { user: await signIn('ada') })
    const said = results(await agent.invoke(ask, { context: { agent: acting } }))
    expect(said).toMatchInlineSnapshot(`
      [
        "CONSENT_REQUIRED: The agent identity has no grant for the Weather API. (AADSTS65001) Let an administrator grant the API’s scope to the agent identity for all users (oauth2PermissionGrant). If there is a grant, look whether the API still has the scope by this name and enabled, and the grant has it without a leading blank.",
      ]
    `)
    expect(statusOf(acting)).toBe('failed')
  })

  it.each<[string, () => unknown, z.ZodObject]>([
    ['ends with an error', () => Promise.reject(new RangeError('no such row')), schema],
    ['ends with no error object', () => Promise.reject('text'), schema],
    ['ends with no text', () => ({ rows: 2 }), schema],
    ['gets arguments that do not fit', () => 'never', z.object({ city: z.string() })],
  ])('gets from a tool of others that %s what LangChain makes of it', async (_what, work, schema) => {
    script('foreign')
    const foreign = tool(work, { name: 'foreign', description: 'Foreign.', schema })
    const context = { agent: identity.as('weather') }
    const first = (run: Parameters<typeof results>[0]) => results(run).map(text => text.split('\n')[0])
    const plain = first(await createAgent({ model, tools: [foreign] }).invoke(ask))
    const middleware = [agentIdentityMiddleware()]
    const ours = first(await createAgent({ model, tools: [foreign], middleware }).invoke(ask, { context }))
    expect(ours).toEqual(plain)
    expect(ours).toHaveLength(1)
  })

  it('ends with the error of another middleware, as without this one', async () => {
    script('who_am_i')
    const broken = createMiddleware({
      name: 'Broken',
      wrapToolCall: () => Promise.reject(new Error('broken')),
    })
    const middleware = [agentIdentityMiddleware(), broken]
    const agent = createAgent({ model, tools: [whoAmI], middleware })
    await expect(agent.invoke(ask, { context: { agent: identity.as('weather') } })).rejects.toThrow('broken')
  })

  it('says what is missing if the run has no acting agent', async () => {
    const agent = createAgent({ model, tools: [whoAmI], middleware: [agentIdentityMiddleware()] })
    // @ts-expect-error the agent is missing
    await expect(agent.invoke(ask, { context: {} })).rejects.toThrow()
    expect(() => actingAgent({})).toThrow('identity.as')
  })

  it('shows a tool that pauses by interrupt() as waiting, and goes on with the answer', async () => {
    script('pausing')
    const pausing = tool(() => interrupt('Which city?'), { name: 'pausing', description: 'Asks.', schema })
    const agent = createAgent({
      model,
      tools: [pausing],
      middleware: [agentIdentityMiddleware()],
      checkpointer: new MemorySaver(),
    })
    const configurable = { thread_id: 'pausing' }
    const first = identity.as('weather')
    await agent.invoke(ask, { configurable, context: { agent: first } })
    expect(statusOf(first)).toBe('waiting')
    const second = identity.as('weather')
    const end = await agent.invoke(new Command({ resume: 'Oslo' }), {
      configurable,
      context: { agent: second },
    })
    expect(results(end)).toEqual(['Oslo'])
    expect(statusOf(second)).toBe('ok')
  })
})

describe('a thread', () => {
  const threads = () => new MemorySaver()

  it('is refused to another user and to another agent', async () => {
    script('who_am_i')
    const agent = createAgent({
      model,
      tools: [whoAmI],
      middleware: [agentIdentityMiddleware()],
      checkpointer: threads(),
    })
    const configurable = { thread_id: 'shared' }
    const [ada, ben] = await Promise.all(['ada', 'ben'].map(name => signIn(name)))
    await agent.invoke(ask, { configurable, context: { agent: identity.as('weather', { user: ada }) } })
    for (const other of [
      identity.as('weather', { user: ben }),
      identity.as('alerts', { user: ada }),
      identity.as('weather'),
    ])
      await expect(agent.invoke(ask, { configurable, context: { agent: other } })).rejects.toThrow(
        'another user',
      )
    expect(api.calls).toHaveLength(1)
  })

  async function pausedForAda(thread: (owner: ActingAgent) => string, order = [0, 1]) {
    script('who_am_i')
    const checkpointer = threads()
    const agent = createAgent({
      model,
      tools: [whoAmI],
      middleware: order.map(index => [agentIdentityMiddleware(), approval][index] ?? expect.fail()),
      checkpointer,
    })
    const [ada, ben] = await Promise.all(['ada', 'ben'].map(name => signIn(name)))
    const as = (user = ada) => {
      const acting = identity.as('weather', { user })
      return { configurable: { thread_id: thread(acting) }, context: { agent: acting } }
    }
    const paused = await agent.invoke(ask, as())
    expect(paused.__interrupt__).toHaveLength(1)
    return { agent, asAda: () => as(ada), asBen: () => as(ben), checkpointer }
  }

  it('with its owner in the id keeps what another user approves away: the call still waits for Ada', async () => {
    const { agent, asAda, asBen } = await pausedForAda(owner => `${owner.onBehalfOf}:1`)
    await agent.invoke(approve, asBen()).catch(() => undefined)
    expect(api.calls).toEqual([])
    const end = await agent.invoke(approve, asAda())
    expect(results(end)).toEqual([identities.ada.oid])
  })

  it.each([
    ['first', [0, 1]],
    ['last', [1, 0]],
  ])(
    'without its owner in the id, the middleware %s, runs nothing that another user approved, then or with Ada’s next message',
    async (_where, order) => {
      const { agent, asAda, asBen } = await pausedForAda(() => 'shared', order)
      await expect(agent.invoke(approve, asBen())).rejects.toThrow('another user')
      const end = await agent.invoke(null, asAda())
      expect(results(end)).toEqual(['Not called: another user has approved it.'])
      expect(api.calls).toEqual([])
      await expect(agent.invoke(ask, asBen())).rejects.toThrow('another user')
    },
  )

  it('without its owner in the id ends where another user has denied', async () => {
    const { agent, asBen } = await pausedForAda(() => 'shared')
    const deny = new Command({ resume: { decisions: [{ type: 'reject' }] } })
    await expect(agent.invoke(deny, asBen())).rejects.toThrow('another user')
    expect(api.calls).toEqual([])
  })

  it('pauses for a stronger sign-in, goes on once the user has made it, and has no token in it', async () => {
    script('create_alert')
    const checkpointer = threads()
    const agent = createAgent({
      model,
      tools: [createAlert],
      middleware: [agentIdentityMiddleware({ whenUserIsNeeded: 'interrupt' })],
      checkpointer,
    })
    const weak = identity.as('weather', { user: await signIn('ada') })
    const configurable = { thread_id: `${weak.onBehalfOf}:1` }
    const { __interrupt__ } = await agent.invoke(ask, { configurable, context: { agent: weak } })
    const [{ value } = { value: undefined }] = __interrupt__ ?? []
    expect(value).toMatchObject({ code: 'CONDITIONAL_ACCESS_REQUIRED', claimsChallenge: /c1/ })
    expect(statusOf(weak)).toBe('waiting')

    const again = await agent.invoke(goOn, { configurable, context: { agent: weak } })
    expect(again.__interrupt__).toHaveLength(1)

    const user = await signIn('ada', Object(value).claimsChallenge)
    const strong = identity.as('weather', { user, claims: Object(value).claimsChallenge })
    const end = await agent.invoke(goOn, { configurable, context: { agent: strong } })
    expect(results(end)).toEqual([identities.ada.oid])
    expect(statusOf(strong)).toBe('ok')
    expect(JSON.stringify(checkpointer.storage) + JSON.stringify(checkpointer.writes)).not.toContain('eyJ')
  })

  it('whose pause for a stronger sign-in another user resumes calls nothing', async () => {
    script('create_alert')
    const agent = createAgent({
      model,
      tools: [createAlert],
      middleware: [agentIdentityMiddleware({ whenUserIsNeeded: 'interrupt' })],
      checkpointer: threads(),
    })
    const configurable = { thread_id: 'shared' }
    const ada = identity.as('weather', { user: await signIn('ada') })
    await agent.invoke(ask, { configurable, context: { agent: ada } })
    const ben = identity.as('weather', { user: await signIn('ben') })
    await expect(agent.invoke(goOn, { configurable, context: { agent: ben } })).rejects.toThrow(
      'another user',
    )
    expect(api.calls.map(({ oid }) => oid)).toEqual([identities.ada.oid])
  })
})
