import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { useBrowser } from '../../browser/support/browser.ts'
import { openPopup, signIn } from '../../browser/support/steps.ts'
import { identities } from '../../support/identities.ts'
import { askOnBehalf, useSignInStack, waitForAnswer, writeOnBehalf } from './sign-in-stack.ts'

const { ada, pageAppId } = identities
const browser = useBrowser()
const stack = await useSignInStack()

async function openSignedIn(): Promise<Page> {
  const page = await browser.open(stack.agentUrl, { withClock: true })
  await signIn(page, ada)
  return page
}

const inTwoHours = () => Date.now() + 2 * 3600 * 1000

const refuse = (leg: 'obo' | 'refresh', code: number) =>
  stack.entra('PUT', 'faults', { faults: [{ target: { leg }, fault: { kind: 'refuse', code }, times: 1 }] })

describe('somebody who signs in', () => {
  it.each([
    ['old', (page: Page) => page.clock.setSystemTime(inTwoHours())],
    ['expired only for Entra, after the agent has begun to answer', () => refuse('obo', 500133)],
  ])('does not notice that a token is renewed which is %s', async (_what, makeOld) => {
    const page = await openSignedIn()
    await makeOld(page)
    await stack.entra('DELETE', 'requests')
    await waitForAnswer(await askOnBehalf(page))
    expect(await page.getByText('USER_TOKEN_EXPIRED').count()).toBe(0)
    expect(await stack.grantTypes()).toContain('refresh_token')
    expect(page.context().pages()).toHaveLength(1)
  })

  it('reads that the session has ended, and goes on after signing in again', async () => {
    const page = await openSignedIn()
    await page.clock.setSystemTime(inTwoHours())
    await refuse('refresh', 700082)
    const answer = await askOnBehalf(page)
    await answer.getByText('Your session has ended.').waitFor()
    await signIn(page, ada, answer.getByRole('button', { name: 'Sign in and ask' }))
    await waitForAnswer(page.getByRole('article').last())
  })
})

describe('consent', () => {
  it('that is declined in the sign-in window is shown as a cancelled sign-in, and can be given afterwards', async () => {
    const page = await browser.open(stack.agentUrl)
    stack.withdrawConsents(pageAppId)
    const button = await writeOnBehalf(page)
    const decide = async (decision: string) => {
      const popup = await openPopup(page, button)
      await popup.getByRole('button', { name: ada.name }).click()
      await popup.getByRole('button', { name: decision }).click()
    }
    await decide('Cancel')
    await page.getByRole('alert').getByText('Sign-in was cancelled.').waitFor()
    expect(await page.getByLabel('Your question').inputValue()).toBe('Weather in Dallas?')
    await decide('Accept')
    await waitForAnswer(page.getByRole('article').last())
  })

  it('that was withdrawn is asked for again when the token is renewed', async () => {
    const page = await openSignedIn()
    stack.withdrawConsents(pageAppId)
    await page.clock.setSystemTime(inTwoHours())
    const answer = await askOnBehalf(page)
    await answer.getByText('Your consent is needed.').waitFor()
    const popup = await openPopup(page, answer.getByRole('button', { name: 'Review and ask again' }))
    await popup.getByRole('button', { name: 'Accept' }).click()
    await waitForAnswer(page.getByRole('article').last())
  })
})

describe('Conditional Access', () => {
  async function openProofWindow(page: Page): Promise<Page> {
    const answer = await askOnBehalf(page)
    await answer.getByText('CONDITIONAL_ACCESS_REQUIRED').waitFor()
    return openPopup(page, answer.getByRole('button', { name: 'Continue in the sign-in window' }))
  }

  it('sends the user back to sign in afresh, and then lets the user pass', async () => {
    const page = await openSignedIn()
    await stack.entra('PUT', 'faults', {
      faults: [{ target: { leg: 'obo' }, fault: { kind: 'conditional-access' }, times: 1 }],
    })
    const popup = await openProofWindow(page)
    await popup.getByRole('button', { name: ada.name }).click()
    await waitForAnswer(page.getByRole('article').last())
  })

  it('passes its challenge on to the sign-in window if the agent’s problem contains the challenge', async () => {
    const page = await openSignedIn()
    const challenge = { access_token: { capolids: { essential: true, values: ['policy'] } } }
    const json = { code: 'CONDITIONAL_ACCESS_REQUIRED', claimsChallenge: JSON.stringify(challenge) }
    const refusal = { status: 403, contentType: 'application/problem+json', json }
    await page.route('**/api/chat', route => route.fulfill(refusal), { times: 1 })
    const popup = await openProofWindow(page)
    await popup.getByText('more proof').waitFor()
    await popup.getByRole('button', { name: ada.name }).click()
    await waitForAnswer(page.getByRole('article').last())
  })
})
