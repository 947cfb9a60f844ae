import { createServer } from 'node:net'

/** The wanted ports that are in use. */
export async function findTakenPorts<Wanted extends { readonly port: number }>(
  wanted: readonly Wanted[],
): Promise<readonly Wanted[]> {
  const free = await Promise.all(wanted.map(({ port }) => isFree(port)))
  return wanted.filter((_, index) => !free[index])
}

async function isFree(port: number): Promise<boolean> {
  for (const host of ['::', '127.0.0.1']) {
    if (!(await canListen(port, host))) return false
  }
  return true
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'EADDRINUSE'))
    server.listen({ port, host }, () => server.close(() => resolve(true)))
  })
}
