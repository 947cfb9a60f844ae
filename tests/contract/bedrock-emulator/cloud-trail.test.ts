import { NodeHttp2Handler } from '@smithy/node-http-handler'
import { expect, it } from 'vitest'
import { startForeignIssuer } from '../../../emulators/entra/src/testing/foreign-issuer.ts'
import { forFile } from '../../support/for-file.ts'
import { converse, converseAtOnce, failureOf, haiku, haiku45, startBedrock } from './support.ts'

const subject = 'system:serviceaccount:entra-bedrock-agent:agent'
const roleArn = 'arn:aws:iam::111122223333:role/team/agent'
const issuer = await forFile(startForeignIssuer('/cluster/'))
const bedrock = await startBedrock({
  EMULATOR_ROLE_ARN: roleArn,
  EMULATOR_TRUSTED_ISSUER: issuer.url,
  EMULATOR_TRUSTED_SUBJECT: subject,
})
const provider = `arn:aws:iam::111122223333:oidc-provider/${issuer.url.replace('http://', '')}`

async function rowsOf(table: string) {
  const response = await fetch(`${bedrock.url}/emulator/logs/${table}`)
  expect(response.headers.get('content-type')).toMatch(/^application\/x-ndjson/)
  const lines = (await response.text()).split('\n')
  expect(lines.pop()).toBe('')
  return lines.map(line => JSON.parse(line))
}

/** Asks STS for credentials with a token of this subject. @returns the credentials, or what is missing */
async function assumeRole(sub = subject, iss = issuer.url) {
  const now = Math.floor(Date.now() / 1000)
  const token = await issuer.sign({ iss, sub, aud: 'sts.amazonaws.com', iat: now, exp: now + 600 })
  const parameters = { RoleArn: roleArn, RoleSessionName: 'agent-pod', WebIdentityToken: token }
  const xml = await fetch(bedrock.url, {
    method: 'POST',
    body: new URLSearchParams({ Version: '2011-06-15', Action: 'AssumeRoleWithWebIdentity', ...parameters }),
  }).then(response => response.text())
  const [accessKeyId = '', secretAccessKey = '', sessionToken = ''] = [
    'AccessKeyId',
    'SecretAccessKey',
    'SessionToken',
  ].map(name => new RegExp(`<${name}>([^<]+)`).exec(xml)?.[1])
  return { accessKeyId, secretAccessKey, sessionToken, token }
}

it('a model call has an event that says who called which model, by which key, and under which request id', async () => {
  const { stopReason } = await converse(bedrock.client({ customUserAgent: 'my-agent/1' }))
  await converseAtOnce(bedrock.client({ requestHandler: new NodeHttp2Handler() }))
  expect(stopReason).toBe('end_turn')
  const [streamed, whole] = await rowsOf('CloudTrail')
  expect(streamed).toMatchObject({
    ...{ eventSource: 'bedrock.amazonaws.com', eventName: 'ConverseStream', eventType: 'AwsApiCall' },
    ...{ managementEvent: true, eventCategory: 'Management', readOnly: true, awsRegion: 'us-east-1' },
    userIdentity: {
      ...{ type: 'IAMUser', principalId: expect.stringMatching(/^AIDA[0-9A-F]{16}$/), userName: 'agent' },
      ...{ arn: 'arn:aws:iam::111122223333:user/agent', accessKeyId: 'AKIAIOSFODNN7EXAMPLE' },
    },
    ...{ requestParameters: { modelId: haiku }, responseElements: null, recipientAccountId: '111122223333' },
    ...{ userAgent: expect.stringContaining('my-agent/1'), sourceIPAddress: '127.0.0.1' },
    requestID: bedrock.app.controls.requests.all[0]?.requestId,
    eventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
  })
  expect(streamed).not.toHaveProperty('errorCode')
  expect(streamed).not.toHaveProperty('additionalEventData')
  expect(whole).toMatchObject({ eventName: 'Converse', sourceIPAddress: '127.0.0.1' })
  expect(whole.eventID).not.toBe(streamed.eventID)
})

it('the calls of a session of the role are joined by their access key to the event that let the pod in', async () => {
  const { token, ...credentials } = await assumeRole()
  await converse(bedrock.client({ credentials }))
  const [assumed, called] = await rowsOf('CloudTrail')
  expect(assumed).toMatchObject({
    ...{ eventSource: 'sts.amazonaws.com', eventName: 'AssumeRoleWithWebIdentity', managementEvent: true },
    userIdentity: {
      ...{ type: 'WebIdentityUser', userName: subject, identityProvider: provider },
      principalId: `${provider}:sts.amazonaws.com:${subject}`,
    },
    requestParameters: { roleArn, roleSessionName: 'agent-pod', durationSeconds: 3_600 },
    responseElements: {
      ...{ subjectFromWebIdentityToken: subject, audience: 'sts.amazonaws.com', provider },
      credentials: { accessKeyId: credentials.accessKeyId },
      assumedRoleUser: { arn: 'arn:aws:sts::111122223333:assumed-role/agent/agent-pod' },
    },
    resources: [{ ARN: roleArn, type: 'AWS::IAM::Role', accountId: '111122223333' }],
  })
  expect(called.userIdentity).toMatchObject({
    ...{ type: 'AssumedRole', arn: 'arn:aws:sts::111122223333:assumed-role/agent/agent-pod' },
    ...{ accessKeyId: credentials.accessKeyId },
    principalId: assumed.responseElements.assumedRoleUser.assumedRoleId,
    sessionContext: {
      sessionIssuer: { type: 'Role', arn: roleArn, userName: 'agent' },
      attributes: { creationDate: expect.stringMatching(/Z$/), mfaAuthenticated: 'false' },
      webIdFederationData: { federatedProvider: provider },
    },
  })
  const rows = `${JSON.stringify(await rowsOf('CloudTrail'))}${JSON.stringify(await rowsOf('AWSCloudTrail'))}`
  for (const secret of [token, credentials.secretAccessKey, credentials.sessionToken])
    expect(rows).not.toContain(secret)
})

it('an API key is told from an access key, and is not shown', async () => {
  const options = { token: { token: 'emulated-bedrock-api-key' }, authSchemePreference: ['httpBearerAuth'] }
  await converse(bedrock.client(options))
  const [row] = await rowsOf('CloudTrail')
  expect(row).toMatchObject({
    userIdentity: { type: 'IAMUser', userName: 'agent' },
    additionalEventData: { callWithBearerToken: true },
  })
  expect(row.userIdentity).not.toHaveProperty('accessKeyId')
  expect(JSON.stringify(row)).not.toContain('emulated-bedrock-api-key')
})

it('refused and throttled calls have their error; a caller that nobody knows, and a request that never arrived, have no event', async () => {
  const secretAccessKey = 'emulated-secret-access-key'
  const as = (accessKeyId: string) => bedrock.client({ credentials: { accessKeyId, secretAccessKey } })
  await failureOf(converse(as('AKIANOPOLICY0EXAMPLE'), { modelId: haiku45 }))
  await failureOf(converse(bedrock.client(), { modelId: 'us.anthropic.claude-nothing' }))
  bedrock.app.controls.faults.inject({ fault: { kind: 'error', name: 'ThrottlingException' }, times: 1 })
  await failureOf(converse(bedrock.client()))
  const bedrockRows = await rowsOf('CloudTrail')
  expect(bedrockRows).toMatchObject([
    {
      errorCode: 'AccessDenied',
      errorMessage: expect.stringContaining('is not authorized to perform: bedrock:InvokeModel'),
      ...{ userIdentity: { userName: 'without-policy' }, requestParameters: { modelId: haiku45 } },
    },
    { errorCode: 'ValidationException', requestParameters: { modelId: 'us.anthropic.claude-nothing' } },
    { errorCode: 'ThrottlingException', responseElements: null },
  ])
  await failureOf(converse(as('AKIAUNKNOWN00EXAMPLE')))
  await failureOf(converse(as('AKIAIOSFODNN7EXAMPLE')))
  bedrock.app.controls.faults.inject({ fault: { kind: 'reset' }, times: 1 })
  await failureOf(converse(bedrock.client()))
  expect(await rowsOf('CloudTrail')).toHaveLength(bedrockRows.length)
})

it('a refused web identity has its verified subject, or none if the token was not verified', async () => {
  await assumeRole(`${subject}-2`)
  await assumeRole(subject, 'https://elsewhere.example')
  const [foreignSubject, foreignIssuer] = await rowsOf('CloudTrail')
  expect(foreignSubject).toMatchObject({
    ...{ errorCode: 'AccessDenied', responseElements: null },
    userIdentity: { type: 'WebIdentityUser', userName: `${subject}-2` },
  })
  expect(foreignIssuer).toMatchObject({ errorCode: 'InvalidIdentityToken' })
  expect(foreignIssuer.userIdentity).toEqual({ type: 'WebIdentityUser' })
})

it('the same events fill the table of Microsoft Sentinel, each row with all columns; a reset empties both', async () => {
  const { token: _token, ...credentials } = await assumeRole()
  await converse(bedrock.client({ credentials }))
  const events = await rowsOf('CloudTrail')
  const [assumed, called] = await rowsOf('AWSCloudTrail')
  expect(Object.keys(assumed)).toEqual(Object.keys(called))
  expect(assumed).toMatchObject({
    ...{ TimeGenerated: events[0].eventTime, AwsEventId: events[0].eventID, EventTypeName: 'AwsApiCall' },
    ...{ EventName: 'AssumeRoleWithWebIdentity', UserIdentityType: 'WebIdentityUser', ErrorCode: '' },
    ...{ UserIdentityUserName: subject, SessionIssuerArn: '', SessionCreationDate: null },
  })
  const { accessKeyId } = JSON.parse(assumed.ResponseElements).credentials
  expect(called).toMatchObject({
    ...{ UserIdentityAccessKeyId: accessKeyId, UserIdentityType: 'AssumedRole', SessionIssuerArn: roleArn },
    ...{ ResponseElements: '', ManagementEvent: true, AwsRequestId_: events[1].requestID },
  })
  expect(JSON.parse(called.RequestParameters)).toEqual({ modelId: haiku })
  await fetch(`${bedrock.url}/emulator/reset`, { method: 'POST' })
  expect([await rowsOf('CloudTrail'), await rowsOf('AWSCloudTrail')]).toEqual([[], []])
})
