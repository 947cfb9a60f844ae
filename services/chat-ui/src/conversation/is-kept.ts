import { needsUser } from '@entra-agents/trace'
import { Check } from 'typebox/value'
import type { KeptExchanges } from './kept.ts'
import { KeptConversation, type KeptExchange } from './kept-shape.ts'

/** Whether a stored value is a conversation in which each exchange follows an earlier one or none. */
export function isKeptExchanges(value: unknown): value is KeptExchanges {
  if (!Check(KeptConversation, value)) return false
  const { exchanges, follows } = value
  const isInOrder = follows.length === exchanges.length && follows.every((before, index) => before < index)
  return isInOrder && exchanges.every(isOfItsOwner)
}

/** Whether an exchange's owner has the question's agent and flow, and a user exactly if the flow is on behalf of a user. */
function isOfItsOwner({ question, owner }: KeptExchange): boolean {
  if (!owner) return true
  const isSame = owner.agent === question.agent && owner.flow === question.flow
  return isSame && (owner.objectId !== undefined) === needsUser(owner.flow)
}
