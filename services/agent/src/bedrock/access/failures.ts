import { type ProblemError, proxyProblem } from '@entra-bedrock-agent/service-kit'
import { problem } from '../../problems.ts'
import type { BedrockConfig } from './config.ts'
import { credentialRules } from './credential-failures.ts'
import { bedrockUrl } from './endpoints.ts'
import {
  type CallPhase,
  type FailureRule,
  type FailureSigns,
  loggableCause,
  readSigns,
} from './failure-signs.ts'
import {
  checkKeysHint,
  invokePolicyHint,
  modelAccessHint,
  profileHint,
  renewHint,
  replacementHint,
} from './remedies.ts'

const errorNamed =
  (...names: string[]) =>
  ({ name }: FailureSigns) =>
    names.includes(name)
const errorWithMessage =
  (name: string, message: RegExp) =>
  (signs: FailureSigns): boolean =>
    signs.name === name && message.test(signs.message)
/** Bedrock refused the request as invalid. Without `x-amzn-errortype` the SDK has no error name; the status is then enough. */
const validationError =
  (message = /(?:)/) =>
  (signs: FailureSigns): boolean =>
    (signs.name === 'ValidationException' ||
      (signs.httpStatus === 400 && !signs.name.endsWith('Exception'))) &&
    message.test(signs.message)

/**
 * Every way in which a call of Bedrock is known to fail; the first rule that matches decides. Error names and messages:
 * https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html
 */
const rules: readonly FailureRule[] = [
  // The credential
  {
    code: 'BEDROCK_CREDENTIALS_EXPIRED',
    when: signs =>
      errorNamed('ExpiredTokenException', 'ExpiredToken', 'RequestExpired')(signs) ||
      errorWithMessage('AccessDeniedException', /expired/i)(signs),
    detail: ({ credential }) =>
      credential.tier === 'api-key' ? 'The Bedrock API key has expired.' : 'The AWS session has expired.',
    hint: renewHint,
  },
  {
    code: 'BEDROCK_CREDENTIALS_INVALID',
    when: errorWithMessage('AccessDeniedException', /authentication failed|api key/i),
    detail: ({ region }) => `Bedrock in ${region} does not accept the API key.`,
    hint: checkKeysHint,
  },
  {
    code: 'BEDROCK_CREDENTIALS_INVALID',
    when: ({ name, message }) =>
      /^(InvalidSignature|SignatureDoesNotMatch|RequestTimeTooSkewed)/.test(name) &&
      /expired|not yet current|skewed/i.test(message),
    detail: 'AWS refuses the signature because this machine’s clock is wrong.',
    hint: 'Set the clock (NTP): AWS accepts five minutes of difference.',
  },
  {
    code: 'BEDROCK_CREDENTIALS_INVALID',
    when: ({ name }) => /^(InvalidSignature|SignatureDoesNotMatch)/.test(name),
    detail: 'AWS refuses the signature: the secret access key does not belong to the access key.',
    hint: checkKeysHint,
  },
  {
    code: 'BEDROCK_CREDENTIALS_INVALID',
    when: errorNamed(
      'UnrecognizedClientException',
      'InvalidClientTokenId',
      'IncompleteSignature',
      'IncompleteSignatureException',
      'MissingAuthenticationTokenException',
    ),
    detail: 'AWS does not know these credentials.',
    hint: checkKeysHint,
  },

  // The request: faults that look like missing rights
  {
    code: 'BEDROCK_REQUEST_INVALID',
    when: ({ message, httpStatus }) =>
      (httpStatus === 400 || httpStatus === 403) && /prompt caching|cachePoint/i.test(message),
    detail: ({ modelId }) => `${modelId} has no prompt cache, or Bedrock does not allow it here.`,
    hint: 'Set BEDROCK_PROMPT_CACHE=none.',
  },

  // Rights
  {
    code: 'BEDROCK_ACCESS_DENIED',
    when: errorWithMessage('AccessDeniedException', /CallWithBearerToken/),
    detail: 'The principal of the API key may not use API keys.',
    hint: 'Allow bedrock:CallWithBearerToken on resource "*" for the IAM user or role behind the key.',
  },
  {
    code: 'BEDROCK_ACCESS_DENIED',
    when: errorWithMessage('AccessDeniedException', /service control policy|explicit deny/i),
    detail: 'A policy of the organisation or account explicitly denies this call.',
    hint: 'Let the service control policy allow Bedrock in every region of the inference profile (for global profiles also the region "unspecified").',
  },
  {
    code: 'BEDROCK_ACCESS_DENIED',
    when: signs =>
      errorWithMessage('AccessDeniedException', /marketplace|access to the model|model access/i)(signs) ||
      errorWithMessage('ResourceNotFoundException', /use case/i)(signs),
    detail: ({ modelId }) => `This AWS account has no access to ${modelId} yet.`,
    hint: modelAccessHint,
  },
  {
    code: 'BEDROCK_ACCESS_DENIED',
    when: ({ name, httpStatus }) => /^AccessDenied/.test(name) || httpStatus === 403,
    detail: ({ modelId }) => `IAM does not allow this principal to stream from ${modelId}.`,
    hint: invokePolicyHint,
  },

  // The model
  {
    code: 'BEDROCK_MODEL_RETIRED',
    when: errorWithMessage('ResourceNotFoundException', /end of its life|legacy|deprecated/i),
    detail: ({ modelId }) => `Bedrock no longer offers ${modelId} to this account.`,
    hint: replacementHint,
  },
  {
    code: 'BEDROCK_MODEL_INVALID',
    when: validationError(/on-demand throughput/i),
    detail: ({ modelId }) => `${modelId} can only be called through an inference profile.`,
    hint: profileHint,
  },
  {
    code: 'BEDROCK_MODEL_INVALID',
    when: signs =>
      errorNamed('ResourceNotFoundException')(signs) || validationError(/model identifier/i)(signs),
    detail: ({ modelId, region }) => `Bedrock in ${region} does not know ${modelId}.`,
    hint: profileHint,
  },

  // The request
  {
    code: 'BEDROCK_REQUEST_INVALID',
    when: validationError(/temperature|top_p|top_k/i),
    detail: ({ modelId }) => `${modelId} refuses sampling parameters.`,
    hint: 'Unset BEDROCK_TEMPERATURE, and remove sampling parameters from BEDROCK_ADDITIONAL_MODEL_REQUEST_FIELDS.',
  },
  {
    code: 'BEDROCK_INPUT_TOO_LONG',
    when: validationError(
      /too long|too large|too many (input )?tokens|maximum (context|tokens)|context (length|window)/i,
    ),
    detail: ({ modelId }) => `The conversation is longer than ${modelId} can read.`,
  },
  {
    code: 'BEDROCK_REQUEST_INVALID',
    when: signs => errorNamed('SerializationException')(signs) || validationError()(signs),
    detail: 'Bedrock refused the request as invalid.',
    hint: 'Start a new conversation; if it stays, check BEDROCK_MAX_TOKENS and BEDROCK_ADDITIONAL_MODEL_REQUEST_FIELDS.',
  },

  // Load and availability
  {
    code: 'BEDROCK_THROTTLED',
    when: errorNamed('ServiceQuotaExceededException'),
    detail: 'A Bedrock quota of this account is used up.',
    hint: 'Raise the model’s quota in Service Quotas, or wait until it resets.',
  },
  {
    code: 'BEDROCK_UNAVAILABLE',
    when: errorNamed('ModelNotReadyException'),
    detail: 'The model is not ready.',
  },
  {
    code: 'BEDROCK_THROTTLED',
    when: ({ name, httpStatus }) => /^(Throttling|TooManyRequests)/i.test(name) || httpStatus === 429,
    detail: 'Bedrock still throttles after several tries.',
  },
  {
    code: 'BEDROCK_STREAM_BROKEN',
    // Status 200 with an error: the stream was cut before its first event, or the body is no stream.
    when: ({ httpStatus }, phase) => phase === 'stream' || httpStatus === 200,
    detail: (_config, { systemCode }) =>
      systemCode === 'MODEL_STREAM_TIMEOUT'
        ? 'The model went silent in the middle of its answer.'
        : 'The stream from Bedrock broke off.',
  },
  {
    code: 'BEDROCK_UNAVAILABLE',
    when: signs =>
      errorNamed('ModelTimeoutException')(signs) ||
      (signs.name === 'TimeoutError' && signs.systemCode !== 'ECONNRESET') ||
      signs.systemCode === 'MODEL_STREAM_TIMEOUT',
    detail: 'Bedrock did not respond in time.',
  },
  {
    code: 'BEDROCK_UNAVAILABLE',
    when: ({ httpStatus }) => httpStatus !== undefined,
    detail: (_config, { httpStatus }) => `Bedrock responded with HTTP status ${httpStatus}.`,
  },
]

const unreachableRule: Omit<FailureRule, 'when'> = {
  code: 'BEDROCK_UNAVAILABLE',
  detail: ({ region, endpoint }, { systemCode }) =>
    `${endpoint ? `${endpoint}, which AWS_ENDPOINT_URL_BEDROCK_RUNTIME or AWS_ENDPOINT_URL names,` : `bedrock-runtime.${region}.amazonaws.com`} cannot be reached${systemCode ? ` (${systemCode})` : ''}.`,
  hint: ({ endpoint = '' }) =>
    `${endpoint && 'Unset the variable if it is left over. '}Try again in a moment; if it stays, check the egress to the Bedrock endpoint of AWS_REGION.`,
}

/**
 * Judges an error of a Bedrock call or of getting its credential: code, cause and fix. Pure.
 * Nothing of the error's own message is passed on, because some messages of AWS quote signed headers.
 */
export function explainFailure(error: unknown, config: BedrockConfig, phase: CallPhase): ProblemError {
  const signs = readSigns(error)
  const stsUrl = `https://sts.${config.region}.amazonaws.com`
  const refused = proxyProblem(error, signs.service === 'bedrock' ? bedrockUrl(config) : stsUrl)
  if (refused) return refused
  const rule = [...credentialRules, ...rules].find(candidate => candidate.when(signs, phase))
  const { code, detail, hint } = rule ?? unreachableRule
  return problem(code, typeof detail === 'string' ? detail : detail(config, signs), {
    hint: typeof hint === 'function' ? hint(config) : hint,
    upstream: {
      service: signs.service,
      ...(signs.httpStatus === undefined ? {} : { status: signs.httpStatus }),
      code: signs.systemCode ?? signs.name,
      ...(signs.requestId === undefined ? {} : { requestId: signs.requestId }),
    },
    cause: loggableCause(signs),
  })
}
