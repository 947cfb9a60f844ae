import type { ProblemError } from '@entra-agents/service-kit'
import type { Send } from '@entra-agents/service-kit/send'
import { trouble } from '../problems.ts'
import { addressOf, askForJson, quote } from './ask.ts'
import { readParameter } from './challenge.ts'

/** What clients go by of the metadata of a protected resource (RFC 9728). */
export interface Metadata {
  readonly resource: string
  readonly authority: string
  /** What clients ask for: the scopes of the challenge or, without them, those of the metadata. */
  readonly scopes: readonly string[]
}

/** Reads the metadata where the challenge says, or else at the well-known addresses. */
export async function readMetadata(send: Send, url: string, challenge: string): Promise<Metadata> {
  const places = placesOf(url, readParameter(challenge, 'resource_metadata'))
  const document = await askForJson(send, 'MCP_METADATA', places)
  const { resource, authorization_servers: authorities, scopes_supported: supported } = document
  const [authority] = textsOf(authorities)
  if (typeof resource !== 'string' || authority === undefined)
    throw trouble('MCP_METADATA', 'They lack resource or authorization_servers.')
  const scopes = readParameter(challenge, 'scope')?.split(' ') ?? textsOf(supported)
  return { resource, authority, scopes: scopes.filter(scope => !ofOpenId.test(scope)) }
}

const ofOpenId = /^(|openid|profile|email|offline_access)$/

/** Only at the server's own origin: the doctor asks no address that a foreign server chooses. */
function placesOf(url: string, named: string | undefined): readonly string[] {
  const { origin, pathname } = new URL(url)
  const root = `${origin}/.well-known/oauth-protected-resource`
  if (named === undefined) return [`${root}${pathname.replace(/\/$/, '')}`, root]
  if (URL.parse(named)?.origin === origin) return [named]
  throw trouble('MCP_METADATA', `They are elsewhere, where nothing was asked: ${quote(named)}.`)
}

function textsOf(list: unknown): readonly string[] {
  return [list].flat().filter(item => typeof item === 'string')
}

/** Clients refuse metadata of another resource; Entra compares `resource` with the Application ID URIs letter by letter. */
export function judgeResource(url: string, { resource }: Metadata): string | ProblemError {
  const says = `They are of ${quote(resource)}, and`
  const own = addressOf(url)
  if (URL.parse(resource)?.origin !== new URL(url).origin)
    throw trouble('MCP_RESOURCE', `${says} not of ${own}: clients refuse them.`)
  return resource === own && !own.endsWith('/')
    ? `${says} Entra has to know this as an Application ID URI of the API (else AADSTS9010010).`
    : trouble('MCP_RESOURCE', `${says} clients may refuse that, or write its end otherwise (AADSTS9010010).`)
}

/** The API of a scope: `api://<app id>` of `api://<app id>/Read`; empty for a bare name. */
export function apiOf(scope: string): string {
  return scope.slice(0, Math.max(scope.lastIndexOf('/'), 0))
}

export function judgeScopes({ scopes }: Metadata): string | ProblemError {
  const says = `Clients ask for ${quote(scopes.join(' '))}`
  const isDefault = (scope: string) => scope.endsWith('/.default')
  // biome-ignore format: table
  const faults = [
    [scopes.length === 0, 'It names no scope, and clients ask for none (AADSTS900144).'],
    [new Set(scopes.map(apiOf)).size > 1, `${says}: a token is for one API, not for several (AADSTS28000).`],
    [scopes.length > 1 && scopes.some(isDefault), `${says}: .default goes with no other scope (AADSTS70011).`],
  ] as const
  for (const [isTrue, fault] of faults) if (isTrue) throw trouble('MCP_SCOPES', fault)
  return scopes.some(apiOf)
    ? `${says}.`
    : trouble('MCP_SCOPES', `${says}: without resource, Entra looks there at Microsoft Graph (AADSTS650053).`)
}
