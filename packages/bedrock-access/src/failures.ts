import { type ProblemError, proxyProblem } from '@entra-agents/service-kit'
import type { BedrockConfig } from './config.ts'
import { bedrockUrl } from './endpoints.ts'
import { type CallPhase, type FailureSigns, loggableCause, readSigns } from './failure-signs.ts'
import { type BedrockProblemCode, bedrockProblem } from './problems.ts'
import {
  checkKeysHint,
  invokePolicyHint,
  modelAccessHint,
  profileHint,
  renewHint,
  replacementHint,
  trustHint,
} from './remedies.ts'

type Sign = (signs: FailureSigns, phase: CallPhase) => boolean
type Text = string | ((config: BedrockConfig, signs: FailureSigns) => string)
/** Who failed, how the failure is recognised, and what it means. Without `fix`, the hint of `code` is used. */
type Cause = readonly [FailureSigns['service'], Sign, code: BedrockProblemCode, cause: Text, fix?: Text]

const anything = /(?:)/
const always: Sign = () => true
const named =
  (name: RegExp, message = anything): Sign =>
  signs =>
    name.test(signs.name) && message.test(signs.message)
const denied = (message: RegExp) => named(/^AccessDeniedException$/, message)
const notFound = (message = anything) => named(/^ResourceNotFoundException$/, message)
/** Bedrock refused the request as invalid. Without `x-amzn-errortype` the SDK has no error name; the status is then enough. */
const invalid =
  (message = anything): Sign =>
  signs =>
    (signs.name === 'ValidationException' ||
      (signs.httpStatus === 400 && !signs.name.endsWith('Exception'))) &&
    message.test(signs.message)
const either =
  (...signs: readonly Sign[]): Sign =>
  (...found) =>
    signs.some(sign => sign(...found))

/**
 * Every way in which a call of Bedrock, or getting its credential, is known to fail; the first row that matches decides.
 * Error names and messages: https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html and
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
// biome-ignore format: table
const causes: readonly Cause[] = [
  // The credential, before Bedrock is called
  ['sts', named(/^ExpiredToken(Exception)?$/), 'BEDROCK_CREDENTIALS_EXPIRED', 'AWS STS says that the web identity token has expired.',
    'Mount the projected token as a whole directory (never with subPath), so that the kubelet can replace it; on a laptop, write a fresh token to AWS_WEB_IDENTITY_TOKEN_FILE.'],
  ['sts', named(/^InvalidIdentityToken(Exception)?$/), 'BEDROCK_CREDENTIALS_INVALID', 'AWS STS does not accept the web identity token.', trustHint],
  ['sts', named(/^IDPCommunicationError(Exception)?$/), 'BEDROCK_UNAVAILABLE', 'AWS STS cannot reach the issuer of the web identity token for its keys.',
    'Make the issuer’s discovery document and keys public; if they are, ask again in a moment.'],
  ['sts', ({ httpStatus = 500 }) => httpStatus < 500, 'BEDROCK_CREDENTIALS_INVALID', 'AWS STS refuses to let the web identity token assume the role.', trustHint],
  ['sts', always, 'BEDROCK_UNAVAILABLE', ({ region }, { httpStatus }) => `AWS STS in ${region} responded with HTTP status ${httpStatus}.`, 'Ask again in a moment.'],
  ['credentials', named(anything, /could not load credentials from any/i), 'BEDROCK_NOT_CONFIGURED',
    ({ credential }) => `AWS_REGION is set, but no AWS credentials came from ${'source' in credential ? credential.source : 'anywhere'}.`, checkKeysHint],
  ['credentials', named(anything, /expired|aws sso login/i), 'BEDROCK_CREDENTIALS_EXPIRED', 'The sign-in of the AWS profile has expired.',
    'Run aws sso login for this profile; the agent picks the new credentials up by itself.'],
  ['credentials', either(named(/^TimeoutError$/), ({ systemCode = '' }) => /^E(CONN|TIMEDOUT|NOTFOUND|AI_AGAIN|HOST|NET)/.test(systemCode)), 'BEDROCK_UNAVAILABLE',
    ({ region }) => `AWS STS in ${region} cannot be reached.`, 'Allow egress on port 443 to sts.<AWS_REGION>.amazonaws.com as well as to bedrock-runtime.'],
  ['credentials', always, 'BEDROCK_CREDENTIALS_INVALID',
    ({ credential }, { systemCode }) => credential.tier === 'api-key' ? 'The Bedrock API key cannot be used.' : `No AWS credentials came from ${credential.source}${systemCode ? ` (${systemCode})` : ''}.`, checkKeysHint],

  // The credential, by Bedrock
  ['bedrock', either(named(/^(ExpiredToken(Exception)?|RequestExpired)$/), denied(/expired/i)), 'BEDROCK_CREDENTIALS_EXPIRED',
    ({ credential }) => credential.tier === 'api-key' ? 'The Bedrock API key has expired.' : 'The AWS session has expired.', renewHint],
  ['bedrock', denied(/authentication failed|api key/i), 'BEDROCK_CREDENTIALS_INVALID', ({ region }) => `Bedrock in ${region} does not accept the API key.`, checkKeysHint],
  ['bedrock', named(/^(InvalidSignature|SignatureDoesNotMatch|RequestTimeTooSkewed)/, /expired|not yet current|skewed/i), 'BEDROCK_CREDENTIALS_INVALID',
    'AWS refuses the signature because this machine’s clock is wrong.', 'Set the clock (NTP): AWS accepts five minutes of difference.'],
  ['bedrock', named(/^(InvalidSignature|SignatureDoesNotMatch)/), 'BEDROCK_CREDENTIALS_INVALID', 'AWS refuses the signature: the secret access key does not belong to the access key.', checkKeysHint],
  ['bedrock', named(/^(UnrecognizedClientException|InvalidClientTokenId|IncompleteSignature(Exception)?|MissingAuthenticationTokenException)$/), 'BEDROCK_CREDENTIALS_INVALID',
    'AWS does not know these credentials.', checkKeysHint],

  // The request: faults that look like missing rights
  ['bedrock', ({ message, httpStatus }) => (httpStatus === 400 || httpStatus === 403) && /prompt caching|cachePoint/i.test(message), 'BEDROCK_REQUEST_INVALID',
    ({ modelId }) => `${modelId} has no prompt cache, or Bedrock does not allow it here.`, 'Set BEDROCK_PROMPT_CACHE=none.'],

  // Rights
  ['bedrock', denied(/CallWithBearerToken/), 'BEDROCK_ACCESS_DENIED', 'The principal of the API key may not use API keys.',
    'Allow bedrock:CallWithBearerToken on resource "*" for the IAM user or role behind the key.'],
  ['bedrock', denied(/service control policy|explicit deny/i), 'BEDROCK_ACCESS_DENIED', 'A policy of the organisation or account explicitly denies this call.',
    'Let the service control policy allow Bedrock in every region of the inference profile (for global profiles also the region "unspecified").'],
  ['bedrock', either(denied(/marketplace|access to the model|model access/i), notFound(/use case/i)), 'BEDROCK_ACCESS_DENIED',
    ({ modelId }) => `This AWS account has no access to ${modelId} yet.`, modelAccessHint],
  ['bedrock', ({ name, httpStatus }) => /^AccessDenied/.test(name) || httpStatus === 403, 'BEDROCK_ACCESS_DENIED',
    ({ modelId }) => `IAM does not allow this principal to stream from ${modelId}.`, invokePolicyHint],

  // The model
  ['bedrock', notFound(/end of its life|legacy|deprecated/i), 'BEDROCK_MODEL_RETIRED', ({ modelId }) => `Bedrock no longer offers ${modelId} to this account.`, replacementHint],
  ['bedrock', invalid(/on-demand throughput/i), 'BEDROCK_MODEL_INVALID', ({ modelId }) => `${modelId} can only be called through an inference profile.`, profileHint],
  ['bedrock', either(notFound(), invalid(/model identifier/i)), 'BEDROCK_MODEL_INVALID', ({ modelId, region }) => `Bedrock in ${region} does not know ${modelId}.`, profileHint],

  // The request
  ['bedrock', invalid(/temperature|top_p|top_k/i), 'BEDROCK_REQUEST_INVALID', ({ modelId }) => `${modelId} refuses sampling parameters.`,
    'Unset BEDROCK_TEMPERATURE, and remove sampling parameters from BEDROCK_ADDITIONAL_MODEL_REQUEST_FIELDS.'],
  ['bedrock', invalid(/too long|too large|too many (input )?tokens|maximum (context|tokens)|context (length|window)/i), 'BEDROCK_INPUT_TOO_LONG',
    ({ modelId }) => `The conversation is longer than ${modelId} can read.`],
  ['bedrock', either(named(/^SerializationException$/), invalid()), 'BEDROCK_REQUEST_INVALID', 'Bedrock refused the request as invalid.',
    'Start a new conversation; if it stays, check BEDROCK_MAX_TOKENS and BEDROCK_ADDITIONAL_MODEL_REQUEST_FIELDS.'],

  // Load and availability
  ['bedrock', named(/^ServiceQuotaExceededException$/), 'BEDROCK_THROTTLED', 'A Bedrock quota of this account is used up.', 'Raise the model’s quota in Service Quotas, or wait until it resets.'],
  ['bedrock', named(/^ModelNotReadyException$/), 'BEDROCK_UNAVAILABLE', 'The model is not ready.'],
  ['bedrock', ({ name, httpStatus }) => /^(Throttling|TooManyRequests)/i.test(name) || httpStatus === 429, 'BEDROCK_THROTTLED', 'Bedrock still throttles after several tries.'],
  // Status 200 with an error: the stream was cut before its first event, or the body is no stream.
  ['bedrock', ({ httpStatus }, phase) => phase === 'stream' || httpStatus === 200, 'BEDROCK_STREAM_BROKEN',
    (_config, { systemCode }) => systemCode === 'MODEL_STREAM_TIMEOUT' ? 'The model went silent in the middle of its answer.' : 'The stream from Bedrock broke off.'],
  ['bedrock', ({ name, systemCode }) => name === 'ModelTimeoutException' || (name === 'TimeoutError' && systemCode !== 'ECONNRESET') || systemCode === 'MODEL_STREAM_TIMEOUT', 'BEDROCK_UNAVAILABLE',
    'Bedrock did not respond in time.'],
  ['bedrock', ({ httpStatus }) => httpStatus !== undefined, 'BEDROCK_UNAVAILABLE', (_config, { httpStatus }) => `Bedrock responded with HTTP status ${httpStatus}.`],
]

const unreachable: Cause = [
  'bedrock',
  always,
  'BEDROCK_UNAVAILABLE',
  ({ region, endpoint }, { systemCode }) =>
    `${endpoint ? `${endpoint}, which AWS_ENDPOINT_URL_BEDROCK_RUNTIME or AWS_ENDPOINT_URL names,` : `bedrock-runtime.${region}.amazonaws.com`} cannot be reached${systemCode ? ` (${systemCode})` : ''}.`,
  ({ endpoint = '' }) =>
    `${endpoint && 'Unset the variable if it is left over. '}Try again in a moment; if it stays, check the egress to the Bedrock endpoint of AWS_REGION.`,
]

/**
 * Judges an error of a Bedrock call or of getting its credential: code, cause and fix. Pure.
 * Nothing of the error's own message is passed on, because some messages of AWS quote signed headers.
 */
export function explainFailure(error: unknown, config: BedrockConfig, phase: CallPhase): ProblemError {
  const signs = readSigns(error)
  const stsUrl = `https://sts.${config.region}.amazonaws.com`
  const refused = proxyProblem(error, signs.service === 'bedrock' ? bedrockUrl(config) : stsUrl)
  if (refused) return refused
  const [, , code, cause, fix] =
    causes.find(([service, sign]) => service === signs.service && sign(signs, phase)) ?? unreachable
  const say = (text: Text) => (typeof text === 'string' ? text : text(config, signs))
  return bedrockProblem(code, say(cause), {
    hint: fix && say(fix),
    upstream: {
      service: signs.service,
      ...(signs.httpStatus === undefined ? {} : { status: signs.httpStatus }),
      code: signs.systemCode ?? signs.name,
      ...(signs.requestId === undefined ? {} : { requestId: signs.requestId }),
    },
    cause: loggableCause(signs),
  })
}
