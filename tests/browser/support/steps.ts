import type { Locator, Page } from 'playwright-core'

/** Writes a question, sends it with Enter and returns the message that it becomes. */
export async function ask(page: Page, question: string): Promise<Locator> {
  await page.getByLabel('Your question').fill(question)
  await page.keyboard.press('Enter')
  return page.getByRole('article', { name: question }).last()
}

export function signInButton(page: Page): Locator {
  return page.getByRole('button', { name: 'Sign in', exact: true })
}

/** Presses a button of the page that opens the sign-in window, and returns that window. */
export async function openWindow(page: Page, button: Locator): Promise<Page> {
  await button.hover()
  const [popup] = await Promise.all([page.waitForEvent('popup'), button.click()])
  return popup
}

/** Signs a user in at the emulator of Entra, by the header's button or another one. */
export async function signIn(
  page: Page,
  user: { readonly name: string },
  button = signInButton(page),
): Promise<void> {
  const popup = await openWindow(page, button)
  await popup.getByRole('button', { name: user.name }).click()
  await page.getByText(`Signed in as ${user.name}`).waitFor()
}
