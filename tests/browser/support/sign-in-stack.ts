import type { Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { Stack } from '../../support/stack.ts'
import { ask, choose } from './steps.ts'

/** The whole system for the tests of a file; Entra is reset after each test. */
export function useSignInStack(): SignInStack {
  const its = new SignInStack()
  beforeAll(() => its.start())
  afterAll(() => its.close())
  afterEach(() => its.entra('POST', 'reset'))
  return its
}

class SignInStack {
  #stack: Stack | undefined

  get agentUrl(): string {
    return this.#running.agentUrl
  }

  async start(): Promise<void> {
    this.#stack = await Stack.start()
  }

  async close(): Promise<void> {
    await this.#stack?.close()
  }

  /** Uses the control plane of the emulator of Entra. */
  async entra(method: string, path: string, body?: unknown): Promise<void> {
    const response = await fetch(`${this.#running.entraUrl}/emulator/${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    expect(response.status).toBeLessThan(300)
  }

  /** The grant types of all requests for tokens since `DELETE requests`. */
  async grantTypes(): Promise<string[]> {
    const response = await fetch(`${this.#running.entraUrl}/emulator/requests`)
    const { requests } = (await response.json()) as { requests: { form?: { grant_type?: string } }[] }
    return requests.flatMap(({ form }) => form?.grant_type ?? [])
  }

  /** Starts to count the calls of the weather API; the returned function tells the number. */
  countCalls(): () => number {
    let calls = 0
    this.#running.appOf('weather').server.on('request', ({ url }) => {
      if (url?.startsWith('/weather')) calls += 1
    })
    return () => calls
  }

  withdrawConsents(appId: string): void {
    const { directory } = this.#running.appOf('entra').entra
    const id = directory.principal(appId)?.id
    directory.content.permissionGrants = directory.content.permissionGrants.filter(
      ({ clientId }) => clientId !== id,
    )
  }

  get #running(): Stack {
    if (!this.#stack) throw new Error('The stack has not been started.')
    return this.#stack
  }
}

/** Waits, without touching the button, until the identity library is loaded: it then has an entry in the tab's storage. */
export async function waitForMsal(page: Page): Promise<void> {
  const keys = () => page.evaluate('Object.keys(sessionStorage).join()')
  await expect.poll(keys).toContain('msal')
}

export async function askOnBehalf(page: Page): Promise<Locator> {
  await choose(page, 'On behalf of you')
  return ask(page, 'Weather in Dallas?')
}

export async function waitForAnswer(answer: Locator): Promise<void> {
  await answer.getByText(/Dallas.*°C/).waitFor()
}
