import { readFile } from 'node:fs/promises'
import { decodeToken } from '@entra-bedrock-agent/entra-tokens/verify'
import { ProblemError } from '@entra-bedrock-agent/service-kit'
import type { BedrockConfig, NoBedrock } from '../../services/agent/src/bedrock/access/config.ts'
import { connect } from '../../services/agent/src/bedrock/access/connection.ts'
import { explainFailure } from '../../services/agent/src/bedrock/access/failures.ts'
import { createClient } from '../../services/agent/src/bedrock/access/model.ts'
import { readModelId } from '../../services/agent/src/bedrock/access/models.ts'
import { checkKeysHint, replacementHint } from '../../services/agent/src/bedrock/access/remedies.ts'
import { checkSettings } from '../../services/agent/src/bedrock/access/settings-check.ts'
import { problem } from '../../services/agent/src/problems.ts'
import type { Check } from './finding.ts'
import { trouble } from './problems.ts'

/** Checks Amazon Bedrock: the settings, the AWS credential, and a call of the model for one token. */
export function bedrockChecks(
  bedrock: BedrockConfig | NoBedrock,
  { today = new Date(), tokenFile }: { readonly today?: Date; readonly tokenFile?: string | undefined } = {},
): readonly Check[] {
  if ('missing' in bedrock) {
    const missing = problem('BEDROCK_NOT_CONFIGURED', bedrock.missing)
    return [{ name: 'Bedrock model', run: async () => missing }]
  }
  return [
    { name: 'Bedrock model', run: async () => checkModel(bedrock, today) },
    { name: 'AWS credential', run: () => checkCredential(bedrock, tokenFile) },
    { name: 'Bedrock', needs: ['Bedrock model', 'AWS credential'], run: () => checkAnswer(bedrock) },
  ]
}

function checkModel(bedrock: BedrockConfig, today: Date) {
  const known = checkSettings(bedrock)
  if (known) throw known
  const { modelId, region } = bedrock
  const model = readModelId(modelId).known
  if (model?.lifecycle === 'legacy' || (model && new Date(model.endOfLife) < today))
    return problem(
      'BEDROCK_MODEL_RETIRED',
      `${model.name} may be retired any day, since ${model.endOfLife}.`,
      {
        hint: replacementHint(bedrock),
      },
    )
  return `${modelId} can be called from ${region}${model ? `, at least until ${model.endOfLife}` : ''}.`
}

async function checkCredential(bedrock: BedrockConfig, tokenFile: string | undefined): Promise<string> {
  const { credential } = bedrock
  if (credential.tier === 'api-key') return 'A Bedrock API key is set.'
  if (credential.lacksSessionToken)
    throw problem(
      'BEDROCK_CREDENTIALS_INVALID',
      'The access key is temporary, and its session token is missing.',
      {
        hint: checkKeysHint(bedrock),
      },
    )
  const presented = credential.tier === 'federation' && tokenFile ? await describeToken(tokenFile) : ''
  const client = createClient(bedrock)
  try {
    // The keys are loaded through the client, since it tells STS the region.
    await client.config.credentials()
  } catch (error) {
    const failure = explainFailure(error, bedrock, 'request')
    const hint = `${failure.options.hint ?? failure.kind.hint}${presented && ` The token says: ${presented}.`}`
    throw new ProblemError(failure.code, failure.kind, failure.message, { ...failure.options, hint })
  } finally {
    client.destroy()
  }
  return `AWS keys came from ${credential.source}${presented && ` (${presented})`}.`
}

/** The token's claims that IAM compares with the OIDC provider and the trust policy. */
async function describeToken(tokenFile: string): Promise<string> {
  try {
    const claims = decodeToken((await readFile(tokenFile, 'utf8')).trim())?.claims ?? {}
    const { iss, aud, sub } = claims
    return `iss ${iss}, aud ${[aud].flat().join(' ')}, sub ${sub}`
  } catch {
    return ''
  }
}

async function checkAnswer(bedrock: BedrockConfig) {
  if (!bedrock.probe)
    return trouble('NOT_CHECKED', 'BEDROCK_PROBE is off.', 'Set BEDROCK_PROBE=on: it costs about ten tokens.')
  const connection = connect(bedrock)
  try {
    await connection.probe(AbortSignal.timeout(5_500))
    return `${bedrock.modelId} answers.`
  } catch (error) {
    throw (await isWebPage(bedrock)) ? webPageProblem(bedrock) : error
  } finally {
    connection.close()
  }
}

function endpointOf({ endpoint, region }: BedrockConfig): string {
  return endpoint ?? `https://bedrock-runtime.${region}.amazonaws.com`
}

/** Whether the endpoint responds with a web page, which Bedrock itself never sends. */
async function isWebPage(bedrock: BedrockConfig): Promise<boolean> {
  try {
    const { headers } = await fetch(endpointOf(bedrock), { signal: AbortSignal.timeout(1_000) })
    return /html/i.test(headers.get('content-type') ?? '')
  } catch {
    return false
  }
}

function webPageProblem(bedrock: BedrockConfig): ProblemError {
  return problem('BEDROCK_UNAVAILABLE', `A web page responds at ${endpointOf(bedrock)}, and not Bedrock.`, {
    hint: 'Check AWS_ENDPOINT_URL_BEDROCK_RUNTIME, and what stands in between: a proxy, or the sign-in page of a network.',
  })
}
