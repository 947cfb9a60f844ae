import { createSender } from '@entra-bedrock-agent/service-kit/send'
import type { Blueprint } from './agent-identity.ts'

const { send } = createSender({ connections: 4 })
const limits = { timeoutMs: 2_000, maxBytes: 512 * 1024 }

/**
 * Whether Entra responds to this process, by its key set. The sidecar shares the pod's network: what is out of reach here is
 * out of its reach as well.
 */
export async function entraResponds({ authority, tenantId }: Blueprint): Promise<boolean> {
  try {
    const { status } = await send({ url: `${authority}/${tenantId}/discovery/v2.0/keys`, ...limits })
    return status < 500
  } catch {
    return false
  }
}
