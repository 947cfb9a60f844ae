/** Whose an answer is: the agent's own, for everybody, or one user's, and then nobody else's. */
export type Owner =
  | { readonly kind: 'agent' }
  | {
      readonly kind: 'user'
      /** The user's object id. */
      readonly objectId: string
    }

/** In whose name a question is asked, and with which token of the user (Tc). */
export type Speaker =
  | { readonly kind: 'agent'; readonly userToken: string | undefined }
  | { readonly kind: 'user'; readonly objectId: string; readonly userToken: string }

export function ownerOf(speaker: Speaker): Owner {
  switch (speaker.kind) {
    case 'agent':
      return { kind: 'agent' }
    case 'user':
      return { kind: 'user', objectId: speaker.objectId }
  }
}

/** Whether an answer may go along with what the speaker asks. Nobody gets one whose owner is not known. */
export function mayHear(speaker: Speaker, owner: Owner | undefined): boolean {
  switch (owner?.kind) {
    case undefined:
      return false
    case 'agent':
      return true
    case 'user':
      return speaker.kind === 'user' && speaker.objectId === owner.objectId
  }
}
