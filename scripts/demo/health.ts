import { setTimeout as delay } from 'node:timers/promises'
import { readConfig } from '@entra-agents/agent/config'
import { mayUseApi } from '@entra-agents/identity/core'
import type { Status } from '@entra-agents/trace'
import type { DemoProcess } from './process.ts'

/** Whether a service answers its health check with 2xx within a second. */
export async function answersOk(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(1_000) })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}

/**
 * Waits until the agent has asked its MCP servers for their tools, so that the first question finds them: about as long as the
 * agent itself waits for a server. Resolves to `false` if the agent has gone.
 */
export async function waitForTools({ port, env }: DemoProcess): Promise<boolean> {
  const { agents, mcpServers } = readConfig(env)
  // Other servers list their tools to users only. The status tells what the first agent knows that may use a server.
  const own = mcpServers.filter(({ api }) =>
    [api, agents.find(agent => mayUseApi(agent, api))].every(one => one?.flows.includes('autonomous')),
  )
  const deadline = performance.now() + 20_000
  try {
    while (performance.now() < deadline) {
      const response = await fetch(`http://localhost:${port}/api/status`)
      // ALLOWED_HOSTS may lack localhost.
      if (!response.ok) return true
      const { components } = (await response.json()) as Status
      // What the agent has logged by now is printed meanwhile.
      await delay(50)
      if (own.every(({ api }) => components[api.name.replaceAll('-', '_')]?.state !== 'unknown')) return true
    }
    return true
  } catch {
    return false
  }
}
