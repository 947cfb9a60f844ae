import { once } from 'node:events'
import { type AddressInfo, createServer, Server } from 'node:net'
import { expect, it, onTestFinished, vi } from 'vitest'
import { findPortFaults } from '../src/ports.ts'

const faultsOf = (port: number) => findPortFaults([{ port, name: 'entra', variable: 'ENTRA_PORT' }])

/** All servers fail to listen at this address, for this reason. */
function refuse(address: string, code: string): void {
  const listen = vi.spyOn(Server.prototype, 'listen')
  listen.mockImplementation(function (this: Server, options: unknown, done: unknown) {
    const isRefused = (options as { host: string }).host === address
    queueMicrotask(() =>
      isRefused ? this.emit('error', Object.assign(new Error(code), { code })) : (done as () => void)(),
    )
    return this
  })
}

it.each(['::', '127.0.0.1'])('A port has a fault while it is taken at %s, and then none', async host => {
  const server = createServer().listen(0, host)
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  expect(await faultsOf(port)).toEqual([
    `Port ${port} for entra is taken. Stop the program that listens there, or set ENTRA_PORT to a free port.`,
  ])
  server.close()
  await once(server, 'close')
  expect(await faultsOf(port)).toEqual([])
})

it.each([
  ['127.0.0.1', 'EACCES', ['Port 7001 for entra is reserved by the system. Set ENTRA_PORT to another port.']],
  ['::', 'EAFNOSUPPORT', []],
])('A port that the system refuses at %s with %s has the faults %j', async (address, code, faults) => {
  refuse(address, code)
  expect(await faultsOf(7001)).toEqual(faults)
})
