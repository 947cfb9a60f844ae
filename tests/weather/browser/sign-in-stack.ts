import type { Locator, Page } from 'playwright-core'
import { afterEach, expect } from 'vitest'
import { ask, choose } from '../../browser/support/steps.ts'
import { forFile } from '../../support/for-file.ts'
import { Stack } from '../support/stack.ts'

/** The whole system for the tests of a file; Entra is reset after each test. */
export async function useSignInStack(...settings: Parameters<typeof Stack.start>): Promise<SignInStack> {
  const stack = new SignInStack(await forFile(Stack.start(...settings)))
  afterEach(() => stack.entra('POST', 'reset'))
  return stack
}

class SignInStack {
  readonly #stack: Stack

  constructor(stack: Stack) {
    this.#stack = stack
  }

  get agentUrl(): string {
    return this.#stack.agentUrl
  }

  /** Uses the control plane of the emulator of Entra. */
  async entra(method: string, path: string, body?: unknown): Promise<void> {
    const response = await fetch(`${this.#stack.entraUrl}/emulator/${path}`, {
      method,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    })
    expect(response.status).toBeLessThan(300)
  }

  /** The grant types of all requests for tokens since `DELETE requests`. */
  async grantTypes(): Promise<string[]> {
    const response = await fetch(`${this.#stack.entraUrl}/emulator/requests`)
    const { requests } = (await response.json()) as { requests: { form?: { grant_type?: string } }[] }
    return requests.flatMap(({ form }) => form?.grant_type ?? [])
  }

  /** Starts to note the requests for this path that reach the weather API. */
  noteCalls(path: string): readonly string[] {
    const calls: string[] = []
    this.#stack.appOf('weather').server.on('request', ({ method, url }) => {
      if (url?.startsWith(path)) calls.push(`${method} ${url}`)
    })
    return calls
  }

  withdrawConsents(appId: string): void {
    const { directory } = this.#stack.appOf('entra').entra
    const id = directory.principal(appId)?.id
    directory.content.permissionGrants = directory.content.permissionGrants.filter(
      ({ clientId }) => clientId !== id,
    )
  }
}

/** Waits, without touching the button, until the identity library is loaded: it then has an entry in the tab's storage. */
export async function waitForMsal(page: Page): Promise<void> {
  const keys = () => page.evaluate('Object.keys(sessionStorage).join()')
  await expect.poll(keys).toContain('msal')
}

export async function askOnBehalf(page: Page): Promise<Locator> {
  await choose(page, 'For me')
  return ask(page, 'Weather in Dallas?')
}

/** Writes a question for which a user has to sign in, and returns the button that does both. */
export async function writeOnBehalf(page: Page): Promise<Locator> {
  await choose(page, 'For me')
  await page.getByLabel('Your question').fill('Weather in Dallas?')
  return page.getByRole('button', { name: 'Sign in and ask' })
}

export async function waitForAnswer(answer: Locator): Promise<void> {
  await answer.getByText(/Dallas.*°C/).waitFor()
}
