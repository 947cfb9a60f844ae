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
import { askOnBehalf, useSignInStack, waitForAnswer, waitForMsal } from './sign-in-stack.ts'

const { ada } = identities
const browser = useBrowser()
const stack = await useSignInStack()

describe('somebody who is not signed in', () => {
  it('who signs in with the header’s button gets the answer that waited, and “Ask now” at a question whose sign-in was cancelled', async () => {
    const page = await browser.open(stack.agentUrl)
    const cancelled = await askOnBehalf(page)
    const popup = await openPopup(page, cancelled.getByRole('button', { name: 'Sign in and ask' }))
    await popup.getByRole('button', { name: 'Cancel' }).click()
    await cancelled.getByText('Sign-in was cancelled.').waitFor()
    await signIn(page, ada)
    await cancelled.getByText('You are signed in now. This question has not been asked yet.').waitFor()
    expect(await cancelled.getByRole('button', { name: 'Sign in and ask' }).count()).toBe(0)
    await cancelled.getByRole('button', { name: 'Ask now' }).click()
    await waitForAnswer(page.getByRole('article').last())

    const other = await browser.open(stack.agentUrl)
    await (await askOnBehalf(other)).getByText('Sign in first.').waitFor()
    await signIn(other, ada)
    await waitForAnswer(other.getByRole('article').last())
    await expectCallFor(other, ada)
    expect(await other.getByRole('article').count()).toBe(1)
    expect(await other.getByText('Sign in first.').count()).toBe(0)
    expect(await other.getByLabel('Your question').inputValue()).toBe('')
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
    const answer = await askOnBehalf(page)
    await answer.getByRole('button', { name: 'Sign in and ask' }).click()
    await answer.getByText('The browser blocked the sign-in window.').waitFor()
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
    const answer = await askOnBehalf(page)
    const button = answer.getByRole('button', { name: 'Sign in and ask' })
    const closed = await openPopup(page, button)
    await closed.getByRole('button', { name: ada.name }).waitFor()
    await closed.close()
    await answer.getByText('Sign-in was cancelled.').waitFor()

    const left = await openPopup(page, button)
    await answer.getByRole('button', { name: 'Cancel' }).click()
    await answer.getByText('Sign-in was cancelled.').waitFor()
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
  const questions = difference.locator('tbody')
  const first = await questions.evaluateAll(list => list.map(it => it.querySelector('tr')?.textContent ?? ''))
  expect(first).toEqual([
    expect.stringMatching(/^Who called.*2 kept/),
    expect.stringMatching(/^For whom.*changed/),
    expect.stringMatching(/^To whom.*1 kept/),
    expect.stringMatching(/^By which right.*(added|removed)/),
    expect.stringMatching(/^Agent’s marks/),
    expect.stringMatching(/^OutcomeAllowed.*200.*kept.*Allowed.*200$/),
  ])
  expect(await page.locator('main').textContent()).not.toContain(ada.oid)
  await page.getByRole('button', { name: 'Open this trace' }).first().click()
  await page.getByText('The agent called Weather API as itself.').waitFor()
  await page.getByRole('button', { name: 'Side by side', exact: true }).click()
  await page.getByRole('button', { name: 'Conversation', exact: true }).click()
  expect(await page.getByRole('article').count(), 'the conversation is as it was').toBe(1)
})
