import type { AgentType } from './sign-in.ts'

/** A property of an object before and after a change, each as JSON. */
export interface ModifiedProperty {
  readonly displayName: string
  readonly oldValue: string
  readonly newValue: string
}

export interface AuditedObject {
  readonly id: string
  readonly displayName: string
  readonly type: 'Application' | 'ServicePrincipal' | 'User' | 'Group' | 'Policy'
  readonly userPrincipalName: string | null
  readonly modifiedProperties: readonly ModifiedProperty[]
}

/** A row of the audit log, as Graph's beta shows it (https://learn.microsoft.com/graph/api/resources/directoryaudit). */
export interface DirectoryAudit {
  readonly id: string
  readonly activityDateTime: string
  readonly activityDisplayName: string
  readonly category: string
  readonly correlationId: string
  readonly loggedByService: string
  readonly operationType: string
  readonly result: 'success' | 'failure'
  readonly resultReason: string
  /** Either an application that acts as itself, or a user. */
  readonly initiatedBy: {
    readonly app: Readonly<
      Record<'appId' | 'displayName' | 'servicePrincipalId' | 'blueprintId', string> & {
        agentType: AgentType
      }
    > | null
    readonly user: Readonly<Record<'id' | 'displayName' | 'userPrincipalName' | 'ipAddress', string>> | null
  }
  readonly targetResources: readonly AuditedObject[]
  readonly additionalDetails: readonly { readonly key: string; readonly value: string }[]
}
