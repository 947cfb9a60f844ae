import { publicConfig } from '@entra-agents/trace-view/testing/public-config'
import { expect, it } from 'vitest'
import { PageError, pageProblem } from '../agent/page-problem.ts'
import { type IdentityClient, Session } from '../sign-in/session.ts'
import { result } from '../testing/converse.ts'
import { Asking } from './asking.ts'
import { Conversation } from './conversation.ts'
import { triesFor } from './tries.ts'

const account = {
  objectId: 'eeeeeeee-0000-4000-8000-00000000000e',
  name: 'Ada Osei',
  userName: 'ada@example.com',
}

/** A conversation whose next question is for the user, and what happens in the sign-in window. */
function setUp(interact: () => Promise<void>) {
  const asked: string[] = []
  let windows = 0
  const session = new Session(publicConfig, async onSignedIn => {
    const client: IdentityClient = {
      account: () => undefined,
      async interact() {
        windows += 1
        await interact()
        onSignedIn(account)
      },
      acquireToken: async () => undefined,
      signOut: async () => {},
    }
    return client
  })
  const conversation = new Conversation(
    {
      async *ask({ request }) {
        asked.push(`${request.flow}: ${'message' in request ? request.message : ''}`)
        yield result('Yours.')
      },
      identify: async ({ agent, flow }) =>
        flow === 'obo'
          ? { agent, flow, objectId: account.objectId, userToken: 'Tc' }
          : { agent, flow, userToken: undefined },
      announce: () => {},
    },
    'default',
  )
  conversation.flow.value = 'obo'
  const asking = new Asking(conversation, session, publicConfig)
  return { asking, conversation, session, asked, windows: () => windows }
}

const fails = (code: 'POPUP_BLOCKED' | 'SIGN_IN_CANCELLED') => async () => {
  throw new PageError(pageProblem(code))
}

it('a question that needs a user is sent after one sign-in, without asking again', async () => {
  const { asking, conversation, asked, windows } = setUp(async () => {})
  conversation.draft.value = 'Mine?'
  expect(asking.isSignInDue.value).toBe(true)
  await asking.send()
  expect([asked, windows(), conversation.draft.value]).toEqual([['obo: Mine?'], 1, ''])
  expect(asking.isSignInDue.value).toBe(false)
  conversation.draft.value = 'And now?'
  await asking.send()
  expect([asked.at(-1), windows()]).toEqual(['obo: And now?', 1])
})

it.each(['POPUP_BLOCKED', 'SIGN_IN_CANCELLED'] as const)(
  'after %s the question stays in the composer, and the page says why',
  async code => {
    const { asking, conversation, asked } = setUp(fails(code))
    conversation.draft.value = 'Mine?'
    await asking.send()
    expect([asked, conversation.draft.value, asking.unsent.value?.code]).toEqual([[], 'Mine?', code])
    expect(conversation.exchanges.value).toEqual([])
  },
)

it('while another press has its window open, the page does not say that the window before was cancelled', async () => {
  const open = Promise.withResolvers<void>()
  const { asking, conversation, asked, windows } = setUp(() => open.promise)
  conversation.draft.value = 'Mine?'
  const first = asking.send()
  await expect.poll(windows).toBe(1)
  const second = asking.send()
  await first
  expect([asked, asking.unsent.value]).toEqual([[], undefined])
  open.resolve()
  await second
  expect([asked, windows()]).toEqual([['obo: Mine?'], 2])
})

it('an empty question opens no window', async () => {
  const { asking, windows } = setUp(async () => {})
  await asking.send()
  expect(windows()).toBe(0)
})

it('nothing is sent if another flow was chosen while the window was open', async () => {
  const { asking, conversation, asked } = setUp(async () => {
    conversation.flow.value = 'autonomous'
  })
  conversation.draft.value = 'Mine?'
  await asking.send()
  expect([asked, conversation.draft.value]).toEqual([[], 'Mine?'])
})

it('a question to try is asked in its own flow and, after a failed sign-in, is in the composer unless another one is', async () => {
  const [itself, mine] = triesFor(publicConfig, 'default', 'direct')
  if (!itself || !mine) throw new Error('There are fewer tries than flows.')
  const { asking, conversation, asked } = setUp(fails('SIGN_IN_CANCELLED'))
  await asking.ask(itself)
  expect(asked).toEqual([`autonomous: ${itself.question}`])
  await asking.ask(mine)
  expect([asked.length, conversation.draft.value, conversation.flow.value]).toEqual([1, mine.question, 'obo'])
  conversation.draft.value = 'Something else'
  await asking.ask(mine)
  expect(conversation.draft.value).toBe('Something else')
})
