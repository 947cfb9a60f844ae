import type { Flow, Mode, Problem } from '@entra-bedrock-agent/identity-trace'

/** `GET /api/config`: what the page may know; public ids only. */
export interface PublicConfig {
  readonly tenantId: string
  readonly authority: string
  /** Endpoints of a local stand-in for Entra, as an OpenID Connect metadata document. */
  readonly authorityMetadata?: string | Readonly<Record<string, unknown>>
  readonly spaClientId: string | null
  readonly scopes: readonly string[]
  readonly modes: readonly Mode[]
  readonly flows: readonly Flow[]
  /** Which neighbours are stand-ins: `entra`, `auth-sidecar`, `bedrock`. */
  readonly emulated: readonly string[]
  /** Every turn needs a signed-in person, whatever the flow. */
  readonly requireSignIn?: boolean
  /** What the ids in tokens stand for, to name them: id → name. */
  readonly names?: Readonly<Record<string, string>>
}

interface ComponentState {
  readonly state: 'ready' | 'unavailable' | 'unknown'
  readonly problem?: Problem
}

/** `GET /api/status`, as far as the page shows it. */
export interface AgentStatus {
  readonly bedrock_available: boolean
  readonly components: { readonly bedrock: ComponentState & { readonly model?: string | null } }
}

const timeoutMs = 10_000

/** Reads one of the agent's JSON documents; throws when it cannot be had within 10 s. */
async function readDocument(path: string): Promise<unknown> {
  const response = await fetch(path, { signal: AbortSignal.timeout(timeoutMs), cache: 'no-store' })
  if (!response.ok) throw new Error(`${path} answered ${response.status}`)
  return response.json()
}

export async function readConfig(): Promise<PublicConfig> {
  return (await readDocument('/api/config')) as PublicConfig
}

export async function readStatus(): Promise<AgentStatus> {
  return (await readDocument('/api/status')) as AgentStatus
}
