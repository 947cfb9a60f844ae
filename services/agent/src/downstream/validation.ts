import type { DownstreamApi } from '../identity/downstream-api.ts'
import { flowRules } from '../identity/flows.ts'
import type { Caller } from '../turn/turn.ts'
import { readValidated } from './responses.ts'
import type { TokenHolder, TokenStep } from './token-steps.ts'

/**
 * Records what the API says of the token, if it does, and compares it with the token: it may name another flow, caller or user.
 */
export function noteValidation(
  turn: Caller,
  api: DownstreamApi,
  parentId: string,
  token: TokenStep,
  body: unknown,
): void {
  const validated = readValidated(body)
  if (!validated) return
  const { flow, caller, on_behalf_of: user, signature_verified: signatureVerified, checks } = validated
  const step = { parentId, kind: 'validation', from: api.name, to: 'agent' } as const
  const mismatches = findMismatches(token.holder, validated)
  if (mismatches.length > 0) {
    const reported = mismatches.map(name => ({ name: `reported-${name}`, ok: false }))
    turn.trace.note('failed', {
      ...step,
      title: `What the ${api.title} says of TR is not what TR says: ${mismatches.join(', ')}`,
      token: token.verifiedByApi(checks, reported),
    })
    return
  }
  const did = signatureVerified
    ? `The ${api.title} verified TR`
    : `The ${api.title} read TR without verifying its signature`
  turn.trace.note('ok', {
    ...step,
    title: `${did}: agent ${caller} acts ${flowRules[flow].inWords(user)}`,
    token: token.verifiedByApi(checks),
  })
}

function findMismatches(holder: TokenHolder, told: TokenHolder): readonly string[] {
  const isSame = (a: string | null, b: string | null) => a?.toLowerCase() === b?.toLowerCase()
  return [
    ...(holder.flow === told.flow ? [] : ['flow']),
    ...(isSame(holder.caller, told.caller) ? [] : ['caller']),
    ...(isSame(holder.on_behalf_of, told.on_behalf_of) ? [] : ['user']),
  ]
}
