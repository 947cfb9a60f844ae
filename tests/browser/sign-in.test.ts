import type { Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { identities } from '../support/identities.ts'
import { Stack } from '../support/stack.ts'
import { useBrowser } from './support/browser.ts'
import {
  ask,
  choose,
  openWindow,
  seeCallFor,
  showToken,
  signedIn,
  signIn,
  signInButton,
} from './support/steps.ts'
import { blockStorage, fillStorage } from './support/storage.ts'

const { ada, ben, agentId, pageAppId } = identities
const browser = useBrowser()
let stack: Stack

beforeAll(async () => {
  stack = await Stack.start()
})
afterAll(() => stack?.close())
afterEach(() => emulator('POST', 'reset'))

/** Uses the control plane of the emulator of Entra. */
async function emulator(method: string, path: string, body?: unknown): Promise<void> {
  const response = await fetch(`${stack.entraUrl}/emulator/${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  })
  expect(response.status).toBeLessThan(300)
}

function withdrawConsents(appId: string): void {
  const { directory } = stack.appOf('entra').entra
  const id = directory.principal(appId)?.id
  directory.content.permissionGrants = directory.content.permissionGrants.filter(
    ({ clientId }) => clientId !== id,
  )
}

/** Waits, without coming near the button, until the identity library is there: it then says so in the tab's storage. */
async function signInIsReady(page: Page): Promise<void> {
  const keys = () => page.evaluate('Object.keys(sessionStorage).join()')
  await expect.poll(keys).toContain('msal')
}

async function askOnBehalf(page: Page): Promise<Locator> {
  await choose(page, 'On behalf of you')
  return ask(page, 'Weather in Dallas?')
}

async function answered(answer: Locator): Promise<void> {
  await answer.getByText(/Dallas.*°C/).waitFor()
}

describe('somebody who signs in', () => {
  it('lets the agent act on their behalf; after signing out, somebody else does', async () => {
    const page = await browser.open(stack.agentUrl)
    await signIn(page, ada)
    await answered(await askOnBehalf(page))
    await seeCallFor(page, ada)
    expect(await (await showToken(page, 'TR')).textContent()).toContain(
      `on behalf of ${ada.name} towards Weather API.`,
    )
    expect(await page.locator('.formulas .plate[data-token=Tc]').count()).toBe(1)

    await page.getByRole('button', { name: `Signed in as ${ada.name}` }).click()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await signInButton(page).waitFor()
    expect(await page.getByRole('article').count(), 'what was answered for somebody who left').toBe(0)
    await page.getByText('1 conversation on your behalf.').waitFor()
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    await page.getByText('You have signed out.').waitFor({ state: 'detached' })
    expect(await page.evaluate('Object.keys(localStorage)')).toEqual([])
    await signIn(page, ben)
    await answered(await askOnBehalf(page))
    await seeCallFor(page, ben)
  })

  it('sees the same question answered in two flows, and between them what differs', async () => {
    const page = await browser.open(stack.agentUrl)
    await signIn(page, ada)
    await answered(await askOnBehalf(page))
    await page.getByRole('button', { name: 'Side by side' }).click()
    const difference = page.getByRole('region', { name: 'Difference of the two TR' })
    await difference.getByText('What changes is whose right it uses: its own, or yours.').waitFor()
    const rows = difference.locator('tbody').first().locator('tr')
    expect(await rows.evaluateAll(list => list.map(it => it.dataset['sign']))).toEqual([
      'same',
      'changed',
      'changed',
      'same',
    ])
    expect(await page.locator('main').textContent()).not.toContain(ada.oid)
    await page.getByRole('button', { name: 'Open this trace' }).first().click()
    await page.getByText('The agent called Weather API as itself.').waitFor()
    await page.getByRole('button', { name: 'Side by side', exact: true }).click()
    await page.getByRole('button', { name: 'Conversation' }).click()
    expect(await page.getByRole('article').count(), 'the conversation is as it was').toBe(1)
  })

  it('stays signed in over a reload, without another window', async () => {
    const page = await browser.open(stack.agentUrl)
    await signIn(page, ada)
    await page.reload()
    await signedIn(page, ada)
    await answered(await askOnBehalf(page))
    expect(page.context().pages()).toHaveLength(1)
  })

  it('has an old token renewed without noticing', async () => {
    const page = await browser.open(stack.agentUrl)
    await page.clock.install()
    await page.reload()
    await signIn(page, ada)
    await page.clock.setSystemTime(Date.now() + 2 * 3600 * 1000)
    await emulator('DELETE', 'requests')
    await answered(await askOnBehalf(page))
    expect(await grantTypes()).toContain('refresh_token')
    expect(page.context().pages()).toHaveLength(1)
  })

  it('has a token renewed that only the agent finds expired', async () => {
    const page = await browser.open(stack.agentUrl)
    await emulator('PATCH', 'settings', { clockOffsetSeconds: -7200 })
    await signIn(page, ada)
    await emulator('PATCH', 'settings', { clockOffsetSeconds: 0 })
    await answered(await askOnBehalf(page))
    await seeCallFor(page, ada)
  })

  it('has a token renewed that only Entra finds expired, after the agent has begun to answer', async () => {
    const page = await browser.open(stack.agentUrl)
    await signIn(page, ada)
    await emulator('PUT', 'faults', {
      faults: [{ target: { leg: 'obo' }, fault: { kind: 'refuse', code: 500133 }, times: 1 }],
    })
    await emulator('DELETE', 'requests')
    const answer = await askOnBehalf(page)
    await answered(answer)
    expect(await page.getByText('USER_TOKEN_EXPIRED').count()).toBe(0)
    expect(await grantTypes()).toContain('refresh_token')
    expect(page.context().pages()).toHaveLength(1)
  })

  it('and signs out while an answer is coming in, ends it and leaves no question behind', async () => {
    const page = await browser.open(stack.agentUrl)
    await signIn(page, ada)
    await page.route('**/api/chat', () => {}, { times: 1 })
    const sent = page.waitForRequest('**/api/chat')
    const ended = page.waitForEvent('requestfailed', request => request.url().endsWith('/api/chat'))
    await choose(page, 'On behalf of you')
    await ask(page, 'Where do I live?')
    await sent
    await page.getByRole('button', { name: `Signed in as ${ada.name}` }).click()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await ended
    await signIn(page, ben)
    expect(await page.getByText('Where do I live?').count()).toBe(0)
    expect(await page.getByLabel('Your question').inputValue()).toBe('')
    await answered(await askOnBehalf(page))
    await seeCallFor(page, ben)
  })

  it('and signs out leaves neither a question that failed nor revealed personal data behind', async () => {
    const page = await browser.open(stack.agentUrl)
    await signIn(page, ada)
    await answered(await askOnBehalf(page))
    await seeCallFor(page, ada)
    await page.route('**/api/chat', route => route.fulfill({ status: 502 }), { times: 1 })
    const failed = await ask(page, 'Where do I live?')
    await failed.getByText('UNEXPECTED_RESPONSE').waitFor()
    expect(await page.getByLabel('Your question').inputValue()).toBe('Where do I live?')
    await page.getByRole('button', { name: `Signed in as ${ada.name}` }).click()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await signIn(page, ben)
    expect(await page.getByLabel('Your question').inputValue()).toBe('')
    await answered(await askOnBehalf(page))
    const reveal = page.getByRole('button', { name: 'Reveal personal data and tenant' })
    expect(await reveal.getAttribute('aria-pressed')).toBe('false')
  })

  it('in a browser that keeps nothing can ask, and is told that a reload signs out', async () => {
    const page = await browser.open('about:blank')
    await blockStorage(page.context())
    await page.goto(stack.agentUrl)
    await signIn(page, ada)
    await answered(await askOnBehalf(page))
    await page.getByRole('button', { name: `Signed in as ${ada.name}` }).click()
    await page.getByText('Your browser lets this page keep nothing: a reload signs you out.').waitFor()
  })

  it('is told that the session has ended, and goes on after signing in again', async () => {
    const page = await browser.open(stack.agentUrl)
    await page.clock.install()
    await page.reload()
    await signIn(page, ada)
    await page.clock.setSystemTime(Date.now() + 2 * 3600 * 1000)
    await emulator('PUT', 'faults', {
      faults: [{ target: { leg: 'refresh' }, fault: { kind: 'refuse', code: 700082 } }],
    })
    const answer = await askOnBehalf(page)
    await answer.getByText('Your session has ended.').waitFor()
    await emulator('DELETE', 'faults')
    await signIn(page, ada, answer.getByRole('button', { name: 'Sign in and ask' }))
    await answered(page.getByRole('article').last())
  })

  async function grantTypes(): Promise<string[]> {
    const response = await fetch(`${stack.entraUrl}/emulator/requests`)
    const { requests } = (await response.json()) as { requests: { form?: { grant_type?: string } }[] }
    return requests.flatMap(({ form }) => form?.grant_type ?? [])
  }
})

it('the focus follows who signs in with the keyboard, gives it up, and signs out', async () => {
  const page = await browser.open(stack.agentUrl)
  const [popup] = await Promise.all([page.waitForEvent('popup'), signInButton(page).press('Enter')])
  await popup.getByRole('button', { name: ada.name }).waitFor()
  await page.locator('button:focus:not([aria-disabled="true"])', { hasText: 'Cancel' }).press('Enter')
  await page.getByRole('alert').waitFor()
  await page.locator('button:focus', { hasText: 'Sign in' }).waitFor()
  await signIn(page, ada)
  await page.locator('button:focus', { hasText: ada.name }).press('Enter')
  await page.getByRole('button', { name: 'Sign out' }).press('Enter')
  await page.locator('button:focus', { hasText: 'Sign in' }).waitFor()
})

describe('somebody who is not signed in', () => {
  it('is offered sign-in in the message and gets the answer afterwards, never one of the agent itself', async () => {
    const page = await browser.open(stack.agentUrl)
    const chats: string[] = []
    page.on('request', request => {
      if (request.url().endsWith('/api/chat')) chats.push(request.headers()['authorization'] ?? 'no token')
    })
    const answer = await askOnBehalf(page)
    await answer.getByText('Sign in first.').waitFor()
    expect(chats).toEqual([])
    await signIn(page, ada, answer.getByRole('button', { name: 'Sign in and ask' }))
    await answered(page.getByRole('article').last())
    await seeCallFor(page, ada)
    expect(chats).toHaveLength(1)
    expect(chats[0]).toMatch(/^Bearer /)
  })

  it('and signs in by the header’s button gets the answer that was waiting for it', async () => {
    const page = await browser.open(stack.agentUrl)
    const question = await askOnBehalf(page)
    await question.getByText('Sign in first.').waitFor()
    await signIn(page, ada)
    await answered(page.getByRole('article').last())
    await seeCallFor(page, ada)
    expect(await page.getByRole('article').count()).toBe(1)
    expect(await page.getByText('Sign in first.').count()).toBe(0)
    expect(await page.getByLabel('Your question').inputValue()).toBe('')
  })

  it('and signs in by the header’s button is asked by no other note to sign in', async () => {
    const page = await browser.open(stack.agentUrl)
    const cancelled = await askOnBehalf(page)
    const popup = await openWindow(page, cancelled.getByRole('button', { name: 'Sign in and ask' }))
    await popup.getByRole('button', { name: 'Cancel' }).click()
    await cancelled.getByText('Sign-in was cancelled.').waitFor()
    await signIn(page, ada)
    await cancelled.getByText('You are signed in now. This question has not been asked yet.').waitFor()
    expect(await cancelled.getByRole('button', { name: 'Sign in and ask' }).count()).toBe(0)
    await cancelled.getByRole('button', { name: 'Ask now' }).click()
    await answered(page.getByRole('article').last())
  })

  it('gets the window in the very press, the first one included, since Safari blocks one that comes later', async () => {
    const page = await browser.open(stack.agentUrl)
    await signInIsReady(page)
    const opened = await page.evaluate(`(() => {
      let opened = false
      window.open = () => { opened = true; return null }
      document.querySelector('.account button').click()
      return opened
    })()`)
    expect(opened).toBe(true)
  })

  it('and presses twice does not cancel what the first press began', async () => {
    const page = await browser.open(stack.agentUrl)
    await page.clock.install()
    await page.reload()
    await signInIsReady(page)
    await page.clock.pauseAt(Date.now() + 10_000)
    const [popup] = await Promise.all([page.waitForEvent('popup'), signInButton(page).click()])
    await page.getByRole('button', { name: 'Cancel' }).click({ force: true })
    // Before the window is used: a sign-in that is finished there is welcome even after it was given up here.
    expect(await page.getByRole('alert').count()).toBe(0)
    expect(await page.getByText('Waiting for the sign-in window…').count()).toBe(1)
    await page.clock.resume()
    await popup.getByRole('button', { name: ada.name }).click()
    await signedIn(page, ada)
  })

  it.each([
    ['before the page was opened', true],
    ['while it was open', false],
  ])('is told where the tab has no room left for a sign-in, filled %s', async (_when, fillFirst) => {
    const page = await browser.open(stack.agentUrl)
    if (!fillFirst) await signInIsReady(page)
    await fillStorage(page)
    if (fillFirst) await page.reload()
    await signInButton(page).click()
    const alert = page.getByRole('alert')
    await alert.getByText('This tab has no room left for a sign-in.').waitFor()
    await alert.getByText('SIGN_IN_NO_ROOM').waitFor()
  })

  it('who cancels in the window is told so, in the message', async () => {
    const page = await browser.open(stack.agentUrl)
    const answer = await askOnBehalf(page)
    const popup = await openWindow(page, answer.getByRole('button', { name: 'Sign in and ask' }))
    await popup.getByRole('button', { name: 'Cancel' }).click()
    await answer.getByText('Sign-in was cancelled.').waitFor()
    await answer.getByRole('button', { name: 'Sign in and ask' }).waitFor()
  })

  it('who closes the window is told so, and may give up without waiting for that', async () => {
    const page = await browser.open(stack.agentUrl)
    const answer = await askOnBehalf(page)
    const button = answer.getByRole('button', { name: 'Sign in and ask' })
    const closed = await openWindow(page, button)
    await closed.getByRole('button', { name: ada.name }).waitFor()
    await closed.close()
    await answer.getByText('Sign-in was cancelled.').waitFor()

    const left = await openWindow(page, button)
    await answer.getByRole('button', { name: 'Cancel' }).click()
    await answer.getByText('Sign-in was cancelled.').waitFor()
    await left.getByRole('button', { name: ada.name }).click()
    await signedIn(page, ada)
  })

  it('whose browser blocks the window is told so', async () => {
    const page = await browser.open(stack.agentUrl)
    await page.evaluate('window.open = () => null')
    const answer = await askOnBehalf(page)
    await answer.getByRole('button', { name: 'Sign in and ask' }).click()
    await answer.getByText('The browser blocked the sign-in window.').waitFor()
  })

  it('who cancels at the header’s button is told there', async () => {
    const page = await browser.open(stack.agentUrl)
    const popup = await openWindow(page, signInButton(page))
    await popup.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('alert').getByText('Sign-in was cancelled.').waitFor()
  })

  it('still gets answers of the agent itself, without a token being sent along', async () => {
    const page = await browser.open(stack.agentUrl)
    const request = page.waitForRequest('**/api/chat')
    await page.getByRole('button', { name: 'Weather in Dallas?' }).click()
    expect((await request).headers()['authorization']).toBeUndefined()
  })
})

describe('consent', () => {
  it('is asked for in the window, and declining it is told in words', async () => {
    const page = await browser.open(stack.agentUrl)
    withdrawConsents(pageAppId)
    const answer = await askOnBehalf(page)
    const button = answer.getByRole('button', { name: 'Sign in and ask' })
    const first = await openWindow(page, button)
    await first.getByRole('button', { name: ada.name }).click()
    await first.getByRole('button', { name: 'Cancel' }).click()
    await answer.getByText('Sign-in was cancelled.').waitFor()
    const second = await openWindow(page, button)
    await second.getByRole('button', { name: ada.name }).click()
    await second.getByRole('button', { name: 'Accept' }).click()
    await answered(page.getByRole('article').last())
  })

  it('that was withdrawn is asked for again when the token is renewed', async () => {
    const page = await browser.open(stack.agentUrl)
    await page.clock.install()
    await page.reload()
    await signIn(page, ada)
    withdrawConsents(pageAppId)
    await page.clock.setSystemTime(Date.now() + 2 * 3600 * 1000)
    const answer = await askOnBehalf(page)
    await answer.getByText('Your consent is needed.').waitFor()
    const popup = await openWindow(page, answer.getByRole('button', { name: 'Review and ask again' }))
    await popup.getByRole('button', { name: 'Accept' }).click()
    await answered(page.getByRole('article').last())
  })

  it('that an administrator must give to the agent is told, with a way to ask again', async () => {
    const page = await browser.open(stack.agentUrl)
    await signIn(page, ada)
    withdrawConsents(agentId)
    const answer = await askOnBehalf(page)
    await answer.getByText('CONSENT_REQUIRED').waitFor()
    await emulator('POST', 'reset')
    await answer.getByRole('button', { name: 'Ask again' }).click()
    await answered(page.getByRole('article').last())
  })
})

describe('Conditional Access', () => {
  async function proveMore(page: Page, answer: Locator): Promise<Page> {
    await answer.getByText('CONDITIONAL_ACCESS_REQUIRED').waitFor()
    return openWindow(page, answer.getByRole('button', { name: 'Continue in the sign-in window' }))
  }

  it('sends the user back to sign in afresh, and then lets them pass', async () => {
    const page = await browser.open(stack.agentUrl)
    await signIn(page, ada)
    await emulator('PUT', 'faults', {
      faults: [{ target: { leg: 'obo' }, fault: { kind: 'conditional-access' }, times: 1 }],
    })
    const popup = await proveMore(page, await askOnBehalf(page))
    await popup.getByRole('button', { name: ada.name }).click()
    await answered(page.getByRole('article').last())
  })

  it('has its challenge carried to the sign-in window where the agent knows it', async () => {
    const page = await browser.open(stack.agentUrl)
    await signIn(page, ada)
    const challenge = { access_token: { capolids: { essential: true, values: ['policy'] } } }
    const problem = {
      code: 'CONDITIONAL_ACCESS_REQUIRED',
      title: 'More is needed.',
      claimsChallenge: JSON.stringify(challenge),
    }
    await page.route(
      '**/api/chat',
      route => route.fulfill({ status: 403, contentType: 'application/problem+json', json: problem }),
      { times: 1 },
    )
    const popup = await proveMore(page, await askOnBehalf(page))
    await popup.getByText('more proof').waitFor()
    await popup.getByRole('button', { name: ada.name }).click()
    await answered(page.getByRole('article').last())
  })
})
