import type { PublicConfig, Status } from '@entra-bedrock-agent/identity-trace'

const timeoutMs = 10_000

/** Reads one of the agent's JSON documents; throws when it does not come within 10 s. */
async function readDocument(path: string): Promise<unknown> {
  const response = await fetch(path, { signal: AbortSignal.timeout(timeoutMs), cache: 'no-store' })
  if (!response.ok) throw new Error(`${path} answered ${response.status}`)
  return response.json()
}

export async function readConfig(): Promise<PublicConfig> {
  return (await readDocument('/api/config')) as PublicConfig
}

export async function readStatus(): Promise<Status> {
  return (await readDocument('/api/status')) as Status
}
