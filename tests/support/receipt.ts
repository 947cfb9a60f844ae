import { identities } from './identities.ts'

/** The receipt that a set-up would have written for the seeded tenant; `agents` has the agents' ids by name. */
export function receiptOf(agents: Readonly<Record<string, string>>) {
  const recordedAt = '2026-01-01T00:00:00Z'
  return {
    version: 1,
    tenantId: identities.tenantId,
    setUpId: '00000000',
    settings: {
      agents: Object.keys(agents),
      redirectUris: [],
      federatedCredentials: [],
      sponsors: [],
      owners: [],
    },
    disabledAgents: [],
    objects: Object.fromEntries(
      Object.entries(agents).map(([name, id]) => [`agent/${name}`, { id, recordedAt }]),
    ),
    creating: null,
  }
}
