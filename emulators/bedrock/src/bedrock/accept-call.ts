import type { FastifyRequest } from 'fastify'
import type { Account } from '../account/account.ts'
import type { Model } from '../account/models.ts'
import { type Prefix, readPrefixes } from '../account/prompt-cache.ts'
import { authenticate } from '../authentication/authenticate.ts'
import { receivedRequest } from '../authentication/verify-signature.ts'
import type { Controls } from '../control/controls.ts'
import { validationError } from '../wire/bedrock-error.ts'
import { type ConverseRequest, parseConverseRequest } from '../wire/converse-request.ts'
import { checkCachePoints, checkConversation, checkParameters } from './check-request.ts'
import { authorise, checkModelAccess, findInvokedModel } from './invoked-model.ts'

export interface BedrockDependencies {
  readonly account: Account
  readonly controls: Controls
  readonly random: () => number
}

export type ModelRequest = FastifyRequest<{ Params: { modelId: string } }>

/** Authenticates, authorises and checks a call in the order in which AWS does. @throws {BedrockError} */
export async function acceptCall(
  { account, controls }: BedrockDependencies,
  request: ModelRequest,
  { operation, action }: { readonly operation: string; readonly action: string },
): Promise<{ converse: ConverseRequest; model: Model; prefixes: readonly Prefix[] }> {
  const { modelId } = request.params
  const received = receivedRequest(request)
  controls.requests.note(request, { operation, modelId, requestId: request.id })
  const caller = await authenticate(account, received)
  controls.requests.note(request, { principal: caller.arn })
  const invoked = findInvokedModel(account, modelId)
  const { model } = invoked
  authorise(account, caller, action, invoked)
  checkModelAccess(invoked)
  const converse = parseConverseRequest(received.body)
  checkConversation(converse, model.isBefore55)
  checkParameters(converse, model)
  checkCachePoints(converse, model)
  const prefixes = readPrefixes(model.id, converse)
  const inputTokens = prefixes.at(-1)?.tokens ?? 0
  if (inputTokens > model.contextTokens) throw validationError('Input is too long for requested model.')
  return { converse, model, prefixes }
}
