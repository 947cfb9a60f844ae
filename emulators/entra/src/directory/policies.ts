import { strictObject } from '@entra-agents/emulator-kit'
import { type Static, Type } from 'typebox'

// Conditional Access policies, shaped as Microsoft Graph's beta names them (https://learn.microsoft.com/graph/api/resources/conditionalaccesspolicy).

const optional = Type.Optional
const Names = Type.Array(Type.String({ minLength: 1, maxLength: 600 }), { maxItems: 500 })
export const Level = Type.Enum(['low', 'medium', 'high'] as const)
export type RiskLevel = Static<typeof Level>

const SignInFrequency = strictObject({
  isEnabled: Type.Boolean(),
  frequencyInterval: Type.Enum(['everyTime'] as const),
  authenticationType: Type.Enum(['primaryAndSecondaryAuthentication'] as const),
})

/** Which sign-ins a policy is for. Conditions that are not here, such as locations, are not emulated. */
export const PolicyConditions = strictObject({
  clientAppTypes: optional(Type.Array(Type.Enum(['all'] as const))),
  users: optional(strictObject({ includeUsers: Names, excludeUsers: optional(Names) })),
  clientApplications: optional(
    strictObject({
      /** Object ids of agent identities, or ids of blueprints, which stand for all of their agents. */
      includeAgentIdServicePrincipals: optional(Names),
      excludeAgentIdServicePrincipals: optional(Names),
      agentIdServicePrincipalFilter: optional(
        strictObject({
          mode: Type.Enum(['include', 'exclude'] as const),
          rule: Type.String({ maxLength: 3_000 }),
        }),
      ),
    }),
  ),
  applications: strictObject({
    includeApplications: optional(Names),
    excludeApplications: optional(Names),
    includeAuthenticationContextClassReferences: optional(
      Type.Array(Type.String({ pattern: '^c[1-9][0-9]?$' }), { maxItems: 99 }),
    ),
  }),
  /** Levels, separated by commas. */
  agentIdRiskLevels: optional(Type.String({ pattern: '^(low|medium|high)(,(low|medium|high))*$' })),
  userRiskLevels: optional(Type.Array(Level)),
})

export const ConditionalAccessPolicyProperties = strictObject({
  displayName: Type.String({ minLength: 1, maxLength: 600 }),
  state: Type.Enum(['enabled', 'disabled', 'enabledForReportingButNotEnforced'] as const),
  conditions: PolicyConditions,
  grantControls: strictObject({
    operator: Type.Enum(['AND', 'OR'] as const),
    builtInControls: Type.Array(Type.Enum(['mfa', 'block'] as const), { minItems: 1, maxItems: 1 }),
  }),
  sessionControls: optional(strictObject({ signInFrequency: SignInFrequency })),
})

export type ConditionalAccessPolicy = Static<typeof ConditionalAccessPolicyProperties> & {
  readonly id: string
}
