import { readFile } from 'node:fs/promises'
import type { fromWebToken } from '@aws-sdk/credential-provider-web-identity'
import type { EnvironmentReader } from '@entra-agents/service-kit'
import { readEndpoint } from './endpoints.ts'

// The SDK's providers are loaded when they are first needed: most processes need one of them, or none.

type KeyProvider = ReturnType<typeof fromWebToken>

/** No credential was found; `cause` is the error of the file system, STS or the SDK. */
export class CredentialError extends Error {
  override readonly name = 'CredentialError'
}

/** Marks the errors of a provider, so that they are not confused with Bedrock's. */
function markErrors(provider: KeyProvider): KeyProvider {
  return async identityProperties => {
    try {
      return await provider(identityProperties)
    } catch (cause) {
      throw new CredentialError('No AWS credentials were found.', { cause })
    }
  }
}

/**
 * How the agent authenticates to AWS, and where the credential comes from. Secrets stay inside closures: printing or logging this
 * object shows none.
 */
export type AwsCredential =
  | { readonly tier: 'api-key'; readonly token: () => Promise<{ token: string }> }
  | {
      readonly tier: 'sts' | 'federation' | 'pod-identity' | 'default-chain'
      readonly keys: KeyProvider
      /** The source, described without a secret, such as the path of the token file. */
      readonly source: string
    }
  | { readonly tier: 'none'; readonly missing: string }

/**
 * Decides on the credential tier from the environment, without files or network. The first complete tier wins; see
 * docs/bedrock.md.
 */
export function readCredential(env: EnvironmentReader): AwsCredential {
  return (
    readApiKey(env) ??
    readStaticKeys(env) ??
    readWebIdentity(env) ??
    readPodIdentity(env) ??
    readIncompletePair(env) ??
    readDefaultChain(env)
  )
}

function readApiKey(env: EnvironmentReader): AwsCredential | undefined {
  const token = env.optional('AWS_BEARER_TOKEN_BEDROCK')
  return token === undefined ? undefined : { tier: 'api-key', token: async () => ({ token }) }
}

function readStaticKeys(env: EnvironmentReader): AwsCredential | undefined {
  const accessKeyId = env.optional('AWS_ACCESS_KEY_ID')
  const secretAccessKey = env.optional('AWS_SECRET_ACCESS_KEY')
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined
  const sessionToken = env.optional('AWS_SESSION_TOKEN')
  const keys = { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) }
  return {
    tier: 'sts',
    keys: async () => keys,
    source: sessionToken ? 'AWS_ACCESS_KEY_ID with AWS_SESSION_TOKEN' : 'AWS_ACCESS_KEY_ID',
  }
}

function readWebIdentity(env: EnvironmentReader): AwsCredential | undefined {
  const roleArn = env.optional('AWS_ROLE_ARN')
  const tokenFile = env.optional('AWS_WEB_IDENTITY_TOKEN_FILE')
  if (roleArn === undefined || tokenFile === undefined) return undefined
  const roleSessionName = env.optional('AWS_ROLE_SESSION_NAME')
  const endpoint = readEndpoint(env, 'AWS_ENDPOINT_URL_STS')
  return {
    tier: 'federation',
    // The file is read anew for every exchange: the kubelet replaces it long before the token expires.
    keys: markErrors(async identityProperties => {
      const { fromWebToken } = await import('@aws-sdk/credential-provider-web-identity')
      const provider = fromWebToken({
        roleArn,
        webIdentityToken: (await readFile(tokenFile, 'utf8')).trim(),
        ...(roleSessionName === undefined ? {} : { roleSessionName }),
        ...(endpoint === undefined ? {} : { clientConfig: { endpoint } }),
      })
      return provider(identityProperties)
    }),
    source: `${roleArn} by the token in ${tokenFile}`,
  }
}

function readPodIdentity(env: EnvironmentReader): AwsCredential | undefined {
  const uri = env.optional('AWS_CONTAINER_CREDENTIALS_FULL_URI')
  const tokenFile = env.optional('AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE')
  if (uri === undefined || tokenFile === undefined) return undefined
  return {
    tier: 'pod-identity',
    keys: markErrors(async () => {
      const { fromHttp } = await import('@aws-sdk/credential-provider-http')
      const provider = fromHttp({
        awsContainerCredentialsFullUri: uri,
        awsContainerAuthorizationTokenFile: tokenFile,
        timeout: 1_000,
        maxRetries: 1,
      })
      return provider()
    }),
    source: `${uri} by the token in ${tokenFile}`,
  }
}

const variablePairs = [
  ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'],
  ['AWS_ROLE_ARN', 'AWS_WEB_IDENTITY_TOKEN_FILE'],
  ['AWS_CONTAINER_CREDENTIALS_FULL_URI', 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'],
] as const

function readIncompletePair(env: EnvironmentReader): AwsCredential | undefined {
  for (const pair of variablePairs) {
    const [there, missing] = env.optional(pair[0]) === undefined ? [pair[1], pair[0]] : pair
    if (env.optional(there) !== undefined)
      return { tier: 'none', missing: `${there} is set, but ${missing} is not.` }
  }
  return undefined
}

/** How long keys from a shared file are used before the file is read again. */
const fileFreshForMs = 10_000
/** How long before its expiry the SDK treats an identity as expired. */
const renewEarlyMs = 5 * 60_000

/** All other credential sources of the SDK: profiles, SSO, processes, ECS, the instance's role. */
function readDefaultChain(env: EnvironmentReader): AwsCredential {
  const profile = env.optional('AWS_PROFILE')
  return {
    tier: 'default-chain',
    keys: markErrors(async identityProperties => {
      const { defaultProvider } = await import('@aws-sdk/credential-provider-node')
      // With `ignoreCache` a shared credentials file that was replaced is read again. Keys that come without an expiry get an
      // early one, so that the SDK asks again.
      const chain = defaultProvider({ ignoreCache: true, ...(profile === undefined ? {} : { profile }) })
      const keys = await chain(identityProperties)
      return { ...keys, expiration: keys.expiration ?? new Date(Date.now() + renewEarlyMs + fileFreshForMs) }
    }),
    source: profile === undefined ? 'the default credential chain' : `profile ${profile}`,
  }
}
