import { readFileSync } from 'node:fs'
import { decodeJwt } from 'jose'
import { Mistake } from '../set-up/mistake.ts'
import { readToken } from '../set-up/token.ts'
import { type Invocation, signInWays } from './options.ts'

/** The object id and the permissions in a token; `undefined` for what the token does not show. */
export interface Caller {
  readonly id: string | undefined
  readonly permissions: ReadonlySet<string> | undefined
}

export interface Credential {
  readonly name: string
  /** What to do when the credential gives no token. */
  readonly fix: string
  /** Returns the same token until shortly before it expires. */
  readonly token: () => Promise<string>
}

/** Microsoft Graph Command Line Tools: Microsoft's public client for set-up tools. It requests what the tool tells it to. */
const graphCommandLineTools = '14d82eec-204b-4c2f-b7e8-296a70dab67e'

/** Tokens for Graph, by the first credential that works. */
export class SignIn {
  readonly #tenantId: string
  readonly #say: (line: string) => void
  readonly #credentials: Credential[]

  constructor(tenantId: string, credentials: readonly Credential[], say: (line: string) => void) {
    this.#tenantId = tenantId
    this.#credentials = [...credentials]
    this.#say = say
  }

  /** @throws {Mistake} when no credential gives a token, or the token is for another tenant. */
  async token(): Promise<string> {
    const [current] = this.#credentials
    if (!current) throw new Mistake('There is no way left to sign in.', 'Choose one with --sign-in.')
    try {
      const token = await current.token()
      if (token) return checkTenant(token, this.#tenantId)
      throw new Error('no token')
    } catch (error) {
      if (error instanceof Mistake) throw error
      const [reason = ''] = (error as Error).message.split('\n')
      if (this.fallBack(current, reason)) return this.token()
      throw new Mistake(`Signing in by ${current.name} failed: ${reason}`, current.fix)
    }
  }

  async caller(): Promise<Caller> {
    const { oid, scp, roles } = claimsOf(await this.token())
    const permissions = typeof scp === 'string' ? scp.split(' ') : Array.isArray(roles) ? roles : undefined
    return {
      id: typeof oid === 'string' ? oid : undefined,
      permissions: permissions && new Set(permissions.map(String)),
    }
  }

  get current(): Credential | undefined {
    return this.#credentials[0]
  }

  /** Changes to the credential after `tried`, if there is one. A request that was sent beside this one may have done so before. */
  fallBack(tried: Credential | undefined, reason = 'Graph does not accept its token for this.'): boolean {
    const [current, next] = this.#credentials
    if (current !== tried) return true
    if (!current || !next) return false
    this.#say(`${current.name}: ${reason} Going on by ${next.name}.`)
    this.#credentials.shift()
    return true
  }
}

/** A token that was obtained elsewhere, as in a pipeline. The file is read each time, since its token may be renewed. */
export function tokenFromFile(path: string): Credential {
  const fix = 'Write an access token for Microsoft Graph into the file, or leave --access-token-file out.'
  return { name: path, fix, token: async () => readToken(readFileSync(path, 'utf8')) }
}

/**
 * Credentials of `@azure/identity`, in the order in which they are tried.
 *
 * @throws {Mistake} when the authority is called by http, which only an emulator is: nobody can sign in there.
 */
export async function azureCredentials(
  { signIn: way, signInClient: clientId = graphCommandLineTools }: Invocation,
  target: Readonly<Record<'tenantId' | 'authority' | 'graphUrl', string>>,
  permissions: readonly string[],
  say: (line: string) => void,
): Promise<readonly Credential[]> {
  const { tenantId, authority: authorityHost, graphUrl } = target
  const order = way === 'auto' ? (['azure-cli', 'device-code'] as const) : [way]
  if (way !== 'azure-cli' && !authorityHost.startsWith('https:'))
    throw new Mistake(
      `ENTRA_AUTHORITY is ${authorityHost}: signing in takes https.`,
      'Name a file with a token: --access-token-file. For the real Entra, leave ENTRA_AUTHORITY out.',
    )
  // Loading the library takes longer than most runs, and not every run needs it.
  const identity = await import('@azure/identity')
  const scopes = permissions.map(permission => `${graphUrl}/${permission}`)
  const client = { tenantId, clientId, authorityHost }
  const redirectUri = 'http://localhost'
  const { DeviceCodeCredential, InteractiveBrowserCredential, getBearerTokenProvider } = identity
  const userPromptCallback = ({ message }: { message: string }) => say(message)
  const ways = {
    'azure-cli': ['the Azure CLI', () => azureCliToken(identity, tenantId, graphUrl)],
    'device-code': [
      'a device code',
      () => getBearerTokenProvider(new DeviceCodeCredential({ ...client, userPromptCallback }), scopes),
    ],
    browser: [
      'the browser',
      () => getBearerTokenProvider(new InteractiveBrowserCredential({ ...client, redirectUri }), scopes),
    ],
  } as const
  const others = signInWays.filter(one => one !== 'auto' && !order.some(tried => tried === one))
  const fix = `Try another way: --sign-in ${others.join(' or ')}.`
  return order.map(one => ({ name: ways[one][0], token: ways[one][1](), fix }))
}

/**
 * Returns a function that gets a token of whoever is signed in to the Azure CLI. It starts the CLI, which takes a second, only
 * if the token that it got before expires soon.
 */
export function azureCliToken(
  { AzureCliCredential, getBearerTokenProvider }: typeof import('@azure/identity'),
  tenantId: string,
  resource: string,
): () => Promise<string> {
  const credential = new AzureCliCredential({ tenantId, processTimeoutInMs: 10_000 })
  const token = getBearerTokenProvider(credential, `${resource}/.default`)
  return () =>
    token().catch((error: Error) => {
      // The credential stops a CLI that takes too long, and then reports only that its output is no JSON.
      throw /JSON/.test(error.message) ? new Error('az gave no token within 10 s.') : error
    })
}

/** Refuses a token for another tenant, so that nothing is made there. */
function checkTenant(token: string, tenantId: string): string {
  const { tid } = claimsOf(token)
  if (tid !== undefined && tid !== tenantId)
    throw new Mistake(
      `The token is for the tenant ${tid}, and this run is for ${tenantId}.`,
      'Sign in to the right tenant, or name the other one with --tenant.',
    )
  return token
}

function claimsOf(token: string): Readonly<Record<string, unknown>> {
  try {
    return decodeJwt(token)
  } catch {
    return {}
  }
}
