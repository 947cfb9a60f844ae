import type { VerifiedUserToken } from './agent-token.ts'

/** A user whose token for the blueprint (Tc) has been verified. The token itself can be read neither from here nor from what this is printed as. */
export class SignedInUser {
  readonly #token: VerifiedUserToken
  /** The user's object id in the tenant. */
  readonly objectId: string

  /** @internal */
  constructor(token: VerifiedUserToken) {
    this.#token = token
    this.objectId = token.objectId
  }

  /** The claims of the user's token, as Entra signed them. */
  get claims(): Readonly<Record<string, unknown>> {
    return this.#token.claims
  }

  toJSON(): { readonly objectId: string } {
    return { objectId: this.objectId }
  }

  /** @internal */
  static tokenOf(user: SignedInUser): VerifiedUserToken {
    return user.#token
  }
}
