import { fetch } from 'undici'

const timeoutMs = 2_000

/**
 * Whether Entra answers this process, by its key set. The sidecar shares the pod's network: what is out of reach here is
 * out of its reach as well.
 */
export async function entraAnswers(authority: string, tenantId: string): Promise<boolean> {
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
