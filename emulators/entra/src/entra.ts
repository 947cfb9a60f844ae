import type { Server } from 'node:http'
import { Emulator } from '@entra-agents/emulator-kit'
import { Type } from 'typebox'
import type { Config } from './config.ts'
import { Directory } from './directory/directory.ts'
import { Risks } from './directory/risks.ts'
import { FaultTarget, faults, type Leg } from './emulator/faults.ts'
import { FederatedIssuers } from './keys/federated-issuers.ts'
import { type SigningKey, SigningKeys } from './keys/signing-keys.ts'
import { Logs } from './logs/logs.ts'
import { ClientDocuments } from './oauth/client-documents.ts'
import { Grants } from './oauth/grants.ts'
import { Sessions } from './sign-in/sessions.ts'

/** What the request log shows of a protocol request. */
export interface RequestDetails {
  readonly leg: Leg | undefined
  readonly correlationId: string
  readonly traceparent: string | undefined
  /** Fields of the form that are no credentials. */
  readonly form: Readonly<Record<string, string>>
  readonly aadsts: number
  /** The text of the refusal, without its code. */
  readonly refusal: string
  readonly isInjected: boolean
  /** The id that is called `Trace ID` in the text of a refusal, and `Request ID` in the sign-in log. */
  readonly requestId: string
  /** `uti` of the access token that was issued. */
  readonly tokenId: string
  /** Claims of the tokens that the request presented, and of those that it got, by the names of their fields. */
  readonly presentedTokens: ClaimsByField
  readonly issuedTokens: ClaimsByField
}
type ClaimsByField = Readonly<Record<string, Readonly<Record<string, unknown>>>>

const settingSchemas = {
  tokenLifetimeSeconds: Type.Integer({ minimum: 1, maximum: 86_400, description: 'Of new tokens.' }),
  missedLookUps: Type.Integer({ minimum: 0, maximum: 1_000, description: 'They miss new objects.' }),
  demandsServiceManagementReference: Type.Boolean({ description: 'Of new applications.' }),
  limitsMappedClaims: Type.Boolean({ description: 'Some names of APIs with mapped claims are refused.' }),
  carriesContexts: Type.Boolean({ description: 'Tokens on behalf of users prove authentication contexts.' }),
  securityDefaults: Type.Boolean({ description: 'Then no Conditional Access policy applies.' }),
  riskProcessingSeconds: Type.Integer({
    minimum: 0,
    maximum: 86_400,
    description: 'How long it takes until what an administrator says of a risk counts.',
  }),
  agentConsent: Type.Enum(['documented', 'admin', 'refused'] as const, {
    description: 'Whether users, administrators only or nobody may consent for agents at a page.',
  }),
}
const initialValues = {
  tokenLifetimeSeconds: 3_599,
  missedLookUps: 0,
  demandsServiceManagementReference: false,
  limitsMappedClaims: false,
  carriesContexts: true,
  securityDefaults: false,
  riskProcessingSeconds: 0,
  agentConsent: 'documented' as 'documented' | 'admin' | 'refused',
}

/** The emulated tenant: everything that the routes share. */
export class Entra extends Emulator<RequestDetails, typeof FaultTarget, typeof faults, typeof initialValues> {
  readonly config: Config
  readonly keys: SigningKeys
  readonly issuers = new FederatedIssuers()
  readonly sessions = new Sessions()
  readonly grants = new Grants(this.clock)
  readonly logs = new Logs()
  /** What takes back the experiments of the lab that are set up, by their names. */
  readonly experiments = new Map<string, Promise<() => void | Promise<void>>>()
  readonly risks = new Risks(this.clock)
  readonly clientDocuments: ClientDocuments
  directory: Directory
  readonly #server: () => Server

  constructor(config: Config, server: () => Server, firstKey: Promise<SigningKey>) {
    super({
      about: { emulates: ['entra'] },
      allowedHosts: config.allowedHosts,
      target: FaultTarget,
      faults,
      settings: { change: settingSchemas, initial: initialValues },
    })
    this.config = config
    this.keys = new SigningKeys(this.clock, firstKey)
    this.clientDocuments = new ClientDocuments(config.documentHosts)
    this.directory = new Directory(structuredClone(config.seed.content))
    this.#server = server
  }

  /** This server's URL as clients see it: as configured, else where it listens. Without a trailing slash. */
  get publicUrl(): string {
    const { publicUrl, tls, port } = this.config
    if (publicUrl !== undefined) return publicUrl
    const address = this.#server().address()
    const listening = typeof address === 'object' && address !== null ? address.port : port
    return `${tls ? 'https' : 'http'}://localhost:${listening}`
  }

  get issuerV1(): string {
    return `https://sts.windows.net/${this.config.tenantId}/`
  }

  get issuerV2(): string {
    return `${this.publicUrl}/${this.config.tenantId}/v2.0`
  }

  /** Signs a user out everywhere: pages and refresh tokens. Access tokens live on until they expire. */
  revokeSessions(userId: string): void {
    this.grants.revoke(userId)
    for (const session of this.sessions.values()) session.userIds.delete(userId)
  }

  /** Restores the initial directory and settings, and drops sessions, grants, logs, risks, faults and the request log. Signing keys stay. */
  override reset(): void {
    super.reset()
    this.directory = new Directory(structuredClone(this.config.seed.content))
    const { sessions, grants, clientDocuments, logs, risks, experiments } = this
    for (const kept of [sessions, grants, clientDocuments, logs, risks, experiments]) kept.clear()
  }
}
