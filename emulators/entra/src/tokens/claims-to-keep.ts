import { decodeJwt } from 'jose'
import type { Entra } from '../entra.ts'
import type { Claims } from './jwt.ts'

const tokenFields =
  /^(authorization|client_assertion|assertion|user_federated_identity_credential|access_token|id_token)$/
const maxLength = 4_000

/** What the request log keeps of tokens: their claims without signatures, or only `uti`, by which requests are joined. */
export function claimsToKeep({ config }: Entra, fields: Readonly<Record<string, unknown>>) {
  const tokens = Object.entries(fields).filter(([name, jwt]) => tokenFields.test(name) && jwt !== undefined)
  return Object.fromEntries(tokens.map(([name, jwt]) => [name, claimsOf(String(jwt), config.keepsClaims)]))
}

function claimsOf(jwt: string, keepsAll: boolean): Claims {
  try {
    const { uti: id, ...others } = decodeJwt<{ uti?: unknown }>(jwt)
    const uti = typeof id === 'string' ? id : undefined
    if (!keepsAll) return { uti }
    return JSON.stringify(others).length > maxLength
      ? { uti, '…': 'too long to be kept' }
      : { uti, ...others }
  } catch {
    // It is no JWT, or is nested too deeply to be written.
    return {}
  }
}
