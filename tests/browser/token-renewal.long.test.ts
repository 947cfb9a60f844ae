import type { Locator, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { identities } from '../support/identities.ts'
import { useBrowser } from './support/browser.ts'
import { askOnBehalf, useSignInStack, waitForAnswer } from './support/sign-in-stack.ts'
import { ask, expectCallFor, openPopup, signIn } from './support/steps.ts'

const { ada, ben, agentId, pageAppId } = identities
const browser = useBrowser()
const stack = useSignInStack()

describe('somebody who signs in', () => {
  it('does not notice that an old token is renewed', async () => {
    const page = await browser.open(stack.agentUrl)
    await page.clock.install()
    await page.reload()
    await signIn(page, ada)
    await page.clock.setSystemTime(Date.now() + 2 * 3600 * 1000)
    await stack.entra('DELETE', 'requests')
    await waitForAnswer(await askOnBehalf(page))
    expect(await stack.grantTypes()).toContain('refresh_token')
    expect(page.context().pages()).toHaveLength(1)
  })

  it('gets a new token if only the agent finds the old one expired', async () => {
    const page = await browser.open(stack.agentUrl)
    await stack.entra('PATCH', 'settings', { clockOffsetSeconds: -7200 })
    await signIn(page, ada)
    await stack.entra('PATCH', 'settings', { clockOffsetSeconds: 0 })
    await waitForAnswer(await askOnBehalf(page))
    await expectCallFor(page, ada)
  })

  it('gets a new token if only Entra finds the old one expired, after the agent has begun to answer', async () => {
    const page = await browser.open(stack.agentUrl)
    await signIn(page, ada)
    await stack.entra('PUT', 'faults', {
      faults: [{ target: { leg: 'obo' }, fault: { kind: 'refuse', code: 500133 }, times: 1 }],
    })
    await stack.entra('DELETE', 'requests')
    const answer = await askOnBehalf(page)
    await waitForAnswer(answer)
    expect(await page.getByText('USER_TOKEN_EXPIRED').count()).toBe(0)
    expect(await stack.grantTypes()).toContain('refresh_token')
    expect(page.context().pages()).toHaveLength(1)
  })

  it('reads that the session has ended, and goes on after signing in again', async () => {
    const page = await browser.open(stack.agentUrl)
    await page.clock.install()
    await page.reload()
    await signIn(page, ada)
    await page.clock.setSystemTime(Date.now() + 2 * 3600 * 1000)
    await stack.entra('PUT', 'faults', {
      faults: [{ target: { leg: 'refresh' }, fault: { kind: 'refuse', code: 700082 } }],
    })
    const answer = await askOnBehalf(page)
    await answer.getByText('Your session has ended.').waitFor()
    await stack.entra('DELETE', 'faults')
    await signIn(page, ada, answer.getByRole('button', { name: 'Sign in and ask' }))
    await waitForAnswer(page.getByRole('article').last())
  })

  it('leaves the next user no failed or half-written question, and a page that hides personal data again', async () => {
    const page = await browser.open(stack.agentUrl)
    await signIn(page, ada)
    await waitForAnswer(await askOnBehalf(page))
    await expectCallFor(page, ada)
    await page.route('**/api/chat', route => route.fulfill({ status: 502 }), { times: 1 })
    const failed = await ask(page, 'Where do I live?')
    await failed.getByText('UNEXPECTED_RESPONSE').waitFor()
    await page.getByLabel('Your question').fill('Where do I work?')
    await page.getByRole('button', { name: `Signed in as ${ada.name}` }).click()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await signIn(page, ben)
    expect(await page.getByLabel('Your question').inputValue()).toBe('')
    expect(await page.getByText('Where do I live?').count()).toBe(0)
    await waitForAnswer(await askOnBehalf(page))
    const reveal = page.getByRole('button', { name: 'Reveal personal data and tenant' })
    expect(await reveal.getAttribute('aria-pressed')).toBe('false')
  })
})

describe('consent', () => {
  it('that is declined in the sign-in window is shown as a cancelled sign-in, and can be given afterwards', async () => {
    const page = await browser.open(stack.agentUrl)
    stack.withdrawConsents(pageAppId)
    const answer = await askOnBehalf(page)
    const button = answer.getByRole('button', { name: 'Sign in and ask' })
    const first = await openPopup(page, button)
    await first.getByRole('button', { name: ada.name }).click()
    await first.getByRole('button', { name: 'Cancel' }).click()
    await answer.getByText('Sign-in was cancelled.').waitFor()
    const second = await openPopup(page, button)
    await second.getByRole('button', { name: ada.name }).click()
    await second.getByRole('button', { name: 'Accept' }).click()
    await waitForAnswer(page.getByRole('article').last())
  })

  it('that was withdrawn is asked for again when the token is renewed', async () => {
    const page = await browser.open(stack.agentUrl)
    await page.clock.install()
    await page.reload()
    await signIn(page, ada)
    stack.withdrawConsents(pageAppId)
    await page.clock.setSystemTime(Date.now() + 2 * 3600 * 1000)
    const answer = await askOnBehalf(page)
    await answer.getByText('Your consent is needed.').waitFor()
    const popup = await openPopup(page, answer.getByRole('button', { name: 'Review and ask again' }))
    await popup.getByRole('button', { name: 'Accept' }).click()
    await waitForAnswer(page.getByRole('article').last())
  })

  it('that an administrator gives meanwhile takes effect when the user tries again', async () => {
    const page = await browser.open(stack.agentUrl)
    await signIn(page, ada)
    stack.withdrawConsents(agentId)
    const answer = await askOnBehalf(page)
    const popup = await openPopup(page, answer.getByRole('button', { name: 'Review and consent' }))
    await popup.close()
    await stack.entra('POST', 'reset')
    await answer.getByRole('button', { name: 'Done, try again' }).click()
    await waitForAnswer(answer)
  })
})

describe('Conditional Access', () => {
  async function openProofWindow(page: Page, answer: Locator): Promise<Page> {
    await answer.getByText('CONDITIONAL_ACCESS_REQUIRED').waitFor()
    return openPopup(page, answer.getByRole('button', { name: 'Continue in the sign-in window' }))
  }

  it('sends the user back to sign in afresh, and then lets the user pass', async () => {
    const page = await browser.open(stack.agentUrl)
    await signIn(page, ada)
    await stack.entra('PUT', 'faults', {
      faults: [{ target: { leg: 'obo' }, fault: { kind: 'conditional-access' }, times: 1 }],
    })
    const popup = await openProofWindow(page, await askOnBehalf(page))
    await popup.getByRole('button', { name: ada.name }).click()
    await waitForAnswer(page.getByRole('article').last())
  })

  it('passes its challenge on to the sign-in window if the agent’s problem contains the challenge', async () => {
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
    const popup = await openProofWindow(page, await askOnBehalf(page))
    await popup.getByText('more proof').waitFor()
    await popup.getByRole('button', { name: ada.name }).click()
    await waitForAnswer(page.getByRole('article').last())
  })
})
