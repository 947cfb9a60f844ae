import { tokenExchangeUri } from '@entra-bedrock-agent/identity-trace'
import type { Json } from '../graph.ts'
import { nameOfCredential } from '../settings.ts'
import { developerRole } from './access.ts'
import { applicationsOf, findListed, type Kind, type Target } from './tenant-object.ts'

/** The federated credentials: ServiceAccounts whose tokens count as the blueprint's credential. */
export const federatedCredentials: Kind = {
  wanted: target =>
    target.settings.federatedCredentials.map(credential => {
      const path = () => pathOf(target, 'blueprint')
      const name = nameOfCredential(credential)
      const key = `federated-credential/${name}`
      const properties = () => ({ ...credential, audiences: [tokenExchangeUri] })
      return {
        key,
        title: `federated credential for ${credential.subject} of ${credential.issuer}`,
        access: { POST: { permission: 'AgentIdentityBlueprint.AddRemoveCreds.All', role: developerRole } },
        needs: ['blueprint'],
        goesWith: 'blueprint',
        find: graph => findListed(graph, path(), { name }),
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
      isWanted: one => key === 'blueprint' && target.isRecorded(`federated-credential/${one['name']}`, one),
      describe: ({ subject, claimsMatchingExpression: expression, issuer }) =>
        `federated credential for ${subject ?? `all that match ${(expression as Json | null | undefined)?.['value'] ?? 'an expression'}`} of ${issuer}`,
      suffix: `, of ${title}`,
    })),
}

function pathOf(target: Target, application: string): string {
  return `/applications/${target.idOf(application)}/federatedIdentityCredentials`
}
