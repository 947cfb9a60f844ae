import type { FastifyRequest } from 'fastify'
import type { Account } from '../account/account.ts'
import { authenticate } from '../authentication/authenticate.ts'
import { receivedRequest } from '../authentication/received-request.ts'
import type { Controls } from '../control/controls.ts'
import { invalid } from '../wire/bedrock-error.ts'
import { type ConverseRequest, parseConverseRequest } from '../wire/converse-request.ts'
import { authorise, type Operation } from './authorise.ts'
import { checkConversation } from './check-conversation.ts'
import { checkModelAccess } from './check-model-access.ts'
import { checkParameters } from './check-parameters.ts'
import { findInvokedModel } from './invoked-model.ts'

export interface BedrockDependencies {
  readonly account: Account
  readonly controls: Controls
  readonly random: () => number
}

export type ModelRequest = FastifyRequest<{ Params: { modelId: string } }>

/** Authenticates, authorises and checks a call in the order in which AWS does. @throws {BedrockError} */
export async function acceptCall(
  { account, controls }: BedrockDependencies,
  operation: Operation,
  request: ModelRequest,
): Promise<{ converse: ConverseRequest; inputTokens: number }> {
  const { modelId } = request.params
  const received = receivedRequest(request)
  controls.requests.note(request, { operation, modelId, requestId: request.id })
  const caller = await authenticate(account, received)
  controls.requests.note(request, { principal: caller.arn })
  const invoked = findInvokedModel(account, modelId)
  authorise(account, caller, operation, invoked)
  checkModelAccess(invoked)
  const converse = parseConverseRequest(received.body)
  checkConversation(converse, invoked.model.isBefore55)
  checkParameters(converse, invoked.model)
  const inputTokens = countTokens(JSON.stringify([converse.system, converse.messages, converse.toolConfig]))
  if (inputTokens > invoked.model.contextTokens) throw invalid('Input is too long for requested model.')
  return { converse, inputTokens }
}

/** A plausible count: about four characters to a token, as with English text. */
function countTokens(text: string): number {
  return Math.ceil(text.length / 4)
}
