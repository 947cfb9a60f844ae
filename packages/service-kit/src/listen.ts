import type { FastifyInstance } from 'fastify'

export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/** What Node reports where the kernel has no IPv6. */
const withoutIPv6 = ['EAFNOSUPPORT', 'EADDRNOTAVAIL']

/**
 * Listens at an address. The host `::` means all addresses: where the kernel has no IPv6, these are all of IPv4, as they are for
 * a server of Node that names no host.
 */
export async function listen(app: FastifyInstance, { host, port }: ListenAddress): Promise<void> {
  try {
    await app.listen({ host, port })
  } catch (error) {
    if (host !== '::' || !withoutIPv6.includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    await app.listen({ host: '0.0.0.0', port })
  }
}
