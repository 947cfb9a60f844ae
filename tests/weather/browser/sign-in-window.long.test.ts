import { describe, expect, it } from 'vitest'
import { useBrowser } from '../../browser/support/browser.ts'
import {
  expectCallFor,
  expectSignedIn,
  openPopup,
  signIn,
  signInButton,
} from '../../browser/support/steps.ts'
import { blockStorage, fillStorage } from '../../browser/support/storage.ts'
import { identities } from '../../support/identities.ts'
import { askOnBehalf, useSignInStack, waitForAnswer, waitForMsal, writeOnBehalf } from './sign-in-stack.ts'

const { ada } = identities
const browser = useBrowser()
const stack = await useSignInStack()

describe('somebody who is not signed in', () => {
  it('who cancels keeps the question in the composer and is told so; signed in by the header’s button, they send it', async () => {
    const page = await browser.open(stack.agentUrl)
    const popup = await openPopup(page, await writeOnBehalf(page))
    await popup.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('alert').getByText('Sign-in was cancelled.').waitFor()
    await page.getByRole('alert').getByText('Your question is still here.').waitFor()
    expect(await page.getByLabel('Your question').inputValue()).toBe('Weather in Dallas?')
    expect(await page.getByRole('article').count()).toBe(0)
    await signIn(page, ada)
    await page.getByRole('alert').waitFor({ state: 'detached' })
    expect(await page.getByRole('article').count(), 'nothing is sent that nobody sent').toBe(0)
    await page.getByRole('button', { name: 'Send' }).click()
    await waitForAnswer(page.getByRole('article').last())
    await expectCallFor(page, ada)
  })

  it('who presses a card of the empty page gets the answer after one window, or the question into the composer', async () => {
    const page = await browser.open(stack.agentUrl)
    const card = page.getByRole('button', { name: /for me, after I sign in/ })
    const cancelled = await openPopup(page, card)
    await cancelled.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('alert').getByText('Sign-in was cancelled.').waitFor()
    const question = await page.getByLabel('Your question').inputValue()
    expect(await card.textContent()).toContain(question)
    await signIn(page, ada, card)
    await page.getByRole('article', { name: question }).waitFor()
    await expectCallFor(page, ada)
    expect(await page.getByLabel('Your question').inputValue()).toBe('')
  })

  it('gets the sign-in window during the click, even during the first click, since Safari blocks a window that opens later', async () => {
    const page = await browser.open(stack.agentUrl)
    await waitForMsal(page)
    const opened = await page.evaluate(`(() => {
      let opened = false
      window.open = () => { opened = true; return null }
      document.querySelector('.account button').click()
      return opened
    })()`)
    expect(opened).toBe(true)
    await (await writeOnBehalf(page)).click()
    await page.getByRole('main').getByText('The browser blocked the sign-in window.').waitFor()
    expect(await page.getByLabel('Your question').inputValue()).toBe('Weather in Dallas?')
  })

  it('who clicks the header’s button twice does not cancel the sign-in with the second click', async () => {
    const page = await browser.open(stack.agentUrl)
    await page.clock.install()
    await waitForMsal(page)
    // So that what is waited for is there again only after the reload.
    await page.evaluate('sessionStorage.clear()')
    await page.reload()
    await waitForMsal(page)
    await page.clock.pauseAt(Date.now() + 10_000)
    const [popup] = await Promise.all([page.waitForEvent('popup'), signInButton(page).click()])
    await page.getByRole('button', { name: 'Cancel' }).click({ force: true })
    // Checked before Ada signs in, since a sign-in in the window counts even after a cancellation in the page.
    expect(await page.getByRole('alert').count()).toBe(0)
    expect(await page.getByText('Waiting for the sign-in window…').count()).toBe(1)
    await page.clock.resume()
    await popup.getByRole('button', { name: ada.name }).click()
    await expectSignedIn(page, ada)
  })

  it.each([
    ['before the page was opened', true],
    ['while the page was open', false],
  ])('is told if storage that was filled %s has no room for a sign-in', async (_when, fillFirst) => {
    const page = await browser.open(stack.agentUrl)
    if (!fillFirst) await waitForMsal(page)
    await fillStorage(page)
    if (fillFirst) await page.reload()
    await signInButton(page).click()
    const alert = page.getByRole('alert')
    await alert.getByText('This tab has no room left for a sign-in.').waitFor()
    await alert.getByText('SIGN_IN_NO_ROOM').waitFor()
  })

  it('who closes the window is told that sign-in was cancelled, and can also cancel in the page while the window is open', async () => {
    const page = await browser.open(stack.agentUrl)
    const button = await writeOnBehalf(page)
    const closed = await openPopup(page, button)
    await closed.getByRole('button', { name: ada.name }).waitFor()
    await closed.close()
    await page.getByRole('alert').getByText('Sign-in was cancelled.').waitFor()
    const left = await openPopup(page, button)
    await page.getByRole('button', { name: 'Cancel sign-in' }).click()
    await page.getByRole('alert').getByText('Sign-in was cancelled.').waitFor()
    await left.getByRole('button', { name: ada.name }).click()
    await expectSignedIn(page, ada)
  })

  it('whose browser stores nothing can sign in and ask, and is told that a reload signs out', async () => {
    const page = await browser.open('about:blank')
    await blockStorage(page.context())
    await page.goto(stack.agentUrl)
    await signIn(page, ada)
    await waitForAnswer(await askOnBehalf(page))
    await page.getByRole('button', { name: `Signed in as ${ada.name}` }).click()
    await page.getByText('Your browser lets this page keep nothing: a reload signs you out.').waitFor()
  })
})

it('somebody who is signed in sees the same question answered in two flows, and the differences between them', async () => {
  const page = await browser.open(stack.agentUrl)
  await signIn(page, ada)
  await waitForAnswer(await askOnBehalf(page))
  await page.getByRole('button', { name: 'Side by side' }).click()
  await page.getByRole('button', { name: 'Ask both' }).click()
  const difference = page.getByRole('region', { name: 'Difference of the two TR' })
  await difference.getByText('What changes is whose right it uses: its own, or yours.').waitFor()
  await difference.getByText(/^OutcomeAllowed.*200.*kept.*Allowed.*200$/).waitFor()
  expect(await page.locator('main').textContent()).not.toContain(ada.oid)
  await page.getByRole('button', { name: 'Open this trace' }).first().click()
  await page.getByText('The agent called Weather API as itself.').waitFor()
  expect(await page.getByText('Side by side', { exact: true }).count(), 'said once').toBe(1)
  await page.getByRole('button', { name: 'Side by side', exact: true }).click()
  await page.getByRole('button', { name: 'Conversation', exact: true }).click()
  expect(await page.getByRole('article').count(), 'the conversation is as it was').toBe(1)
})
