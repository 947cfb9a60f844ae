/** The owner of an answer: the agent, so that all may see it, or one user, so that nobody else may. */
export type Owner =
  | { readonly kind: 'agent' }
  | {
      readonly kind: 'user'
      /** The user's object id. */
      readonly objectId: string
    }

/** On whose behalf a question is asked, and the user's token for it (Tc). */
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
