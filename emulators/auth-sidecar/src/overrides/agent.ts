import type { SidecarVersion } from '../config.ts'
import type { AgentSelection } from '../tokens/token-order.ts'
import type { Query } from './query.ts'

const guidPattern = /^[({]?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}[)}]?$/i
const emptyGuidPattern = /^[^1-9a-f]*$/i

/** The caller named an agent's user account that cannot be one; only 1.1.2 minds. */
export class InvalidAgentUserError extends Error {
  override readonly name = 'InvalidAgentUserError'
}

/**
 * Reads `AgentIdentity`, `AgentUsername` and `AgentUserId`. Without the first the others mean nothing; a username beats
 * an id; up to 1.1.1 an id that is no GUID silently leaves the agent acting as itself.
 *
 * @throws {InvalidAgentUserError} in 1.1.2 for an id that is empty or no GUID.
 */
export function readAgent(query: Query, version: SidecarVersion): AgentSelection | undefined {
  const agentId = query.text('agentidentity')
  if (!agentId?.trim()) return undefined
  const username = query.text('agentusername')
  if (username?.trim()) return { agentId, user: ['username', username] }
  const userId = query.text('agentuserid')
  if (userId === undefined) return { agentId, user: undefined }
  const usable = guidPattern.test(userId.trim())
  if (version === '1.1.2' && (!usable || emptyGuidPattern.test(userId))) {
    throw new InvalidAgentUserError('AgentUserId must be a GUID that is not empty.')
  }
  return { agentId, user: usable ? ['user_id', userId.trim()] : undefined }
}
