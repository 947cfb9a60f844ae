import type { FastifyRequest } from 'fastify'
import type { Account } from '../account/account.ts'
import { authenticateForBedrock } from '../identity/authenticate.ts'
import { AuthenticationError } from '../identity/authentication-error.ts'
import { reply as replyOfPersona } from '../persona/persona.ts'
import type { Reply } from '../persona/reply.ts'
import { signedRequestOf } from '../server/signed-request-of.ts'
import type { Fault } from '../switchboard/fault.ts'
import type { SeenRequest } from '../switchboard/request-log.ts'
import type { Pace, Switchboard } from '../switchboard/switchboard.ts'
import type { Usage } from './answer.ts'
import { authorise, type Operation } from './authorise.ts'
import { explainAuthentication } from './bedrock-error.ts'
import { checkConversation } from './check-conversation.ts'
import { checkParameters } from './check-parameters.ts'
import { type ConverseRequest, parseConverseRequest } from './converse-request.ts'
import { findInvokedModel } from './invoked-model.ts'
import { checkModelAccess } from './model-access.ts'
import { countTokens, type Generation, generate } from './tokens.ts'

export interface BedrockDependencies {
  readonly account: Account
  readonly switchboard: Switchboard
  readonly random: () => number
}

/** A call that was let through, with the answer the model will give. */
export interface AcceptedCall {
  readonly generation: Generation
  readonly usage: Usage
  readonly pace: Pace
  readonly fault: Fault | undefined
}

/** Authenticates, authorises and checks a call in the order in which AWS does. @throws {BedrockError} */
export function acceptCall(
  dependencies: BedrockDependencies,
  operation: Operation,
  request: FastifyRequest<{ Params: { modelId: string } }>,
  seen: SeenRequest,
): AcceptedCall {
  const { account, switchboard, random } = dependencies
  const { modelId } = request.params
  seen.modelId = modelId
  const principal = authenticate(account, request)
  seen.principal = principal.arn
  const invoked = findInvokedModel(account, modelId)
  authorise(account, principal, operation, invoked)
  checkModelAccess(invoked)
  const converse = parseConverseRequest(signedRequestOf(request).body)
  seen.toolResults = toolResultsOf(converse)
  checkConversation(converse, invoked.model.takesPrefill)
  checkParameters(converse, invoked.model)

  const fault = switchboard.takeFault(operation, principal.arn)
  const limits = {
    maxTokens: fault?.kind === 'limit' ? fault.maxTokens : (converse.inferenceConfig?.maxTokens ?? 4_096),
    stopSequences: converse.inferenceConfig?.stopSequences ?? [],
  }
  const generation = generate(bend(replyOfPersona(converse), fault), limits, random)
  const inputTokens = countTokens(JSON.stringify([converse.system, converse.messages, converse.toolConfig]))
  const { outputTokens } = generation
  return {
    generation,
    usage: { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens, serverToolUsage: {} },
    pace: fault?.kind === 'slow' ? { ...switchboard.pace, ...paceOf(fault) } : switchboard.pace,
    fault,
  }
}

function authenticate(account: Account, request: FastifyRequest) {
  try {
    return authenticateForBedrock(account, signedRequestOf(request))
  } catch (error) {
    throw error instanceof AuthenticationError ? explainAuthentication(error) : error
  }
}

/** The model's answer as a fault wants it. */
function bend(reply: Reply, fault: Fault | undefined): Reply {
  if (fault?.kind === 'stop') {
    return {
      blocks: fault.text === undefined ? [] : [{ type: 'text', text: fault.text }],
      stopReason: fault.stopReason,
    }
  }
  if (fault?.kind !== 'think') return reply
  const thought = {
    type: 'reasoning',
    text: 'The rules of the emulated model decide; there is nothing to ponder.',
    signature: 'ZW11bGF0ZWQtc2lnbmF0dXJl',
  } as const
  return { ...reply, blocks: [thought, ...reply.blocks] }
}

function paceOf({ firstTokenMs, tokenDelayMs }: Partial<Pace>): Partial<Pace> {
  return {
    ...(firstTokenMs === undefined ? {} : { firstTokenMs }),
    ...(tokenDelayMs === undefined ? {} : { tokenDelayMs }),
  }
}

function toolResultsOf({ messages }: ConverseRequest): NonNullable<SeenRequest['toolResults']> {
  return (messages.at(-1)?.content ?? []).flatMap(({ toolResult }) =>
    toolResult === undefined
      ? []
      : [
          {
            toolUseId: toolResult.toolUseId,
            text: toolResult.content.map(({ text, json }) => text ?? JSON.stringify(json)).join('\n'),
          },
        ],
  )
}
