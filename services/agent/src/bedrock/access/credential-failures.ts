import type { FailureRule, FailureSigns } from './failure-signs.ts'
import { checkKeysHint, trustHint } from './remedies.ts'

const stsErrorNamed =
  (...names: string[]) =>
  ({ service, name }: FailureSigns): boolean =>
    service === 'sts' && names.includes(name)

/**
 * Every known failure to find a credential, before Bedrock is called; the first rule that matches decides. Error names:
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
export const credentialRules: readonly FailureRule[] = [
  {
    code: 'BEDROCK_CREDENTIALS_EXPIRED',
    when: stsErrorNamed('ExpiredTokenException', 'ExpiredToken'),
    detail: 'AWS STS says that the web identity token has expired.',
    hint: 'Mount the projected token as a whole directory (never with subPath), so that the kubelet can replace it; on a laptop, write a fresh token to AWS_WEB_IDENTITY_TOKEN_FILE.',
  },
  {
    code: 'BEDROCK_CREDENTIALS_INVALID',
    when: stsErrorNamed('InvalidIdentityTokenException', 'InvalidIdentityToken'),
    detail: 'AWS STS does not accept the web identity token.',
    hint: trustHint,
  },
  {
    code: 'BEDROCK_UNAVAILABLE',
    when: stsErrorNamed('IDPCommunicationErrorException', 'IDPCommunicationError'),
    detail: 'AWS STS cannot reach the issuer of the web identity token for its keys.',
    hint: 'Make the issuer’s discovery document and keys public; if they are, ask again in a moment.',
  },
  {
    code: 'BEDROCK_CREDENTIALS_INVALID',
    when: ({ service, httpStatus }) => service === 'sts' && httpStatus !== undefined && httpStatus < 500,
    detail: 'AWS STS refuses to let the web identity token assume the role.',
    hint: trustHint,
  },
  {
    code: 'BEDROCK_UNAVAILABLE',
    when: ({ service }) => service === 'sts',
    detail: ({ region }, { httpStatus }) => `AWS STS in ${region} responded with HTTP status ${httpStatus}.`,
    hint: 'Ask again in a moment.',
  },
  {
    code: 'BEDROCK_NOT_CONFIGURED',
    when: ({ service, message }) =>
      service === 'credentials' && /could not load credentials from any/i.test(message),
    detail: ({ credential }) =>
      `AWS_REGION is set, but no AWS credentials came from ${'source' in credential ? credential.source : 'anywhere'}.`,
    hint: checkKeysHint,
  },
  {
    code: 'BEDROCK_CREDENTIALS_EXPIRED',
    when: ({ service, message }) => service === 'credentials' && /expired|aws sso login/i.test(message),
    detail: 'The sign-in of the AWS profile has expired.',
    hint: 'Run aws sso login for this profile; the agent picks the new credentials up by itself.',
  },
  {
    code: 'BEDROCK_UNAVAILABLE',
    when: ({ service, systemCode, name }) =>
      service === 'credentials' &&
      (name === 'TimeoutError' || /^E(CONN|TIMEDOUT|NOTFOUND|AI_AGAIN|HOST|NET)/.test(systemCode ?? '')),
    detail: ({ region }) => `AWS STS in ${region} cannot be reached.`,
    hint: 'Allow egress on port 443 to sts.<AWS_REGION>.amazonaws.com as well as to bedrock-runtime.',
  },
  {
    code: 'BEDROCK_CREDENTIALS_INVALID',
    when: ({ service }) => service === 'credentials',
    detail: ({ credential }, { systemCode }) =>
      credential.tier === 'api-key'
        ? 'The Bedrock API key cannot be used.'
        : `No AWS credentials came from ${credential.source}${systemCode ? ` (${systemCode})` : ''}.`,
    hint: checkKeysHint,
  },
]
