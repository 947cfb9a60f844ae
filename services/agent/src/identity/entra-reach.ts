import { fetch } from 'undici'
import type { Blueprint } from './agent-identity.ts'

const timeoutMs = 2_000

/**
 * Whether Entra responds to this process, by its key set. The sidecar shares the pod's network: what is out of reach here is
 * out of its reach as well.
 */
export async function entraResponds({ authority, tenantId }: Blueprint): Promise<boolean> {
  try {
    const { status, body } = await fetch(`${authority}/${tenantId}/discovery/v2.0/keys`, {
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    await body?.cancel()
    return status < 500
  } catch {
    return false
  }
}
