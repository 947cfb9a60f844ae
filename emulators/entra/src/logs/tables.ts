import type { DirectoryAudit } from './directory-audit.ts'
import type { Logs } from './logs.ts'
import type { SignIn } from './sign-in.ts'

type Row = Readonly<Record<string, unknown>>

/** The tables of a Log Analytics workspace that Entra's diagnostic settings fill, with what fills them. */
export const tables = {
  AADServicePrincipalSignInLogs: logs => signInRows(logs, 'servicePrincipal'),
  AADNonInteractiveUserSignInLogs: logs => signInRows(logs, 'nonInteractiveUser'),
  SigninLogs: logs => signInRows(logs, 'interactiveUser'),
  AuditLogs: logs => logs.audits.all.map(auditRow),
} as const satisfies Readonly<Record<string, (logs: Logs) => readonly Row[]>>

function signInRows({ signIns }: Logs, type: SignIn['signInEventTypes'][0]): readonly Row[] {
  return signIns.all.filter(one => one.signInEventTypes[0] === type).map(signInRow)
}

/** https://learn.microsoft.com/azure/azure-monitor/reference/tables/aadserviceprincipalsigninlogs */
function signInRow(signIn: SignIn): Row {
  const { status, resourceId, ipAddress, appliedConditionalAccessPolicies, homeTenantId, ...others } = signIn
  return {
    TimeGenerated: signIn.createdDateTime,
    OperationName: 'Sign-in activity',
    ResultType: String(status.errorCode),
    ResultDescription: status.failureReason,
    AADTenantId: homeTenantId,
    ResourceIdentity: resourceId,
    IPAddress: ipAddress,
    ConditionalAccessPolicies: appliedConditionalAccessPolicies,
    ...inPascalCase(others),
  }
}

/** https://learn.microsoft.com/azure/azure-monitor/reference/tables/auditlogs */
function auditRow({ operationType, ...audit }: DirectoryAudit): Row {
  return {
    TimeGenerated: audit.activityDateTime,
    OperationName: audit.activityDisplayName,
    AADOperationType: operationType,
    Identity: (audit.initiatedBy.app ?? audit.initiatedBy.user)?.displayName ?? '',
    ...inPascalCase(audit),
  }
}

/** The same with names that begin with a capital letter. */
export function inPascalCase(row: object): Row {
  const capitalized = (name: string) => name.charAt(0).toUpperCase() + name.slice(1)
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [capitalized(name), value]))
}
