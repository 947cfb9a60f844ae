// What the control plane takes and gives, with the names that it has there, so that declarations need no other package.

/** The part of the protocol that a fault hits; `token` is every token request. */
export type FaultTarget =
  | ('t1' | 't2' | 'tr' | 'agent-user' | 'obo' | 'code' | 'refresh' | 'token')
  | ('authorize' | 'discovery' | 'keys' | 'graph')

/** What a request gets in place of its response. A number is the AADSTS code of a refusal. */
export type EntraFault =
  | number
  | { kind: 'refuse'; code: number; error?: string; status?: number; retryAfterSeconds?: number }
  | { kind: 'conditional-access'; code?: number }
  | TransportFault

/** What happens to the connection. */
export type TransportFault =
  | { kind: 'html'; status?: number }
  | { kind: 'delay'; delayMs: number }
  | { kind: 'hang' | 'reset' }

/** What a call of the model gets in place of its answer. A text is the name of an error, such as `ThrottlingException`. */
export type BedrockFault =
  | string
  | { kind: 'error'; name: string; message?: string }
  | { kind: 'cut' | 'end' | 'stall' | 'garbage' | 'corrupt'; afterEvents?: number }
  | { kind: 'exception' | 'stream-error'; type: string; message?: string; afterEvents?: number }
  | { kind: 'stop'; stopReason: string; text?: string }
  | TransportFault

/** What the model says or calls in one message. */
export type ScriptStep = ScriptPart | readonly ScriptPart[]
type ScriptPart = string | { readonly tool: string; readonly input?: object }

/** A request that an emulator has got. No token and no secret is in it. */
export interface ReceivedRequest {
  readonly method: string
  readonly path: string
  /** `null` while there is no response, or when the connection broke. */
  readonly status: number | null
  readonly receivedAt: string
}

export interface BedrockRequest extends ReceivedRequest {
  /** `Converse`, `ConverseStream`, or the action of STS. */
  readonly operation?: string
  readonly modelId?: string
  readonly principal?: string
  /** The name of the error that was sent. */
  readonly error?: string
  readonly stopReason?: string
}

export interface EntraRequest extends ReceivedRequest {
  readonly leg?: FaultTarget | undefined
  /** The code of a refusal, and its text. */
  readonly aadsts?: number
  readonly refusal?: string
  /** Whether the refusal is an injected fault. */
  readonly isInjected?: boolean
  readonly correlationId?: string
  /** Fields of the form that are no credentials. */
  readonly form?: Readonly<Record<string, string>>
  /** Claims of the tokens that the request presented, and of those that it got. */
  readonly presentedTokens?: ClaimsByField
  readonly issuedTokens?: ClaimsByField
}
type ClaimsByField = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** Names are those of the seed; ids will do, too. */
export interface CustomToken {
  readonly client: string
  readonly resource: string
  readonly user?: string
  readonly scopes?: readonly string[]
  readonly roles?: readonly string[]
  /** Negative: a token that has expired. */
  readonly lifetimeSeconds?: number
  /** Replace or add claims. */
  readonly claims?: Readonly<Record<string, unknown>>
}

export interface SignIn {
  readonly app: string
  readonly user: string
  readonly scope: string
  /** Default: the only one that is registered. */
  readonly redirectUri?: string
  /** `false`: cancels if the page asks for consent. */
  readonly consent?: boolean
  /** The claims of a challenge. */
  readonly claims?: string
}

/** The response of the token endpoint. */
export interface Tokens {
  readonly access_token: string
  readonly id_token?: string
  readonly refresh_token?: string
  readonly scope: string
  readonly expires_in: number
}
