/** Tc after every check has passed: the person's token for the blueprint. */
export interface VerifiedUserToken {
  /** The raw token. It goes to the sidecar and nowhere else. */
  readonly value: string
  readonly objectId: string
}
