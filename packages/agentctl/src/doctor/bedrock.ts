import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import {
  type BedrockConfig,
  bedrockProblem,
  bedrockUrl,
  checkSettings,
  explainFailure,
  type NoBedrock,
  readModelId,
  replacementHint,
} from '@entra-agents/bedrock-access'
import { connect, createClient } from '@entra-agents/bedrock-access/connection'
import { ProblemError, type Variables } from '@entra-agents/service-kit'
import { decodeToken } from '@entra-agents/tokens/verify'
import type { Check } from './finding.ts'
import { trouble } from './problems.ts'

/** Checks Amazon Bedrock: the settings, the AWS credential, and a call of the model for one token. */
export function bedrockChecks(
  bedrock: BedrockConfig | NoBedrock,
  env: Variables,
  today = new Date(),
): readonly Check[] {
  if ('missing' in bedrock) {
    const missing = bedrockProblem('BEDROCK_NOT_CONFIGURED', bedrock.missing)
    return [{ name: 'Bedrock model', run: async () => missing }]
  }
  return [
    { name: 'Bedrock model', run: async () => checkModel(bedrock, today) },
    { name: 'AWS credential', run: () => checkCredential(bedrock, env) },
    { name: 'Bedrock', needs: ['Bedrock model', 'AWS credential'], run: () => checkAnswer(bedrock) },
  ]
}

function checkModel(bedrock: BedrockConfig, today: Date) {
  const known = checkSettings(bedrock)
  if (known) throw known
  const { modelId, region } = bedrock
  const model = readModelId(modelId).known
  if (model?.lifecycle === 'legacy' || (model && new Date(model.endOfLife) < today)) {
    const says = `${model.name} may be retired any day, since ${model.endOfLife}.`
    return bedrockProblem('BEDROCK_MODEL_RETIRED', says, { hint: replacementHint(bedrock) })
  }
  return `${modelId} can be called from ${region}${model ? `, at least until ${model.endOfLife}` : ''}.`
}

type Tier = BedrockConfig['credential']['tier']

const isKeyId = (text = '') => /^A[KS]IA[A-Z0-9]{12,}$/.test(text)

/** Faults of variables that show without asking AWS, by the kind of credential. */
// biome-ignore format: table
const faults: readonly (readonly [Tier, is: (env: Variables) => unknown, says: string, hint: string])[] = [
  ['api-key', env => env['AWS_BEARER_TOKEN_BEDROCK']?.trim().includes(' '), 'AWS_BEARER_TOKEN_BEDROCK has a blank in it.', 'Set it to the key alone, without “Bearer” before it.'],
  ['sts', env => isKeyId(env['AWS_SECRET_ACCESS_KEY']) && !isKeyId(env['AWS_ACCESS_KEY_ID']), 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are swapped.', 'Exchange their values: the id begins with AKIA or ASIA.'],
  ['sts', env => env['AWS_ACCESS_KEY_ID']?.startsWith('ASIA') && !env['AWS_SESSION_TOKEN'], 'The access key is temporary, and its session token is missing.', 'Set AWS_SESSION_TOKEN as well: an access key that begins with ASIA is temporary and works only together with it.'],
  ['sts', env => env['AWS_ACCESS_KEY_ID']?.startsWith('AKIA') && env['AWS_SESSION_TOKEN'], 'AWS_SESSION_TOKEN is set, though the access key is a long-lived one.', 'Unset AWS_SESSION_TOKEN, which is left over from another session: an access key that begins with AKIA has none.'],
  ['federation', env => !/^arn:[\w-]+:iam::\d{12}:role\/./.test(env['AWS_ROLE_ARN'] ?? ''), 'AWS_ROLE_ARN is not the ARN of a role.', 'Set it to the whole ARN, such as arn:aws:iam::111122223333:role/entra-bedrock-agent.'],
]

async function checkCredential(bedrock: BedrockConfig, env: Variables): Promise<string> {
  const { credential } = bedrock
  const [, , says, remedy] = faults.find(([tier, is]) => tier === credential.tier && is(env)) ?? []
  if (says) throw bedrockProblem('BEDROCK_CREDENTIALS_INVALID', says, { hint: remedy })
  if (credential.tier === 'api-key') return 'A Bedrock API key is set.'
  const presented = credential.tier === 'federation' ? await describeToken(env) : ''
  const client = createClient(bedrock)
  try {
    // The keys are loaded through the client, since it tells STS the region.
    await client.config.credentials()
  } catch (error) {
    const { code, kind, message, options } = explainFailure(error, bedrock, 'request')
    const profiles = credential.tier === 'default-chain' ? ` ${await describeProfiles(env)}.` : ''
    const hint = `${options.hint ?? kind.hint}${presented && ` ${presented}.`}`
    throw new ProblemError(code, kind, `${message}${profiles}`, { ...options, hint })
  } finally {
    client.destroy()
  }
  return `AWS keys came from ${credential.source}${presented && ` (${presented})`}.`
}

/** The token's claims that IAM compares with the OIDC provider and the trust policy. */
async function describeToken({ AWS_WEB_IDENTITY_TOKEN_FILE: file = '' }: Variables): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) return ''
  const { iss, aud, sub } = decodeToken(text.trim())?.claims ?? {}
  if (iss) return `The token says: iss ${iss}, aud ${[aud].flat().join(' ')}, sub ${sub}`
  const says = `${file} ${text.trim() ? 'holds no token' : 'is empty'}.`
  const hint = 'Let the cluster project its token to AWS_WEB_IDENTITY_TOKEN_FILE, or write one there.'
  throw bedrockProblem('BEDROCK_CREDENTIALS_INVALID', says, { hint })
}

/** The profiles in the files in which the SDK looks for one. */
async function describeProfiles({ AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE }: Variables) {
  const files = [AWS_CONFIG_FILE || '~/.aws/config', AWS_SHARED_CREDENTIALS_FILE || '~/.aws/credentials']
  const read = files.map(file => readFile(file.replace(/^~/, homedir()), 'utf8').catch(() => ''))
  const names = (await Promise.all(read)).join('\n').match(/(?<=^\[(?:profile )?)[^\]\n]+(?=\])/gm)
  return `${files.join(' and ')} have ${names?.join(', ') ?? 'no [profile] that can be read'}`
}

async function checkAnswer(bedrock: BedrockConfig) {
  if (!bedrock.probe)
    return trouble('NOT_CHECKED', 'BEDROCK_PROBE is off.', 'Set BEDROCK_PROBE=on: it costs about ten tokens.')
  const connection = connect(bedrock)
  const limit = AbortSignal.timeout(6_500)
  try {
    await connection.probe(AbortSignal.timeout(5_500))
    return `${bedrock.modelId} answers.`
  } catch (error) {
    // Bedrock itself never sends a web page.
    const page = await fetch(bedrockUrl(bedrock), { signal: limit }).catch(() => undefined)
    if (!/html/i.test(page?.headers.get('content-type') ?? '')) throw error
    const says = `A web page responds at ${bedrockUrl(bedrock)}, and not Bedrock.`
    throw bedrockProblem('BEDROCK_UNAVAILABLE', says, { hint: webPageHint })
  } finally {
    connection.close()
  }
}

const webPageHint =
  'Check AWS_ENDPOINT_URL_BEDROCK_RUNTIME, and what stands in between: a proxy, or the sign-in page of a network.'
