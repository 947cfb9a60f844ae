import { publicConfig } from '@entra-agents/trace-view/testing/public-config'
import { describe, expect, it } from 'vitest'
import { PageError, pageProblem } from '../agent/page-problem.ts'
import { type Account, type IdentityClient, Session } from './session.ts'

const ada: Account = { objectId: 'ada', name: 'Ada Osei', userName: 'ada@contoso.example' }

function createSession(client: Partial<IdentityClient> = {}, spaClientId: string | null = 'spa') {
  let loads = 0
  let signedIn: (account: Account) => void = () => {}
  const session = new Session({ ...publicConfig, spaClientId }, async onSignedIn => {
    loads += 1
    signedIn = onSignedIn
    return {
      account: () => undefined,
      interact: async () => onSignedIn(ada),
      acquireToken: async () => undefined,
      signOut: async () => {},
      ...client,
    }
  })
  return { session, loads: () => loads, finishInWindow: () => signedIn(ada) }
}

describe('Session', () => {
  it('loads the identity library once, and only when it is needed', async () => {
    const { session, loads } = createSession()
    expect(loads()).toBe(0)
    session.prepare()
    await session.signIn()
    expect(loads()).toBe(1)
    expect(session.account.value).toEqual(ada)
  })

  it('opens the window within the click if the library is already loaded', async () => {
    let windows = 0
    const { session } = createSession({
      interact: async () => {
        windows += 1
      },
    })
    await session.acquireToken(false)
    const attempt = session.signIn()
    expect(windows).toBe(1)
    await attempt
  })

  it('knows the user who was signed in before a reload', async () => {
    const { session } = createSession({ account: () => ada })
    await session.acquireToken(false)
    expect(session.account.value).toEqual(ada)
  })

  it('reports that sign-in is not set up if its configuration is missing, and loads nothing', async () => {
    const { session, loads } = createSession({}, null)
    session.prepare()
    await expect(session.acquireToken(false)).rejects.toMatchObject({
      problem: { code: 'SIGN_IN_UNAVAILABLE' },
    })
    expect(loads()).toBe(0)
  })

  it('can cancel a sign-in while the window is open, and still accepts the sign-in if the user finishes it there', async () => {
    const { session, finishInWindow } = createSession({ interact: () => new Promise(() => {}) })
    const attempt = session.signIn()
    expect(session.signingIn.value).toBe(true)
    session.cancelSignIn()
    await expect(attempt).rejects.toMatchObject({ problem: { code: 'SIGN_IN_CANCELLED' } })
    expect(session.signingIn.value).toBe(false)
    finishInWindow()
    expect(session.account.value).toEqual(ada)
  })

  it('opens no window for a sign-in that is cancelled while the library loads, and one for the next', async () => {
    let windows = 0
    const { session } = createSession({
      interact: async () => {
        windows += 1
      },
    })
    const cancelled = expect(session.signIn()).rejects.toMatchObject({
      problem: { code: 'SIGN_IN_CANCELLED' },
    })
    session.cancelSignIn()
    await cancelled
    await session.acquireToken(false)
    expect(windows).toBe(0)
    await session.signIn()
    expect(windows).toBe(1)
  })

  it('lets a second sign-in replace the first', async () => {
    let windows = 0
    const { session } = createSession({
      interact: () => (++windows === 1 ? new Promise(() => {}) : Promise.resolve()),
    })
    const first = session.signIn()
    const refused = expect(first).rejects.toThrow(PageError)
    await session.acquireToken(false)
    await session.signIn()
    await refused
    expect(session.signingIn.value).toBe(false)
  })

  it('forgets the user as soon as they sign out', async () => {
    const { session } = createSession({ account: () => ada, signOut: () => new Promise(() => {}) })
    await session.acquireToken(false)
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
