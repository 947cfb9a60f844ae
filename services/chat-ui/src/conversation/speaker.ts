import type { Flow, UserFlow } from '@entra-agents/trace'

/** The owner of an answer: agent, flow and, in a user's flow, the user. An answer is history only for its owner’s questions. */
export type Owner = {
  /** The agent’s name. */
  readonly agent: string
} & (
  | {
      readonly flow: UserFlow
      /** The user’s object id. */
      readonly objectId: string
    }
  | { readonly flow: Exclude<Flow, UserFlow>; readonly objectId?: undefined }
)

/** In whose name a question is asked, and the signed-in user's token (Tc) if the flow or the agent needs it. */
export type Speaker = Owner & { readonly userToken: string | undefined }

export function ownerOf({ userToken: _token, ...owner }: Speaker): Owner {
  return owner
}

/** Whether an answer is the speaker's and may be sent along with their question; never if the answer's owner is unknown. */
export function ownsAnswer({ agent, flow, objectId }: Speaker, owner: Owner | undefined): boolean {
  return owner?.agent === agent && owner.flow === flow && owner.objectId === objectId
}
