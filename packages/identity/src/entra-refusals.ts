import { type CodeMeaning, type Refusal, refusals } from '@entra-agents/entra-failures/codes'
import { type ActsAs, flows } from '@entra-agents/trace'
import { flowRules } from './flows.ts'
import type { IdentityProblemCode } from './problems.ts'
import type { TokenRequest } from './token-source.ts'

/** The meaning of a refusal for one token request. */
export interface EntraRefusal extends Omit<CodeMeaning, 'code' | 'hint'> {
  readonly code: IdentityProblemCode
  readonly hint?: string | undefined
}

const unknownRefusal: Refusal = { code: 'ENTRA_REFUSED', says: 'Entra refused the token request.' }
/** What an unknown code means in each flow, if Entra's text does not name the blueprint. */
const unknownRefusalOfAgent: Refusal = {
  ...unknownRefusal,
  asAgentUser: { code: 'AGENT_USER_UNUSABLE', says: 'Entra refused the token of the agent’s user account.' },
}

/** What a refusal means for a TR with the rights of the user, of the agent, or of the agent's user account. */
const meaningFor: Readonly<Record<ActsAs, (refusal: Refusal) => CodeMeaning>> = {
  user: refusal => refusal,
  agent: refusal => refusal.asItself ?? refusal,
  'agent-user': refusal => refusal.asAgentUser ?? refusal.asItself ?? refusal,
}

/**
 * Explains a refusal by Entra.
 *
 * @param aadsts the code, such as 65001
 * @param named the application that Entra's text names
 */
export function explainEntraRefusal(
  aadsts: number,
  { flow, api }: Pick<TokenRequest, 'flow' | 'api'>,
  named: 'agent' | 'blueprint' | undefined,
): EntraRefusal {
  const refusal = refusals[aadsts] ?? (named === 'blueprint' ? unknownRefusal : unknownRefusalOfAgent)
  if (refusal.asksForApi && named === 'blueprint') {
    return {
      code: 'AGENT_IDENTITY_NOT_HONOURED',
      says: 'The sidecar asked for the token as the blueprint instead of the agent identity, and Entra refused.',
      hint: `Set ${flowRules[flow].overrideSetting}=true on the sidecar.`,
    }
  }
  const ofAgent = named === 'agent' ? refusal.ofAgent : undefined
  const { code, says, hint, lacksRight, blockedByPolicy, transient } =
    ofAgent ?? meaningFor[flows[flow].actsAs](refusal)
  return {
    code,
    says: says.replace('{api}', api.title),
    hint: hint?.replace('{entry}', api.sidecarEntries[flow]),
    ...(lacksRight ? { lacksRight } : {}),
    ...(blockedByPolicy ? { blockedByPolicy } : {}),
    ...(transient ? { transient } : {}),
  }
}
