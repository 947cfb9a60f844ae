import type { Flow } from '@entra-bedrock-agent/identity-trace'

/** What a token must allow: the app role of agents as themselves, the scope of those who act for a user. */
export const permissions = {
  autonomous: 'Weather.Read.All',
  obo: 'Weather.Read',
} as const satisfies Readonly<Record<Flow, string>>
