import type { TokenCard } from '@entra-bedrock-agent/identity-trace'
import type { NameOf } from './names.ts'

/** Who acts for whom towards whom, in one sentence. Names of people are used only when they may be shown. */
export function tellToken(card: TokenCard, nameOf: NameOf, showPersonal: boolean): string {
  const claims = card.claims ?? {}
  const actor = named(claims['azp'] ?? claims['appid'], nameOf)
  const audience = named(claims['aud'], nameOf)
  const person = showPersonal && typeof claims['name'] === 'string' ? claims['name'] : 'the signed-in person'
  if (card.role === 'T1') {
    return 'The blueprint asks Entra to act as its agent identity. This happens between sidecar and Entra.'
  }
  if (card.role === 'Tc') {
    return `${capitalise(person)} lets ${actor ?? 'this page'} call ${audience ?? 'the blueprint'}, and nothing else.`
  }
  const agent = capitalise(actor ?? 'the agent')
  const api = audience ?? 'the API'
  return isForPerson(claims)
    ? `${agent} acts on behalf of ${person} towards ${api}.`
    : `${agent} acts as itself towards ${api}. No person is involved.`
}

function isForPerson(claims: Readonly<Record<string, unknown>>): boolean {
  return claims['idtyp'] === 'user' || (claims['idtyp'] !== 'app' && 'scp' in claims)
}

function named(value: unknown, nameOf: NameOf): string | undefined {
  if (typeof value !== 'string') return undefined
  const name = nameOf(value)
  return name === undefined || name.startsWith('this ') ? (name ?? value) : `the ${name}`
}

const isGuid = /^[0-9a-f]{8}-/

function capitalise(text: string): string {
  return isGuid.test(text) ? text : text.slice(0, 1).toUpperCase() + text.slice(1)
}
