import type { AccessTokenRequest } from './access-token.ts'
import type { Claims } from './sign.ts'

/**
 * Who acts for whom, in the claims of https://learn.microsoft.com/entra/agent-id/agent-token-claims.
 * They are optional claims: a token carries those that the resource's registration asks for.
 */
export function agentFacets(request: AccessTokenRequest): Claims {
  const wanted = request.resource.application.optionalClaims?.accessToken ?? []
  const facets = facetsOf(request)
  const includesUsers = wanted.some(
    ({ name, additionalProperties }) =>
      name === 'idtyp' && additionalProperties.includes('include_user_token'),
  )
  return Object.fromEntries(
    wanted
      .filter(({ name }) => name !== 'idtyp' || !request.person || includesUsers)
      .flatMap(({ name }) => {
        const value = facets[name]
        return value === undefined ? [] : [[name, value]]
      }),
  )
}

function facetsOf({ client, person }: AccessTokenRequest): Claims {
  const isAgent = client.kind === 'agentIdentity'
  const blueprint = client.agentIdentityBlueprintId
  const shared = { xms_tnt_fct: '3 8', ...(blueprint === null ? {} : { xms_par_app_azp: blueprint }) }
  if (person) {
    return {
      ...shared,
      idtyp: 'user',
      xms_act_fct: isAgent ? '11 9 3' : '9 3',
      xms_sub_fct: '2 3',
      xms_idrel: '1 8',
    }
  }
  return {
    ...shared,
    idtyp: 'app',
    xms_act_fct: isAgent ? '9 3 11' : '9 3',
    xms_sub_fct: isAgent ? '11 3 9' : '3 9',
    xms_idrel: isAgent ? '7 22' : '7 14',
  }
}
