import type { Flow } from '@entra-bedrock-agent/identity-trace'
import { problem } from '../problems.ts'
import type { DownstreamApi } from './downstream-api.ts'

type Claims = Readonly<Record<string, unknown>>

/** For whom a token has to act, and at which API. */
export interface ExpectedSubject {
  readonly api: DownstreamApi
  /** The user's object id; there in flows on behalf of a user only. */
  readonly userId: string | undefined
}

/** All that a flow decides about TR. Another flow is another entry of the table. */
export interface FlowRules {
  /** The sidecar's route; the user's token goes to the authenticated one only. */
  readonly route: string
  /** The sidecar's setting that lets this route act as the agent identity. */
  readonly overrideSetting: string
  /** Whether TR acts for a user, whose token (Tc) the sidecar then needs. */
  readonly needsUser: boolean
  /** @throws ProblemError TOKEN_FLOW_MISMATCH when TR does not act for whom it should. */
  requireSubject(claims: Claims, expected: ExpectedSubject): void
}

export const flowRules: Readonly<Record<Flow, FlowRules>> = {
  autonomous: {
    route: '/AuthorizationHeaderUnauthenticated',
    overrideSetting: 'Sidecar__AllowOverrides__GetAuthorizationHeaderUnauthenticated',
    needsUser: false,
    requireSubject(claims, { api }) {
      const { idtyp } = claims
      if (isDelegated(claims) || (idtyp !== undefined && idtyp !== 'app')) {
        throw mismatch(api, 'The token acts for a user although the agent asked for its own.')
      }
    },
  },
  obo: {
    route: '/AuthorizationHeader',
    overrideSetting: 'Sidecar__AllowOverrides__GetAuthorizationHeader',
    needsUser: true,
    requireSubject(claims, { api, userId }) {
      if (!isDelegated(claims) || claims['idtyp'] === 'app') {
        throw mismatch(api, 'The token is the agent’s own although it was to act for a user.')
      }
      if (userId === undefined || claims['oid'] !== userId)
        throw mismatch(api, 'The token acts for another user.')
    },
  },
}

/** Entra marks app-only tokens with `idtyp`; without that optional claim, `scp` is what only a user's token has. */
function isDelegated({ scp }: Claims): boolean {
  return typeof scp === 'string' && scp !== ''
}

function mismatch({ sidecarEntries }: DownstreamApi, detail: string) {
  return problem('TOKEN_FLOW_MISMATCH', detail, {
    upstream: { service: 'sidecar' },
    hint: `Set DownstreamApis__${sidecarEntries.autonomous}__RequestAppToken=true and DownstreamApis__${sidecarEntries.obo}__RequestAppToken=false on the sidecar.`,
  })
}
