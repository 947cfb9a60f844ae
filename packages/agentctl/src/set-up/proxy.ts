import { readProxy } from '@entra-agents/service-kit'

/**
 * Lets fetch, kubectl and libraries use the proxy of the environment as the services do. fetch of Node 24 itself
 * (`--use-env-proxy`) cannot start with a proxy without scheme, and asks one that breaks the connection again and again.
 *
 * @throws {ConfigurationError} that names the variable
 */
export async function useProxy(): Promise<void> {
  const proxy = readProxy()
  if (!proxy) return
  // Libraries want the scheme too.
  for (const [name, value] of Object.entries(proxy))
    for (const spelt of [name, name.toLowerCase()]) if (process.env[spelt]) process.env[spelt] = value
  const { setGlobalDispatcher } = await import('undici')
  const { openConnections } = await import('@entra-agents/service-kit/send')
  setGlobalDispatcher(openConnections({}))
}
