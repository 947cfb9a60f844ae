import { toNdjson } from '@entra-agents/emulator-kit'
import type { FastifyInstance } from 'fastify'
import type { CloudTrail, CloudTrailEvent } from './cloud-trail.ts'

type Row = Readonly<Record<string, unknown>>

/** CloudTrail's events as they are, and as the table of a Log Analytics workspace that Microsoft Sentinel's connector fills. */
const tables: Readonly<Record<string, (event: CloudTrailEvent) => object>> = {
  CloudTrail: event => event,
  AWSCloudTrail: sentinelRow,
}

/** Adds `/emulator/logs/{table}`. */
export function addLogs(scope: FastifyInstance, trail: CloudTrail): void {
  for (const [table, rowOf] of Object.entries(tables)) {
    const schema = { summary: `The rows of CloudTrail in the table ${table}, as NDJSON.` }
    scope.get(`/logs/${table}`, { schema }, async (_request, reply) =>
      reply.type('application/x-ndjson').send(toNdjson(trail.events.map(rowOf))),
    )
  }
}

/** https://learn.microsoft.com/azure/azure-monitor/reference/tables/awscloudtrail */
function sentinelRow({ userIdentity, ...event }: CloudTrailEvent): Row {
  const { sessionIssuer, attributes } = userIdentity.sessionContext ?? {}
  return {
    TimeGenerated: event.eventTime,
    ...{ AwsEventId: event.eventID, AwsRequestId_: event.requestID, AWSRegion: event.awsRegion },
    ...{ EventSource: event.eventSource, EventName: event.eventName, EventTypeName: event.eventType },
    ...{ EventVersion: event.eventVersion, Category: event.eventCategory },
    ...{ ManagementEvent: event.managementEvent, ReadOnly: event.readOnly },
    ...{ SourceIpAddress: event.sourceIPAddress, UserAgent: event.userAgent },
    ...{ ErrorCode: event.errorCode ?? '', ErrorMessage: event.errorMessage ?? '' },
    RequestParameters: JSON.stringify(event.requestParameters),
    ResponseElements: toJson(event.responseElements),
    AdditionalEventData: toJson(event.additionalEventData),
    Resources: toJson(event.resources),
    RecipientAccountId: event.recipientAccountId,
    UserIdentityType: userIdentity.type,
    UserIdentityPrincipalid: userIdentity.principalId ?? '',
    UserIdentityArn: userIdentity.arn ?? '',
    UserIdentityAccountId: userIdentity.accountId ?? '',
    UserIdentityAccessKeyId: userIdentity.accessKeyId ?? '',
    UserIdentityUserName: userIdentity.userName ?? '',
    SessionCreationDate: attributes?.creationDate ?? null,
    SessionMfaAuthenticated: attributes ? false : null,
    SessionIssuerType: sessionIssuer?.type ?? '',
    SessionIssuerPrincipalId: sessionIssuer?.principalId ?? '',
    SessionIssuerArn: sessionIssuer?.arn ?? '',
    SessionIssuerAccountId: sessionIssuer?.accountId ?? '',
    SessionIssuerUserName: sessionIssuer?.userName ?? '',
  }
}

const toJson = (value: object | null | undefined) => (value ? JSON.stringify(value) : '')
