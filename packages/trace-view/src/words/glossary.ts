interface Explanation {
  readonly title: string
  readonly meaning: string
  readonly reference: string
}

const microsoftLearnUrl = 'https://learn.microsoft.com/entra/'

/** The terms that the page cannot avoid, each explained in one or two sentences with a link to more. */
export const glossary = {
  blueprint: {
    title: 'Blueprint',
    meaning: 'The application that agents are made from. It has a credential and can vouch for them.',
    reference: `${microsoftLearnUrl}agent-id/agent-identities`,
  },
  'agent identity': {
    title: 'Agent identity',
    meaning: 'This agent’s own account in the directory. It has rights of its own, and no password.',
    reference: `${microsoftLearnUrl}agent-id/agent-identities`,
  },
  sidecar: {
    title: 'Sidecar',
    meaning:
      'A small service beside the agent. It holds the blueprint’s credential and gets the agent’s tokens, so the agent holds no credential.',
    reference: `${microsoftLearnUrl}agent-id/authentication-with-auth-sdk-sidecar`,
  },
  T1: {
    title: 'Blueprint’s token',
    meaning:
      'Issued by Entra ID to the blueprint, which vouches by it for one agent. Only with it is TR issued to that agent, and not to the blueprint.',
    reference: `${microsoftLearnUrl}agent-id/agent-on-behalf-of-oauth-flow`,
  },
  'agent user': {
    title: 'Agent’s user account',
    meaning:
      'A user account in the directory that belongs to one agent and to nobody else (an agent user). Nobody can sign in with it.',
    reference: `${microsoftLearnUrl}agent-id/agent-users`,
  },
  T2: {
    title: 'Agent’s token for its own account',
    meaning:
      'Issued by Entra ID to the agent, for T1. Shown with T1, it gets TR for the agent’s user account. Nobody but the sidecar sees it.',
    reference: `${microsoftLearnUrl}agent-id/agent-user-oauth-flow`,
  },
  Tc: {
    title: 'Your token',
    meaning: 'There if you sign in. Lets the agent act for you, and nothing else.',
    reference: `${microsoftLearnUrl}agent-id/agent-on-behalf-of-oauth-flow`,
  },
  TR: {
    title: 'Agent’s token',
    meaning: 'The token for the resource. Names the agent as caller; opens one API.',
    reference: `${microsoftLearnUrl}agent-id/agent-token-claims`,
  },
  'app role': {
    title: 'App role',
    meaning: 'A right that an administrator gave the agent itself. In TR it stands in the claim roles.',
    reference: `${microsoftLearnUrl}identity-platform/howto-add-app-roles-in-apps`,
  },
  scope: {
    title: 'Delegated permission',
    meaning:
      'A right of yours that the agent may use for you, as you or an administrator consented. In TR it stands in the claim scp.',
    reference: `${microsoftLearnUrl}identity-platform/permissions-consent-overview`,
  },
} as const satisfies Readonly<Record<string, Explanation>>

export type GlossaryTerm = keyof typeof glossary
