import { microsoft } from '@entra-bedrock-agent/demo-tenant'
import { nameOf } from '../settings.ts'
import { developer, findListed, idOf, type Kind } from './tenant-object.ts'

/** The tokens of a ServiceAccount that count as the blueprint's. */
export const federatedCredentials: Kind = target => {
  const path = () => `/applications/${idOf(target, 'blueprint')}/federatedIdentityCredentials`
  return target.settings.federatedCredentials.map(credential => {
    const name = nameOf(credential)
    const key = `federated-credential/${name}`
    const properties = () => ({ ...credential, audiences: [microsoft.tokenExchange.uri] })
    return {
      key,
      title: `federated credential for ${credential.subject} of ${credential.issuer}`,
      access: { POST: { permission: 'AgentIdentityBlueprint.AddRemoveCreds.All', role: developer } },
      needs: ['blueprint'],
      goesWith: 'blueprint',
      find: graph => findListed(graph, path(), one => one['name'] === name),
      address: () => `${path()}/${idOf(target, key)}`,
      // On a blueprint Microsoft documents this, and not the upsert that applications have.
      create: () => ({ method: 'POST', path: path(), body: { name, ...properties() } }),
      properties,
    }
  })
}
