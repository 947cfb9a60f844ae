import { isDeepStrictEqual } from 'node:util'
import type { Variables } from '@entra-agents/service-kit'
import type { Status } from '@entra-agents/trace'
import { findPortFaults } from '../ports.ts'
import type { Check } from './finding.ts'
import { trouble } from './problems.ts'
import { statusChecks } from './status.ts'

/** Checks of the demo; none if the environment names a tenant, or if no demo runs on this machine. */
export async function demoChecks({ TENANT_ID, PORT }: Variables): Promise<readonly Check[]> {
  if (TENANT_ID) return []
  const url = `http://localhost:${PORT || 3001}`
  try {
    const response = await fetch(`${url}/api/status`, { signal: AbortSignal.timeout(2_000) })
    const status = (await response.json()) as Status
    if (status.emulated.length === 0) return []
    const detail = `It runs at ${url}, with emulators of ${status.emulated.join(', ')}, and needs no .env.`
    return [{ name: 'demo', run: async () => detail }, ...statusChecks(status)]
  } catch {
    // Nothing, or another program, listens there.
    return []
  }
}

/** Whether the agent can listen at its port. What is there already may be the agent itself. */
export function portCheck(port: number): Check {
  return {
    name: 'port',
    async run() {
      const [fault] = await findPortFaults([{ port, name: 'the agent', variable: 'PORT' }])
      if (!fault) return `Port ${port} is free for the agent.`
      const probe = fetch(`http://localhost:${port}/livez`, { signal: AbortSignal.timeout(2_000) })
      const alive = (await probe.then(response => response.json()).catch(() => undefined)) as unknown
      if (isDeepStrictEqual(alive, { status: 'ok' })) return `The agent runs at port ${port}.`
      throw trouble(
        'CONFIGURATION_INVALID',
        fault,
        `lsof -i :${port} names the program (Windows: netstat -ano).`,
      )
    },
  }
}
