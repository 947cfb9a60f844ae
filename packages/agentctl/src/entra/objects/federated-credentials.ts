import { tokenExchangeUri } from '@entra-agents/trace'
import type { Json } from '../graph.ts'
import { type FederatedCredential, nameOfCredential } from '../settings.ts'
import { developerRole } from './access.ts'
import { applicationsOf, findListed, type Kind, type Target } from './tenant-object.ts'

/** The federated credentials: ServiceAccounts whose tokens count as the blueprint's credential. */
export const federatedCredentials: Kind = {
  wanted: target =>
    target.settings.federatedCredentials.map(credential => {
      const path = () => pathOf(target, 'blueprint')
      const name = nameOfCredential(credential)
      const key = keyOf(credential)
      const properties = () => ({ ...credential, audiences: [tokenExchangeUri] })
      return {
        key,
        title: describeCredential(credential),
        access: { POST: { permission: 'AgentIdentityBlueprint.AddRemoveCreds.All', role: developerRole } },
        needs: ['blueprint'],
        goesWith: 'blueprint',
        // Entra allows one credential of this content, whatever its name.
        find: async graph => {
          const known = await findListed(graph, path(), { id: target.idOf(key) })
          return known.object ? known : findListed(graph, path(), { ...credential })
        },
        address: () => `${path()}/${target.idOf(key)}`,
        // For blueprints Microsoft documents this request, not the upsert that applications have.
        create: () => ({ method: 'POST', path: path(), body: { name, ...properties() } }),
        properties,
      }
    }),
  collections: target =>
    applicationsOf(target).map(({ key, title }) => ({
      ownerKey: key,
      title: `federated credentials of ${title}`,
      kind: 'credentials',
      list: graph => graph.list(pathOf(target, key), { mayBeForbidden: true }),
      isWanted: one =>
        key === 'blueprint' &&
        target.settings.federatedCredentials.some(wanted => target.isRecorded(keyOf(wanted), one)),
      describe: ({ subject, claimsMatchingExpression: expression, issuer }) =>
        `federated credential for ${subject ?? `all that match ${(expression as Json | null | undefined)?.['value'] ?? 'an expression'}`} of ${issuer}`,
      suffix: `, of ${title}`,
    })),
}

export function describeCredential({ issuer, subject }: FederatedCredential): string {
  return `federated credential for ${subject} of ${issuer}`
}

function keyOf(credential: FederatedCredential): string {
  return `federated-credential/${nameOfCredential(credential)}`
}

function pathOf(target: Target, application: string): string {
  return `/applications/${target.idOf(application)}/federatedIdentityCredentials`
}
