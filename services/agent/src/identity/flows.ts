import type { Flow } from '@entra-bedrock-agent/identity-trace'
import { problem } from '../problems.ts'

type Claims = Readonly<Record<string, unknown>>

/** All that a flow decides about TR. Another flow is another entry of the table. */
export interface FlowRules {
  /** The sidecar's route; the user's token goes to the authenticated one only. */
  readonly route: string
  /** The sidecar's setting that lets this route act as the agent identity. */
  readonly overrideSetting: string
  /** Whether TR acts for a user, whose token (Tc) the sidecar then needs. */
  readonly needsUser: boolean
  /** @throws ProblemError TOKEN_FLOW_MISMATCH when TR does not act for whom it should. */
  requireSubject(claims: Claims, userId: string | undefined): void
}

export const flowRules: Readonly<Record<Flow, FlowRules>> = {
  autonomous: {
    route: '/AuthorizationHeaderUnauthenticated',
    overrideSetting: 'Sidecar__AllowOverrides__GetAuthorizationHeaderUnauthenticated',
    needsUser: false,
    requireSubject(claims) {
      const { idtyp } = claims
      if (isDelegated(claims) || (idtyp !== undefined && idtyp !== 'app')) {
        throw mismatch('The token acts for a user although the agent asked for its own.')
      }
    },
  },
  obo: {
    route: '/AuthorizationHeader',
    overrideSetting: 'Sidecar__AllowOverrides__GetAuthorizationHeader',
    needsUser: true,
    requireSubject(claims, userId) {
      if (!isDelegated(claims) || claims['idtyp'] === 'app') {
        throw mismatch('The token is the agent’s own although it was to act for a user.')
      }
      if (userId === undefined || claims['oid'] !== userId) throw mismatch('The token acts for another user.')
    },
  },
}

/** Entra marks app-only tokens with `idtyp`; without that optional claim, `scp` is what only a user's token has. */
function isDelegated({ scp }: Claims): boolean {
  return typeof scp === 'string' && scp !== ''
}

function mismatch(detail: string) {
  return problem('TOKEN_FLOW_MISMATCH', detail, { upstream: { service: 'sidecar' } })
}
