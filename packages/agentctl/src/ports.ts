import { createServer } from 'node:net'
import { explainPort } from '@entra-agents/service-kit'

/** A sentence for each port at which nothing could listen; `variable` sets another one for the process of this name. */
export async function findPortFaults(
  wanted: readonly { readonly port: number; readonly name: string; readonly variable: string }[],
): Promise<readonly string[]> {
  const faults = wanted.map(async ({ port, name, variable }) => {
    const tryAt = async (host: string) =>
      explainPort(await tryToListen(port, host), `${port} for ${name}`, variable)
    return (await tryAt('::')) ?? tryAt('127.0.0.1')
  })
  return (await Promise.all(faults)).filter(fault => fault !== undefined)
}

/** The code of the error; `undefined` if the port is free. */
function tryToListen(port: number, host: string): Promise<string | undefined> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code))
    server.listen({ port, host }, () => server.close(() => resolve(undefined)))
  })
}
