import type { CredentialDescription } from '../settings/azure-ad.ts'
import type { ClientCredential } from './credential.ts'

/** Makes the blueprint's credential from its description. */
export function loadCredential(descriptions: readonly CredentialDescription[]): ClientCredential {
  const secret = descriptions.find(({ sourceType }) => sourceType.toLowerCase() === 'clientsecret')
  return {
    authenticate: async () => {
      const value = secret?.value('ClientSecret')
      if (!value) throw new Error('IDW10109: no client credential could be loaded.')
      return [['client_secret', value]]
    },
  }
}
