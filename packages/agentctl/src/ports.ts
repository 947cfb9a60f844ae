import { createServer } from 'node:net'
import { explainPort } from '@entra-agents/service-kit'

/** A port for a process, and the variable that sets another one. */
interface WantedPort {
  readonly port: number
  readonly name: string
  readonly variable: string
}

/** A sentence for each port at which nothing could listen. */
export async function findPortFaults(wanted: readonly WantedPort[]): Promise<readonly string[]> {
  const faults = await Promise.all(wanted.map(findFault))
  return faults.filter(fault => fault !== undefined)
}

async function findFault({ port, name, variable }: WantedPort): Promise<string | undefined> {
  const tryAt = async (host: string) =>
    explainPort(await tryToListen(port, host), `${port} for ${name}`, variable)
  return (await tryAt('::')) ?? tryAt('127.0.0.1')
}

/** The code of the error; `undefined` if the port is free. */
function tryToListen(port: number, host: string): Promise<string | undefined> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code))
    server.listen({ port, host }, () => server.close(() => resolve(undefined)))
  })
}
