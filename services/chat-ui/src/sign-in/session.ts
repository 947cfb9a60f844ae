import type { PublicConfig } from '@entra-agents/trace'
import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import { PageError, pageProblem } from '../agent/page-problem.ts'

/** The signed-in user, as the page shows them. */
export interface Account {
  readonly objectId: string
  readonly name: string
  readonly userName: string
}

/** The user who asks, and their current token for the agent (Tc). */
export interface SignedInUser {
  readonly objectId: string
  readonly userToken: string
}

/** What the user does in the sign-in window: choose an account or, as the same user, consent or step up. */
export type Interaction =
  | { readonly kind: 'choose-account' }
  | { readonly kind: 'consent' }
  /** `claimsChallenge` is an API's challenge as JSON text; `undefined` for Entra's, which the sidecar does not pass on. */
  | { readonly kind: 'prove-more'; readonly claimsChallenge: string | undefined }

/** What the session needs of the identity library, which is in a chunk of its own. All methods throw PageErrors. */
export interface IdentityClient {
  account(): Account | undefined
  /** Opens the sign-in window synchronously; to be called within a click, or the browser blocks the window. */
  interact(interaction: Interaction): Promise<void>
  /** Tc from the cache, or renewed without a window; `renew` skips the cache. `undefined` when nobody is signed in. */
  acquireToken(renew: boolean): Promise<SignedInUser | undefined>
  signOut(): Promise<void>
}

/** Loads the identity library. `onSignedIn` is called for every successful sign-in, even one that the page had cancelled. */
export type LoadIdentityClient = (onSignedIn: (account: Account) => void) => Promise<IdentityClient>

/** Who is signed in on this page. The identity library is loaded only if a user is signed in or wants to be. */
export class Session {
  readonly available: boolean
  readonly account: Signal<Account | undefined> = signal(undefined)
  /** Whether the identity library is being asked for the user who was signed in before a reload. */
  readonly restoring = signal(false)
  readonly #attempt = signal<AbortController | undefined>(undefined)
  readonly signingIn: ReadonlySignal<boolean> = computed(() => this.#attempt.value !== undefined)
  readonly #load: LoadIdentityClient
  #client: Promise<IdentityClient> | undefined
  #readyClient: IdentityClient | undefined

  constructor({ spaClientId }: PublicConfig, load: LoadIdentityClient) {
    this.available = spaClientId !== null
    this.#load = load
  }

  /** Loads the identity library before the user clicks to sign in. */
  prepare(): void {
    if (this.available) this.#identityClient().catch(() => {})
  }

  /** Loads the identity library and, with it, the user who was signed in before a reload. */
  async restore(): Promise<void> {
    this.restoring.value = true
    await this.#identityClient().catch(() => {})
    this.restoring.value = false
  }

  /** Signs in through the sign-in window. Throws a PageError that says why it did not work. */
  async signIn(interaction: Interaction = { kind: 'choose-account' }): Promise<void> {
    this.cancelSignIn()
    const attempt = new AbortController()
    this.#attempt.value = attempt
    try {
      await Promise.race([this.#interact(interaction, attempt.signal), cancellation(attempt.signal)])
    } finally {
      if (this.#attempt.value === attempt) this.#attempt.value = undefined
    }
  }

  /** If the identity library is loaded, the window opens within the click: Safari blocks windows that open later. */
  #interact(interaction: Interaction, signal: AbortSignal): Promise<void> {
    if (this.#readyClient) return this.#readyClient.interact(interaction)
    return this.#identityClient().then(client => (signal.aborted ? undefined : client.interact(interaction)))
  }

  cancelSignIn(): void {
    this.#attempt.value?.abort()
  }

  async signOut(): Promise<void> {
    const client = this.#readyClient ?? (await this.#identityClient())
    this.account.value = undefined
    await client.signOut()
  }

  /** The user and their current token, if a user is signed in. Throws a PageError if renewal needs the user. */
  async acquireToken(renew: boolean): Promise<SignedInUser | undefined> {
    const client = await this.#identityClient()
    return client.acquireToken(renew)
  }

  async #identityClient(): Promise<IdentityClient> {
    if (!this.available) throw new PageError(pageProblem('SIGN_IN_UNAVAILABLE'))
    this.#client ??= this.#load(account => {
      this.account.value = account
    }).then(client => {
      this.#readyClient = client
      this.account.value = client.account()
      return client
    })
    try {
      return await this.#client
    } catch (error) {
      this.#client = undefined
      throw error instanceof PageError ? error : new PageError(pageProblem('SIGN_IN_UNREACHABLE'))
    }
  }
}

function cancellation(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new PageError(pageProblem('SIGN_IN_CANCELLED'))))
  })
}
