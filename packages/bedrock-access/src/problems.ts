import { commonProblems, defineProblems, type ProblemKind } from '@entra-agents/service-kit'

/** Failures of Amazon Bedrock, of the AWS credentials, and of the settings for both. */
export const bedrockProblems = {
  BEDROCK_NOT_CONFIGURED: {
    status: 503,
    title: 'Amazon Bedrock is not configured.',
    hint: 'Set AWS_REGION and one kind of AWS credential, or use direct mode.',
  },
  BEDROCK_CREDENTIALS_EXPIRED: {
    status: 502,
    title: 'The AWS credentials have expired.',
    hint: 'Renew them (for example with aws sso login) and restart the agent, or use web identity federation.',
  },
  BEDROCK_CREDENTIALS_INVALID: {
    status: 502,
    title: 'AWS rejected the credentials.',
    hint: 'Check the access key, session token or Bedrock API key, its region and the clock of this machine.',
  },
  BEDROCK_ACCESS_DENIED: {
    status: 502,
    title: 'The AWS principal may not invoke this model.',
    hint: 'Allow bedrock:InvokeModelWithResponseStream on both the inference profile and the foundation model ARNs.',
  },
  BEDROCK_MODEL_INVALID: {
    status: 502,
    title: 'Bedrock does not know this model id in this region.',
    hint: 'Set BEDROCK_MODEL_ID to an inference profile whose prefix fits AWS_REGION.',
  },
  BEDROCK_MODEL_RETIRED: {
    status: 502,
    title: 'This model has been retired.',
    hint: 'Set BEDROCK_MODEL_ID to a current model.',
  },
  BEDROCK_REQUEST_INVALID: {
    status: 502,
    title: 'Bedrock refused the request as invalid.',
    hint: 'Start a new conversation; if it stays, check BEDROCK_TEMPERATURE and the model’s limits.',
  },
  BEDROCK_INPUT_TOO_LONG: {
    status: 400,
    title: 'The conversation is too long for the model.',
    hint: 'Start a new conversation.',
  },
  BEDROCK_THROTTLED: {
    status: 503,
    title: 'Bedrock is throttling this account.',
    hint: 'Wait a moment, or raise the model’s quota in Service Quotas.',
  },
  BEDROCK_UNAVAILABLE: {
    status: 503,
    title: 'Amazon Bedrock is out of reach or not ready.',
    hint: 'Try again in a moment; if it stays, check the egress to the Bedrock endpoint of AWS_REGION.',
  },
  BEDROCK_STREAM_BROKEN: {
    status: 502,
    title: 'The model’s answer broke off.',
    hint: 'Ask again.',
  },
} as const satisfies Record<string, ProblemKind>

export type BedrockProblemCode = keyof typeof bedrockProblems | keyof typeof commonProblems

export const bedrockProblem = defineProblems({ ...commonProblems, ...bedrockProblems })
