import { reviewPermissions } from '@entra-agents/trace'
import { seedIds } from '../../../../../emulators/entra/src/testing/seed-ids.ts'
import { type BlastRadius, flatten } from '../../../src/entra/blast-radius/branch.ts'
import { permissions } from '../../../src/entra/objects/kinds.ts'
import { type Tenant, useSetUp } from './tenant.ts'

export type TenantNow = ReturnType<typeof namedObjects>

const cluster = '--client-secret --cluster-issuer https://i.example --service-account a:b'
const people = `--sponsor ${seedIds.ada} --owner ${seedIds.ben}`
const agents = '--agent weather:autonomous+obo+agent-user --agent alerts:obo --agent trainee:none'

/** The tenant's objects, which a test may change. */
export function namedObjects({ entra, content }: Tenant) {
  const find = <One extends object>(all: readonly One[], isIt: (one: One) => boolean): One => {
    const one = all.find(isIt)
    if (!one) throw new Error('There is no such object.')
    return one
  }
  const { applications, servicePrincipals, permissionGrants, users } = content()
  const application = (name: string) => find(applications, one => one.displayName === name)
  const named = (name: string) => find(servicePrincipals, one => one.displayName === name)
  return {
    content: content(),
    directory: entra.directory,
    blueprint: application('Weather Agent Blueprint'),
    page: application('Weather Agent page'),
    api: application('Weather API'),
    /** A principal or agent. */
    named,
    principal: named('Weather Agent Blueprint'),
    user: find(users, one => one.identityParentId !== undefined),
    grantOf: (client: string) => find(permissionGrants, one => one.clientId === named(client).id),
  }
}

/** A tenant with three agents, of which one has a user account, and its blast radius. */
export function useRadius() {
  const tenant = useSetUp(`apply ${cluster} ${people} ${agents}`, [...permissions, ...reviewPermissions])
  const readRadius = async (options = '') => {
    const { code, output } = await tenant.run(`blast-radius --json ${options}`)
    const radius: BlastRadius = JSON.parse(output)
    return { code, branches: flatten([...radius.who, ...radius.what]) }
  }
  return { tenant, readRadius, tenantNow: () => namedObjects(tenant) }
}

export const foreignId = '99999999-0000-4000-8000-000000000001'
export const cy = {
  id: foreignId,
  displayName: 'Cy',
  userPrincipalName: 'cy@contoso.example',
  mail: 'cy@contoso.example',
}
/** Adds a user whom no plan names; returns the user’s id. */
export function addCy({ content }: TenantNow): string {
  content.users.push(cy)
  return cy.id
}
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
export const creation = { id: 'added', createdDateTime: '2026-11-01T00:00:00Z' }
