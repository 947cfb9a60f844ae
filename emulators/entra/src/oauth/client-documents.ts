import { describeShapeFaults } from '@entra-agents/service-kit'
import { LRUCache } from 'lru-cache'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Directory } from '../directory/directory.ts'
import { stableId } from '../directory/microsoft.ts'
import { newServicePrincipal } from '../directory/objects.ts'
import { refusal } from '../errors/entra-error.ts'
import { readPublicJson } from './public-request.ts'

const ClientDocument = Type.Object({
  client_id: Type.String(),
  client_name: Type.String({ minLength: 1, maxLength: 200 }),
  redirect_uris: Type.Array(Type.String({ maxLength: 2_000 }), { minItems: 1, maxItems: 50 }),
  token_endpoint_auth_method: Type.Optional(Type.Literal('none')),
})
type ClientDocument = Static<typeof ClientDocument>

const maxDocuments = 100
const keptMs = 5 * 60_000

/** Clients whose client id is the https URL of a document about them (draft-ietf-oauth-client-id-metadata-document). */
export class ClientDocuments {
  readonly #cache: LRUCache<string, ClientDocument>

  /** @param privateHosts hosts whose documents may be at loopback and private addresses */
  constructor(privateHosts: readonly string[]) {
    const fetchMethod = (clientId: string) => readClientDocument(clientId, privateHosts)
    this.#cache = new LRUCache({ max: maxDocuments, ttl: keptMs, fetchMethod })
  }

  /** Makes an agent identity of the client, if its id is a URL, or brings it up to date. Beyond a limit the oldest goes. */
  async admit(directory: Directory, clientId: unknown): Promise<void> {
    if (typeof clientId !== 'string' || !/^https?:/i.test(clientId)) return
    const document = await this.#cache.fetch(clientId)
    if (!document) return
    const { client_name: displayName, redirect_uris: redirectUris } = document
    const known = directory.principal(clientId)
    if (known?.document) {
      Object.assign(known, { displayName, document: { url: clientId, redirectUris } })
      return
    }
    const id = stableId(`client ${clientId}`)
    const agent = { id, appId: id, displayName, document: { url: clientId, redirectUris } }
    directory.content.servicePrincipals.push(newServicePrincipal({ ...agent, kind: 'agentIdentity' }))
    const [oldest, ...others] = directory.content.servicePrincipals.filter(one => one.document)
    if (oldest && others.length >= maxDocuments) directory.remove(oldest)
  }

  clear(): void {
    this.#cache.clear()
  }
}

async function readClientDocument(clientId: string, privateHosts: readonly string[]) {
  try {
    const url = checkUrl(clientId)
    const document: unknown = JSON.parse(await readPublicJson(url, privateHosts))
    const shape = Compile(ClientDocument)
    if (!shape.Check(document)) throw new Error(describeShapeFaults(shape.Errors(document)).join(', '))
    if (document.client_id !== clientId) throw new Error('its client_id is another one')
    const wrong = document.redirect_uris.find(uri => !isRedirectUri(uri))
    if (wrong !== undefined) throw new Error(`its redirect URI ${JSON.stringify(wrong)} is not accepted`)
    return document
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const text = `Emulator: The client ID metadata document '${clientId.slice(0, 200)}' is not accepted: ${why.slice(0, 200)}.`
    throw refusal(700016, {}, { text })
  }
}

/** One client must not have two ids: the URL has to be written as it is fetched. */
function checkUrl(clientId: string): URL {
  const url = URL.parse(clientId)
  if (url?.protocol !== 'https:') throw new Error('its URL is not https')
  if (url.username !== '' || url.password !== '') throw new Error('its URL has credentials')
  if (url.hash !== '' || url.pathname === '/' || url.href !== clientId || clientId.length > 2_000)
    throw new Error('its URL has no path, has a fragment, is too long or not in the normal form')
  return url
}

/** Pages by https, native applications at a loopback address or by a scheme of their own. */
function isRedirectUri(uri: string): boolean {
  const { protocol = '', hostname, username, hash } = URL.parse(uri) ?? {}
  if (protocol === 'http:') return ['localhost', '127.0.0.1', '[::1]'].includes(hostname ?? '')
  const isCode = ['', 'javascript:', 'data:', 'vbscript:', 'file:', 'blob:', 'about:'].includes(protocol)
  return !isCode && /^[!-~]+$/.test(uri) && username === '' && hash === ''
}
