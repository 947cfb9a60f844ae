import type { Flow, UserFlow } from '@entra-bedrock-agent/identity-trace'

/** Whose an answer is: of one agent in one flow, and where that is on behalf of a user, of that user. Nobody else’s question takes it along. */
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

/** In whose name a question is asked, and the token of who is signed in (Tc), where the flow or the agent needs it. */
export type Speaker = Owner & { readonly userToken: string | undefined }

export function ownerOf({ userToken: _token, ...owner }: Speaker): Owner {
  return owner
}

/** Whether an answer may go along with what the speaker asks. Nobody gets one whose owner is not known. */
export function mayHear({ agent, flow, objectId }: Speaker, owner: Owner | undefined): boolean {
  return owner?.agent === agent && owner.flow === flow && owner.objectId === objectId
}
