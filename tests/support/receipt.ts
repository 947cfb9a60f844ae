import { identities } from './identities.ts'

/** What a set-up of the emulated tenant as it is from the start would have written down, for agents by name and id. */
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
