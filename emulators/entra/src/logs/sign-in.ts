import type { Decision } from '../conditional-access/evaluate.ts'

export interface AppliedConditionalAccessPolicy {
  readonly id: string
  readonly displayName: string
  readonly enforcedGrantControls: readonly string[]
  readonly enforcedSessionControls: readonly string[]
  readonly result: Decision['result']
}

export type AgentType =
  | 'notAgentic'
  | 'agenticAppInstance'
  | 'agentIdentityBlueprintPrincipal'
  | 'agentIDuser'

/** A row of the sign-in logs, as Graph's beta shows it (https://learn.microsoft.com/graph/api/resources/signin). */
export type SignIn = Readonly<
  {
    /** Called `Trace ID` in the text of a refusal. */
    id: string
    createdDateTime: string
    correlationId: string
    /** `uti` of the token; empty if there is none. */
    uniqueTokenIdentifier: string
    signInEventTypes: readonly ['servicePrincipal' | 'nonInteractiveUser' | 'interactiveUser']
    isInteractive: boolean
    appId: string
    appDisplayName: string
    servicePrincipalId: string
    servicePrincipalName: string
    /** Empty for an application that acts as itself. */
    userId: string
    userDisplayName: string
    userPrincipalName: string
    resourceId: string
    resourceDisplayName: string
    resourceServicePrincipalId: string
    resourceTenantId: string
    homeTenantId: string
    status: { readonly errorCode: number; readonly failureReason: string; readonly additionalDetails: null }
    ipAddress: string
    userAgent: string
    agent: Readonly<
      Record<'agentType' | 'agentSubjectType', AgentType> &
        Record<'parentAppId' | 'agentSubjectParentId', string>
    >
    conditionalAccessStatus: 'success' | 'failure' | 'notApplied'
    appliedConditionalAccessPolicies: readonly AppliedConditionalAccessPolicy[]
  } & ClientCredential
>

export interface ClientCredential {
  readonly clientCredentialType: 'none' | 'clientSecret' | 'certificate' | 'federatedIdentityCredential'
  readonly servicePrincipalCredentialKeyId: string
  readonly servicePrincipalCredentialThumbprint: string
  readonly federatedCredentialId: string
}

/** How the logs call a principal of this kind. */
export function agentTypeOf(kind: string | undefined): AgentType {
  if (kind === 'agentIdentity') return 'agenticAppInstance'
  return kind === 'agentIdentityBlueprintPrincipal' ? kind : 'notAgentic'
}
