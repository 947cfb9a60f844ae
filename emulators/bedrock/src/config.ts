import { type EnvironmentReader, readEnvironment } from '@entra-agents/service-kit'
import { Value } from 'typebox/value'
import { Script } from './model/script.ts'

/** The emulator's configuration. Every setting has a default. */
export type Config = ReturnType<typeof readConfig>

/** Reads the environment; see the workspace's README. A `script` takes the place of the file that `EMULATOR_SCRIPT` names. */
export function readConfig(env: Readonly<Record<string, string | undefined>>, script?: unknown) {
  return readEnvironment(env, reader => ({
    host: reader.text('HOST', 'localhost'),
    port: reader.port('PORT', 7002),
    logLevel: reader.logLevel(),
    /** Host names under which `/emulator/*` may be called. */
    allowedHosts: reader.hostNames('ALLOWED_HOSTS'),
    /** The region that the emulator stands for. */
    region: reader.text('AWS_REGION', 'us-east-1'),
    accessKey: {
      accessKeyId: reader.text('EMULATOR_ACCESS_KEY_ID', 'AKIAIOSFODNN7EXAMPLE'),
      secretAccessKey: reader.text('EMULATOR_SECRET_ACCESS_KEY', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'),
      /** If set, the access key is a temporary key of the role, otherwise it is a user's key. */
      sessionToken: reader.optional('EMULATOR_SESSION_TOKEN'),
    },
    bearerKey: reader.text('EMULATOR_BEARER_KEY', 'emulated-bedrock-api-key'),
    ...readRole(reader),
    pace: {
      /** The time from the request to the first event. */
      firstTokenMs: reader.integer('EMULATOR_FIRST_TOKEN_MS', 0, 0, 600_000),
      tokenDelayMs: reader.integer('EMULATOR_TOKEN_DELAY_MS', 0, 0, 600_000),
    },
    /** Whether the model does what tools' results ask it for. */
    obeysResults: reader.flag('EMULATOR_OBEYS_RESULTS', false),
    script: readScript(reader, script ?? reader.jsonFile('EMULATOR_SCRIPT')),
  }))
}

/** The role, its account, and the issuer whose web identity tokens may assume it; without an issuer, no token may. */
function readRole(reader: EnvironmentReader) {
  const arn = reader.text('EMULATOR_ROLE_ARN', 'arn:aws:iam::111122223333:role/entra-bedrock-agent')
  const accountId = /^arn:aws:iam::(\d{12}):role\/[\w+=,.@/-]+$/.exec(arn)?.[1]
  if (accountId === undefined) reader.fault(`EMULATOR_ROLE_ARN must be the ARN of a role; it is "${arn}".`)
  const issuer = reader.optional('EMULATOR_TRUSTED_ISSUER')
  const subject = reader.optional('EMULATOR_TRUSTED_SUBJECT')
  const audience = reader.text('EMULATOR_TRUSTED_AUDIENCE', 'sts.amazonaws.com')
  if ((issuer === undefined) !== (subject === undefined))
    reader.fault('EMULATOR_TRUSTED_ISSUER and EMULATOR_TRUSTED_SUBJECT go together: set both or neither.')
  const trust = issuer && subject ? { issuer, subject, audience } : undefined
  return { accountId: accountId ?? '', role: { arn, trust } }
}

function readScript(reader: EnvironmentReader, script: unknown): Script | undefined {
  if (script === undefined || Value.Check(Script, script)) return script
  const wrong = Array.isArray(script) ? script.findIndex(step => !Value.Check(Script, [step])) + 1 : 0
  reader.fault(
    `The script (EMULATOR_SCRIPT) must be a list of texts, {"tool", "input"} and lists of these; ${wrong ? `step ${wrong} is none` : 'it is no list'}.`,
  )
  return undefined
}
