import type { Flow } from '@entra-bedrock-agent/identity-trace'

/** The permission that a token needs: an app role for callers as themselves, a scope for callers on behalf of users. */
export const permissions = {
  autonomous: 'Weather.Read.All',
  obo: 'Weather.Read',
} as const satisfies Readonly<Record<Flow, string>>
