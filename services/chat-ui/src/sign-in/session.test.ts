import { publicConfig } from '@entra-agents/trace-view/testing/public-config'
import { describe, expect, it } from 'vitest'
import { PageError, pageProblem } from '../agent/page-problem.ts'
import { type Account, type IdentityClient, Session } from './session.ts'

const ada: Account = { objectId: 'ada', name: 'Ada Osei', userName: 'ada@contoso.example' }

function createSession(client: Partial<IdentityClient> = {}, spaClientId: string | null = 'spa') {
  const counts = { loads: 0, windows: 0 }
  let signedIn: (account: Account) => void = () => {}
  const { interact, ...others } = client
  const session = new Session({ ...publicConfig, spaClientId }, async onSignedIn => {
    counts.loads += 1
    signedIn = onSignedIn
    return {
      account: () => undefined,
      async interact(...given) {
        counts.windows += 1
        await (interact ? interact(...given) : onSignedIn(ada))
      },
      acquireToken: async () => undefined,
      signOut: async () => {},
      ...others,
    }
  })
  return { session, counts, finishInWindow: () => signedIn(ada) }
}
const cancelled = { problem: { code: 'SIGN_IN_CANCELLED' } }

describe('Session', () => {
  it('loads the identity library once, and only when it is needed', async () => {
    const { session, counts } = createSession()
    expect(counts.loads).toBe(0)
    session.prepare()
    await session.acquireToken(false)
    const attempt = session.signIn()
    expect(counts.windows, 'a window within the click, once the library is loaded').toBe(1)
    await attempt
    expect(counts.loads).toBe(1)
    expect(session.account.value).toEqual(ada)
  })

  it('reports that sign-in is not set up if its configuration is missing, and loads nothing', async () => {
    const { session, counts } = createSession({}, null)
    session.prepare()
    const refused = { problem: { code: 'SIGN_IN_UNAVAILABLE' } }
    await expect(session.acquireToken(false)).rejects.toMatchObject(refused)
    expect(counts.loads).toBe(0)
  })

  it('can cancel a sign-in while the window is open, and still accepts the sign-in if the user finishes it there', async () => {
    const { session, finishInWindow } = createSession({ interact: () => new Promise(() => {}) })
    const attempt = session.signIn()
    expect(session.signingIn.value).toBe(true)
    session.cancelSignIn()
    await expect(attempt).rejects.toMatchObject(cancelled)
    expect(session.signingIn.value).toBe(false)
    finishInWindow()
    expect(session.account.value).toEqual(ada)
  })

  it('opens no window for a sign-in that is cancelled while the library loads, and one for the next', async () => {
    const { session, counts } = createSession()
    const attempt = expect(session.signIn()).rejects.toMatchObject(cancelled)
    session.cancelSignIn()
    await attempt
    await session.acquireToken(false)
    expect(counts.windows).toBe(0)
    await session.signIn()
    expect(counts.windows).toBe(1)
  })

  it('forgets the user as soon as they sign out', async () => {
    const { session } = createSession({ account: () => ada, signOut: () => new Promise(() => {}) })
    await session.acquireToken(false)
    expect(session.account.value, 'who was signed in before a reload').toEqual(ada)
    void session.signOut()
    await expect.poll(() => session.account.value).toBeUndefined()
  })

  it('tries again to load the identity library after a failure', async () => {
    let loads = 0
    const session = new Session(publicConfig, async () => {
      loads += 1
      throw loads === 1 ? new TypeError('Failed to fetch') : new PageError(pageProblem('SIGN_IN_FAILED'))
    })
    await expect(session.signIn()).rejects.toMatchObject({ problem: { code: 'SIGN_IN_UNREACHABLE' } })
    await expect(session.signIn()).rejects.toMatchObject({ problem: { code: 'SIGN_IN_FAILED' } })
  })
})
