import { type EnvironmentReader, readEnvironment } from '@entra-bedrock-agent/service-kit'

/** What the stand-in is told by its environment. Everything has a default, so that it starts alone. */
export interface Config {
  readonly host: string
  readonly port: number
  readonly logLevel: string
  /** The one region that this stand-in is. */
  readonly region: string
  readonly accountId: string
  readonly accessKey: {
    readonly accessKeyId: string
    readonly secretAccessKey: string
    /** Makes the key a temporary one of the role; without it the key is a user's. */
    readonly sessionToken: string | undefined
  }
  readonly bearerKey: string
  readonly role: {
    readonly arn: string
    readonly trust:
      | { readonly issuer: string; readonly audience: string; readonly subject: string }
      | undefined
  }
  readonly pace: {
    /** From the request to the first event. */
    readonly firstTokenMs: number
    readonly tokenDelayMs: number
  }
}

/** Reads the environment; see the workspace's README for every variable. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  return readEnvironment(env, reader => {
    const accountId = reader.text('EMULATOR_ACCOUNT_ID', '111122223333')
    if (!/^\d{12}$/.test(accountId)) reader.fault('EMULATOR_ACCOUNT_ID must be twelve digits.')
    return {
      host: reader.text('HOST', 'localhost'),
      port: reader.port('PORT', 7002),
      logLevel: reader.text('LOG_LEVEL', 'info'),
      region: reader.text('AWS_REGION', 'us-east-1'),
      accountId,
      accessKey: {
        accessKeyId: reader.text('EMULATOR_ACCESS_KEY_ID', 'AKIAIOSFODNN7EXAMPLE'),
        secretAccessKey: reader.text(
          'EMULATOR_SECRET_ACCESS_KEY',
          'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
        ),
        sessionToken: reader.optional('EMULATOR_SESSION_TOKEN'),
      },
      bearerKey: reader.text('EMULATOR_BEARER_KEY', 'emulated-bedrock-api-key'),
      role: readRole(reader, accountId),
      pace: {
        firstTokenMs: reader.integer('EMULATOR_FIRST_TOKEN_MS', 0, 0, 600_000),
        tokenDelayMs: reader.integer('EMULATOR_TOKEN_DELAY_MS', 0, 0, 60_000),
      },
    }
  })
}

function readRole(reader: EnvironmentReader, accountId: string): Config['role'] {
  const arn = reader.text('EMULATOR_ROLE_ARN', `arn:aws:iam::${accountId}:role/entra-bedrock-agent`)
  if (!/^arn:aws:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(arn)) {
    reader.fault(`EMULATOR_ROLE_ARN must be the ARN of a role; it is "${arn}".`)
  }
  const issuer = reader.optional('EMULATOR_TRUSTED_ISSUER')
  const subject = reader.optional('EMULATOR_TRUSTED_SUBJECT')
  const audience = reader.text('EMULATOR_TRUSTED_AUDIENCE', 'sts.amazonaws.com')
  if (issuer === undefined && subject === undefined) return { arn, trust: undefined }
  if (issuer !== undefined && subject !== undefined) return { arn, trust: { issuer, subject, audience } }
  reader.fault('EMULATOR_TRUSTED_ISSUER and EMULATOR_TRUSTED_SUBJECT go together: set both or neither.')
  return { arn, trust: undefined }
}
