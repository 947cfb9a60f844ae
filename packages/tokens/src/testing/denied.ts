import type { Identity } from '../caller.ts'

/** Ids with letters, so that tests can write them in small or in capital letters. */
export const [agent, sibling, user] = [1, 2, 3].map(n => `abcdef0${n}-1111-4222-8333-444444444444`) as [
  string,
  string,
  string,
]

/** When the tokens of the tests were issued, in seconds since 1970. */
export const issuedAt = Date.parse('2026-11-28T12:00:00Z') / 1000

/** The identity to look up in a deny list. */
export const identityOf = (caller: string, more: Partial<Identity> = {}): Identity => ({
  flow: 'obo',
  caller,
  objectId: user,
  tenantId: 'tenant',
  blueprintAppId: undefined,
  tokenId: 'token-1',
  ...more,
})
