import { reviewPermissions } from '@entra-bedrock-agent/identity-trace'
import { expect } from 'vitest'
import { type BlastRadius, type Branch, flatten } from '../../../scripts/entra/blast-radius/branch.ts'
import { permissions } from '../../../scripts/entra/objects/kinds.ts'
import { useSetUp } from './tenant.ts'

export type TenantNow = ReturnType<typeof namedObjects>
/** A surplus right: what it is, how it comes into the tenant, and the lines that the blast radius then marks. */
export type Row = [what: string, change: (tenant: TenantNow) => unknown, ways: readonly string[]]

const cluster = '--cluster-issuer https://i.example --service-account a:b'
const agents = '--agent weather:autonomous+obo+agent-user --agent alerts:obo --agent trainee:none'

/** The tenant's objects, which a test may change. */
function namedObjects(content: ReturnType<ReturnType<typeof useSetUp>['content']>) {
  const named = (name: string) => {
    const found = content.servicePrincipals.find(({ displayName }) => displayName === name)
    if (!found) throw new Error(`There is no ${name}.`)
    return found
  }
  const blueprint = content.applications.find(({ kind }) => kind === 'agentIdentityBlueprint')
  const page = content.applications.find(({ displayName }) => displayName === 'Weather Agent page')
  const user = content.users.find(({ identityParentId }) => identityParentId !== undefined)
  if (!blueprint || !page || !user) throw new Error('There is no blueprint, page or user account.')
  return { content, blueprint, page, named, user, principal: named('Weather Agent Blueprint') }
}

/** A tenant with three agents, of which one has a user account, and its blast radius. */
export function useRadius() {
  const tenant = useSetUp(`apply ${cluster} ${agents}`, [...permissions, ...reviewPermissions])
  const { content, run } = tenant
  const readRadius = async (...given: readonly string[]) => {
    const { code, output } = await run('blast-radius --json', ...given)
    return { code, radius: JSON.parse(output) as BlastRadius & { readonly notLookedAt: string } }
  }
  const tenantNow = () => namedObjects(content())
  /** Makes a change in the tenant, and expects the blast radius to mark these lines and no others. */
  const expectMarked = async (...[, change, ways]: Row) => {
    change(tenantNow())
    const { code, radius } = await readRadius()
    expect(markedWays(radius, 'surplus')).toEqual(ways)
    expect(code).toBe(3)
  }
  return { tenant, readRadius, tenantNow, expectMarked }
}

export const markedWays = ({ who, what }: BlastRadius, mark: Branch['mark']) =>
  flatten([...who, ...what]).flatMap(one => (one.mark === mark ? [one.way] : []))

export const ofBlueprint = (words: string) =>
  `properties that are not as planned → blueprint "Weather Agent Blueprint": ${words}`

export const foreignId = '99999999-0000-4000-8000-000000000001'
export const aSecret = {
  keyId: 'added',
  displayName: 'more',
  startDateTime: '2026-11-01T00:00:00Z',
  endDateTime: '2030-01-01T00:00:00Z',
  secretText: 'text',
}
export const aGrant = {
  id: 'added',
  consentType: 'AllPrincipals',
  principalId: null,
  scope: 'Mail.Read',
} as const
export const creation = { createdDateTime: '2026-11-01T00:00:00Z' }
