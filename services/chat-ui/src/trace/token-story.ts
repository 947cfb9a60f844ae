import type { TokenCard } from '@entra-bedrock-agent/identity-trace'
import type { Names } from './names.ts'

/** Who acts for whom towards whom, in one sentence. Names of people are used only when they may be shown. */
export function tellToken(card: TokenCard, names: Names, showPersonal: boolean): string {
  const claims = card.claims ?? {}
  const actor = named(claims['azp'] ?? claims['appid'], names)
  const audience = named(claims['aud'], names)
  const user = showPersonal && typeof claims['name'] === 'string' ? claims['name'] : 'the signed-in user'
  if (card.role === 'T1') {
    return 'The blueprint asks Entra to act as its agent identity. This happens between sidecar and Entra.'
  }
  if (card.role === 'Tc') {
    return `${capitalise(user)} lets ${actor ?? 'this page'} call ${audience ?? 'the blueprint'}, and nothing else.`
  }
  const agent = capitalise(actor ?? 'the agent')
  const api = audience ?? 'the API'
  return isForUser(claims)
    ? `${agent} acts on behalf of ${user} towards ${api}.`
    : `${agent} acts as itself towards ${api}. No user is involved.`
}

function isForUser(claims: Readonly<Record<string, unknown>>): boolean {
  return claims['idtyp'] === 'user' || (claims['idtyp'] !== 'app' && 'scp' in claims)
}

function named(value: unknown, names: Names): string | undefined {
  if (typeof value !== 'string') return undefined
  const name = names.id(value)
  return name === undefined || name.startsWith('this ') ? (name ?? value) : `the ${name}`
}

const isGuid = /^[0-9a-f]{8}-/

function capitalise(text: string): string {
  return isGuid.test(text) ? text : text.slice(0, 1).toUpperCase() + text.slice(1)
}
