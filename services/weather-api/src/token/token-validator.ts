import { setImmediate } from 'node:timers/promises'
import { createVerifier, TokenError } from 'fast-jwt'
import type { TokenConfig } from '../config.ts'
import { type Access, decideAccess } from './access.ts'
import type { Check } from './checks.ts'
import { type CheckName, rejectToken } from './refusals.ts'
import type { SigningKeys, Verify } from './signing-keys.ts'
import { type Claims, readKeyId } from './token-header.ts'

const verifyOptions = (checks: readonly Check[]) => Object.assign({}, ...checks.map(({ verify }) => verify))

/** A verifier for one key, which it parses once; a verifier that asks for its key parses it for every token. */
export function createKeyVerifier(checks: readonly Check[], publicKey: string): Verify {
  return createVerifier({ ...verifyOptions(checks), key: publicKey })
}

/** Verifies the claims of a token as those of an unsigned one. */
function createUnsignedVerifier(checks: readonly Check[]): Verify {
  const verify = createVerifier({ ...verifyOptions(checks), algorithms: ['none'] })
  const header = Buffer.from('{"alg":"none"}').toString('base64url')
  return token => verify(`${header}.${token.split('.')[1]}.`)
}

/**
 * Decides whether a token is genuine and what it permits. There is no cache of decisions: each request's token is
 * verified anew.
 */
export class TokenValidator {
  readonly #config: TokenConfig
  readonly #checks: readonly Check[]
  readonly #findVerifier: SigningKeys['find']

  constructor(config: TokenConfig, checks: readonly Check[], keys: Pick<SigningKeys, 'find'>) {
    this.#config = config
    this.#checks = checks
    const unsigned = createUnsignedVerifier(checks)
    this.#findVerifier = checks.some(({ name }) => name === 'signature')
      ? keyId => keys.find(keyId)
      : async () => unsigned
  }

  /** @throws {ProblemError} 401 WEATHER_TOKEN_REJECTED or 503 SIGNING_KEYS_UNAVAILABLE */
  async validate(token: string): Promise<Access> {
    const verify = await this.#findVerifier(readKeyId(token))
    if (!verify)
      throw rejectToken('signature', 'The token is signed with a key that the issuer does not publish.')
    const claims = readClaims(token, verify)
    // So that tokens which came together are verified in a row, and their requests served in a row: under load the same
    // code, still in the processor's caches, takes about half the time for each.
    await setImmediate()
    const passed = this.#checks.map(({ name, inspect }) => {
      inspect?.(claims)
      return name
    })
    const access = decideAccess(claims, this.#config)
    return { ...access, checks: [...passed, ...access.checks] }
  }
}

/** @throws {ProblemError} WEATHER_TOKEN_REJECTED */
function readClaims(token: string, verify: Verify): Claims {
  const signature = token.slice(token.lastIndexOf('.') + 1)
  // One spelling only (RFC 4648 §3.5): unused bits in the last character would make many texts of one token.
  if (Buffer.from(signature, 'base64url').toString('base64url') !== signature)
    throw rejectToken('signature', 'The signature is not spelt as RFC 4648 wants it.')
  try {
    return verify(token)
  } catch (error) {
    throw describeFailure(error)
  }
}

/** By the error's code or the claim that its message names; whatever else fast-jwt complains of is the signature. */
const failures = new Map<string | undefined, readonly [CheckName | 'format', string]>([
  [TokenError.codes.malformed, ['format', 'The token is malformed.']],
  [TokenError.codes.invalidPayload, ['format', 'The claims of the token are no JSON object.']],
  [TokenError.codes.expired, ['lifetime', 'The token has expired.']],
  [TokenError.codes.inactive, ['lifetime', 'The token is not valid yet.']],
  ['exp', ['lifetime', 'The token has an unusable expiry time (exp).']],
  ['nbf', ['lifetime', 'The token has an unusable start time (nbf).']],
  ['iss', ['issuer', 'The token is from an issuer that this API does not trust.']],
  ['aud', ['audience', 'The token is for another API.']],
])

function describeFailure(error: unknown): unknown {
  // Anything else is thrown for a time that no date can hold.
  if (!(error instanceof TokenError)) return rejectToken('lifetime', 'The token is not valid at any time.')
  const claim = /(exp|nbf|iss|aud) claim/.exec(error.message)?.[1]
  const failure = failures.get(error.code) ?? failures.get(claim)
  return rejectToken(...(failure ?? (['signature', 'The signature is wrong.'] as const)))
}
