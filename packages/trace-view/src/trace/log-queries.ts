import type { LogIds } from '@entra-agents/trace'

/** Queries to copy for the ids of a step: KQL for Entra's sign-in logs, a command for CloudTrail. */
export function logQueries({ correlationId, tokenId, entraRequestId, awsRequestId }: LogIds) {
  const columns = { CorrelationId: correlationId, UniqueTokenIdentifier: tokenId, Id: entraRequestId }
  const conditions = Object.entries(columns).flatMap(([column, value]) =>
    value === undefined ? [] : [`${column} == "${value}"`],
  )
  const ofEntra = `union isfuzzy=true AADServicePrincipalSignInLogs, AADNonInteractiveUserSignInLogs, SigninLogs\n| where ${conditions.join(' or ')}`
  const ofAws = `aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=ConverseStream --query "Events[?contains(CloudTrailEvent, '${awsRequestId}')].CloudTrailEvent" --output text`
  return [
    ...(conditions.length > 0 ? [{ log: 'Entra’s sign-in logs', text: ofEntra }] : []),
    ...(awsRequestId === undefined ? [] : [{ log: 'CloudTrail', text: ofAws }]),
  ]
}
