import { parseJson } from '@entra-agents/service-kit'
import type { Caller, SignIn } from './sign-in.ts'

export type Json = Readonly<Record<string, unknown>>

export interface GraphRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** The path below the version. */
  readonly path: string
  readonly body?: Json
  /** Default: v1.0. `v1.0 or beta` tries beta if v1.0 does not know the address yet. */
  readonly version?: 'beta' | 'v1.0 or beta'
  /** If set, a 403 is no reason to try another sign-in. */
  readonly mayBeForbidden?: boolean
}

export type ReadOptions = Pick<GraphRequest, 'mayBeForbidden' | 'version'>

interface ErrorBody {
  readonly code?: string
  readonly message?: string
  readonly innerError?: { readonly 'request-id'?: string }
}

/** A refusal of Graph (https://learn.microsoft.com/graph/errors). */
export class GraphRefusal extends Error {
  override readonly name = 'GraphRefusal'
  readonly request: GraphRequest
  readonly status: number
  readonly code: string
  readonly requestId: string | undefined
  readonly retryAfterSeconds: number | undefined

  constructor(request: GraphRequest, response: Response, body: Json) {
    const error = (body['error'] ?? {}) as ErrorBody
    super(error.message ?? response.statusText)
    this.request = request
    this.status = response.status
    this.code = error.code ?? 'without a code'
    this.requestId = error.innerError?.['request-id']
    this.retryAfterSeconds = readRetryAfter(response.headers.get('retry-after') ?? '')
  }
}

/** How long to wait (RFC 9110, section 10.2.3: seconds or a date): at least 1 s, and at most as long as `--wait` can be. */
function readRetryAfter(text: string): number | undefined {
  const seconds = /^-?\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1_000
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(Math.ceil(seconds), 1), 9_999)
}

/** No response came, so it is unknown whether Graph carried out the request. */
export class GraphUnreachable extends Error {
  override readonly name = 'GraphUnreachable'
  readonly request: GraphRequest
  readonly url: string

  constructor(request: GraphRequest, url: string, cause: unknown) {
    let deepest = cause as Error
    while (deepest.cause instanceof Error && deepest.cause.message) deepest = deepest.cause
    super(`${url} did not respond (${deepest.message.trim()}).`, { cause })
    this.request = request
    this.url = url
  }
}

/** The result of `read`; `undefined` if Graph does not show it to this caller. */
export async function readIfShown<Result>(read: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof GraphRefusal && [400, 403, 404].includes(error.status)) return undefined
    throw error
  }
}

const timeoutMs = 60_000

/** The part of `fetch` that is used. */
export type SendRequest = (url: string, init: RequestInit) => Promise<Response>

/** Microsoft Graph, called as whoever is signed in. */
export class Graph {
  readonly url: string
  readonly #signIn: SignIn
  readonly #fetch: SendRequest

  constructor(url: string, signIn: SignIn, send: SendRequest) {
    this.url = url
    this.#signIn = signIn
    this.#fetch = send
  }

  /**
   * Sends a request and returns the body of the response; `undefined` when it has none.
   *
   * @throws {GraphRefusal} for every status that is no success.
   * @throws {GraphUnreachable} when no response came.
   */
  async send(request: GraphRequest): Promise<Json | undefined> {
    const { current } = this.#signIn
    const response = await this.#call(request)
    const body = parseJson(await response.text()) as Json | undefined
    if (response.ok) return body
    if (request.version === 'v1.0 or beta' && isUnknownAddress(response, body))
      return this.send({ ...request, version: 'beta' })
    // In many tenants Graph refuses the Azure CLI's token in requests about agents; a token of another sign-in may work.
    const isNotAccepted = response.status === 401 || (response.status === 403 && !request.mayBeForbidden)
    if (isNotAccepted && this.#signIn.fallBack(current)) return this.send(request)
    throw new GraphRefusal(request, response, body ?? {})
  }

  /** The object at an address; `undefined` if there is none. */
  async read(path: string, more: ReadOptions = {}): Promise<Json | undefined> {
    try {
      return await this.send({ method: 'GET', path, ...more })
    } catch (error) {
      if (error instanceof GraphRefusal && error.status === 404) return undefined
      throw error
    }
  }

  /** All members of a collection, however many pages it has; none when there is no such collection. */
  async list(path: string, more: ReadOptions = {}): Promise<readonly Json[]> {
    return this.#listOn(await this.read(path, more), more)
  }

  /** All members of a collection. Rejects if there is no such collection, unlike `list`. @throws {GraphRefusal} */
  async listExisting(path: string, more: ReadOptions): Promise<readonly Json[]> {
    return this.#listOn(await this.send({ method: 'GET', path, ...more }), more)
  }

  async #listOn(page: Json | undefined, more: ReadOptions): Promise<readonly Json[]> {
    const members = (page?.['value'] ?? []) as Json[]
    const next = page?.['@odata.nextLink']
    if (typeof next !== 'string') return members
    const [, version, path = next] = /^.*?\/(v1\.0|beta)(\/.*)$/.exec(next) ?? []
    const onward = version === 'beta' ? ({ ...more, version } as const) : more
    return [...members, ...(await this.listExisting(path, onward))]
  }

  caller(): Promise<Caller> {
    return this.#signIn.caller()
  }

  /** The URL of a user, for properties that refer to a user. */
  userAddress(id: string): string {
    return `${this.url}/v1.0/users/${id}`
  }

  async #call(request: GraphRequest): Promise<Response> {
    const { method, path, body, version } = request
    const authorization = `Bearer ${await this.#signIn.token()}`
    try {
      return await this.#fetch(`${this.url}/${version === 'beta' ? 'beta' : 'v1.0'}${path}`, {
        method,
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          authorization,
          'odata-version': '4.0',
          // Else later members of an enumeration are called unknownFutureValue.
          ...(version === 'beta' ? { prefer: 'include-unknown-enum-members' } : {}),
          ...(body ? { 'content-type': 'application/json' } : {}),
        },
        ...(body ? { body: JSON.stringify(body) } : {}),
      })
    } catch (error) {
      throw new GraphUnreachable(request, this.url, error)
    }
  }
}

/** Whether Graph knows no addresses of this kind; `false` if only the object at this address is missing. */
function isUnknownAddress({ status }: Response, body: Json | undefined): boolean {
  const { message = '' } = (body?.['error'] ?? {}) as ErrorBody
  return [400, 404].includes(status) && /segment|resource type|odata\.type|not supported/i.test(message)
}
