import { NodeHttp2Handler } from '@smithy/node-http-handler'
import { expect, it } from 'vitest'
import { startForeignIssuer } from '../../../emulators/entra/src/testing/foreign-issuer.ts'
import { forFile } from '../../support/for-file.ts'
import { assumeRole, subject } from '../bedrock/web-identity.ts'
import { converse, converseAtOnce, failureOf, haiku45, knownKeys, startBedrock } from './support.ts'

const roleArn = 'arn:aws:iam::111122223333:role/team/agent'
const issuer = await forFile(startForeignIssuer('/cluster/'))
const bedrock = await startBedrock({
  EMULATOR_ROLE_ARN: roleArn,
  EMULATOR_TRUSTED_ISSUER: issuer.url,
  EMULATOR_TRUSTED_SUBJECT: subject,
})

async function rowsOf(table: string): Promise<readonly object[]> {
  const response = await fetch(`${bedrock.url}/emulator/logs/${table}`)
  expect(response.headers.get('content-type')).toMatch(/^application\/x-ndjson/)
  const lines = (await response.text()).split('\n')
  expect(lines.pop()).toBe('')
  return lines.map(line => JSON.parse(line))
}

/** Asks STS for credentials with a token of this subject. */
async function assumeRoleOf(sub = subject, iss = issuer.url) {
  const now = Math.floor(Date.now() / 1000)
  const token = await issuer.sign({ iss, sub, aud: 'sts.amazonaws.com', iat: now, exp: now + 600 })
  const { credentials } = await assumeRole(bedrock.url, { RoleArn: roleArn, WebIdentityToken: token })
  return { ...credentials, token }
}

/** Calls of each kind. @returns the secrets in them */
async function makeCalls(): Promise<readonly string[]> {
  const apiKey = 'emulated-bedrock-api-key'
  const as = (accessKeyId: string, secretAccessKey = 'emulated-secret-access-key') =>
    bedrock.client({ credentials: { accessKeyId, secretAccessKey } })
  await converse(bedrock.client({ customUserAgent: 'my-agent/1' }))
  await converseAtOnce(bedrock.client({ requestHandler: new NodeHttp2Handler() }))
  const { token, ...credentials } = await assumeRoleOf()
  await converse(bedrock.client({ credentials }))
  await converse(bedrock.client({ token: { token: apiKey }, authSchemePreference: ['httpBearerAuth'] }))
  await failureOf(converse(as('AKIANOPOLICY0EXAMPLE'), { modelId: haiku45 }))
  await failureOf(converse(bedrock.client(), { modelId: 'us.anthropic.claude-nothing' }))
  bedrock.app.controls.faults.inject({ fault: { kind: 'error', name: 'ThrottlingException' }, times: 1 })
  await failureOf(converse(bedrock.client()))
  await assumeRoleOf(`${subject}-2`)
  await assumeRoleOf(subject, 'https://elsewhere.example')
  // Of a caller that nobody knows, and of a request that never arrived, there is no event.
  await failureOf(converse(as('AKIAUNKNOWN00EXAMPLE')))
  await failureOf(converse(as(knownKeys.accessKeyId)))
  bedrock.app.controls.faults.inject({ fault: { kind: 'reset' }, times: 1 })
  await failureOf(converse(bedrock.client()))
  return [apiKey, token, credentials.secretAccessKey, credentials.sessionToken]
}

/** A row a line. Ids have their number in order of appearance, so that it is seen which rows they join. */
function describeRows(rows: readonly object[]): string {
  const ids = new Map<string, string>()
  const numbered = (id: string) => {
    if (!ids.has(id)) ids.set(id, `<${/^A[A-Z]{3}/.exec(id)?.[0] ?? 'id'} ${ids.size + 1}>`)
    return String(ids.get(id))
  }
  return rows
    .map(row => `${JSON.stringify(row)}\n`)
    .join('')
    .replaceAll(issuer.url.replace('http://', ''), '<issuer>/')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z/g, '<time>')
    .replaceAll(/aws-sdk-js\/.*?(?= my-agent|")/g, '<sdk>')
    .replaceAll(/\b(?:AIDA|AROA|ASIA)[0-9A-Z]{16}\b|[0-9a-f]{8}-[0-9a-f-]{27}/g, numbered)
}

it.each(['CloudTrail', 'AWSCloudTrail'])(
  'the table %s says who called what by which key, and which session a pod has begun, and holds no secret; a reset empties it',
  async table => {
    const secrets = await makeCalls()
    const rows = await rowsOf(table)
    const { all } = bedrock.app.controls.requests
    const requestIds = all.map(({ operation, requestId }) => ({ operation, requestId }))
    for (const secret of secrets) expect(JSON.stringify(rows)).not.toContain(secret)
    // Sentinel's tables have all columns in each row.
    const columns = new Set(rows.map(row => Object.keys(row).join()))
    if (table === 'AWSCloudTrail') expect(columns.size).toBe(1)
    await expect(describeRows([...rows, ...requestIds])).toMatchFileSnapshot(`${table}.txt`)
    await fetch(`${bedrock.url}/emulator/reset`, { method: 'POST' })
    expect(await rowsOf(table)).toEqual([])
  },
)
