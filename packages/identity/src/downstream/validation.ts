import type { Caller } from '../caller.ts'
import type { DownstreamApi } from '../downstream-api.ts'
import { flowRules } from '../flows.ts'
import { readApiValidation } from './responses.ts'
import type { TokenHolder, TokenStep } from './token-steps.ts'

/**
 * Records what the API says of the token, if anything, and whether the token has the same flow, caller and user.
 */
export function noteValidation(
  turn: Caller,
  api: DownstreamApi,
  parentId: string,
  token: TokenStep,
  body: unknown,
): void {
  const validated = readApiValidation(body)
  if (!validated) return
  const { flow, caller, on_behalf_of: user, signature_verified: signatureVerified, checks } = validated
  const mismatches = findMismatches(token.holder, validated)
  const reported = mismatches.map(name => ({ name: `reported-${name}`, ok: false }))
  const did = signatureVerified
    ? `The ${api.title} verified TR`
    : `The ${api.title} read TR without verifying its signature`
  const isSame = mismatches.length === 0
  turn.trace.note(isSame ? 'ok' : 'failed', {
    parentId,
    kind: 'validation',
    from: api.name,
    to: 'agent',
    title: isSame
      ? `${did}: agent ${caller} acts ${flowRules[flow].inWords(user)}`
      : `What the ${api.title} says of TR is not what TR says: ${mismatches.join(', ')}`,
    token: token.verifiedByApi(checks, reported),
  })
}

function findMismatches(holder: TokenHolder, told: TokenHolder): readonly string[] {
  const compared = [
    ['flow', holder.flow, told.flow],
    ['caller', holder.caller, told.caller],
    ['user', holder.on_behalf_of, told.on_behalf_of],
  ] as const
  return compared.flatMap(([name, a, b]) => (a?.toLowerCase() === b?.toLowerCase() ? [] : [name]))
}
