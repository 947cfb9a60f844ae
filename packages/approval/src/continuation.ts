import { isProblem } from '@entra-agents/service-kit'
import { chatLimits } from '@entra-agents/trace'
import { CompactEncrypt, compactDecrypt } from 'jose'
import { Check } from 'typebox/value'
import { approvalProblem } from './problems.ts'
import type { SealKeys } from './seal-keys.ts'
import { type Binding, Continuation } from './waiting.ts'

const maxSealCharacters = chatLimits.continuationCharacters
const jweParts = 5
/** How far the clock of another replica may be ahead. */
const skewSeconds = 60

const algorithms = { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] }

/**
 * Seals a turn (compact JWE, `dir` and `A256GCM`): nobody but the agent's replicas can read or change it.
 *
 * @throws {ProblemError} APPROVAL_TOO_LARGE, APPROVAL_UNAVAILABLE
 */
export async function seal(continuation: Continuation, keys: SealKeys): Promise<string> {
  const { kid, key } = keys.current()
  const sealed = await new CompactEncrypt(Buffer.from(JSON.stringify(continuation)))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid })
    .encrypt(key)
  if (sealed.length <= maxSealCharacters) return sealed
  throw approvalProblem(
    'APPROVAL_TOO_LARGE',
    `The turn takes ${sealed.length} characters, of ${maxSealCharacters}.`,
  )
}

/**
 * Opens a sealed turn for the user, agent, flow and mode of a request.
 *
 * @param now seconds since 1970
 * @throws {ProblemError} APPROVAL_INVALID, APPROVAL_EXPIRED, APPROVAL_NOT_YOURS for another user, tenant or application,
 * APPROVAL_CHANGED for another agent, flow or mode, APPROVAL_UNAVAILABLE
 */
export async function unseal(
  sealed: string,
  keys: SealKeys,
  binding: Binding,
  now: number = Math.floor(Date.now() / 1000),
): Promise<Continuation> {
  const continuation = await decrypt(sealed, keys)
  if (continuation.iat > now + skewSeconds)
    throw approvalProblem('APPROVAL_INVALID', 'It was sealed in the future.')
  if (continuation.exp <= now) throw approvalProblem('APPROVAL_EXPIRED', 'Its time is over.')
  const differs = (name: keyof Binding) => continuation[name] !== binding[name]
  if (differs('oid') || differs('tid') || differs('azp'))
    throw approvalProblem('APPROVAL_NOT_YOURS', 'It was asked of another user, or in another application.')
  if (differs('agent') || differs('flow') || differs('mode'))
    throw approvalProblem('APPROVAL_CHANGED', 'It belongs to another agent, flow or mode.')
  return continuation
}

async function decrypt(sealed: string, keys: SealKeys): Promise<Continuation> {
  const invalid = () => approvalProblem('APPROVAL_INVALID', 'It cannot be opened.')
  const parts = sealed.length > maxSealCharacters ? [] : sealed.split('.', jweParts + 1)
  if (parts.length !== jweParts || !parts.every(isCanonical)) throw invalid()
  try {
    const { plaintext } = await compactDecrypt(sealed, ({ kid = '' }) => findKey(keys, kid), algorithms)
    const content: unknown = JSON.parse(new TextDecoder().decode(plaintext))
    if (Check(Continuation, content)) return content
  } catch (error) {
    throw isProblem(error) ? error : invalid()
  }
  throw invalid()
}

function findKey(keys: SealKeys, kid: string): Uint8Array {
  const found = keys.find(kid)
  if (!found) throw new Error('Nobody has this key.')
  return found.key
}

/** Whether a part is canonical base64url. Without this check, several texts could stand for one seal (RFC 4648 §3.5). */
function isCanonical(part: string): boolean {
  return Buffer.from(part, 'base64url').toString('base64url') === part
}
