import { once } from 'node:events'
import { type AddressInfo, createServer, Server } from 'node:net'
import { expect, it, onTestFinished, vi } from 'vitest'
import { findFreePort } from '../../tests/support/ports.ts'
import { findPortFaults } from './ports.ts'

const demoPort = (port: number) => ({ port, name: 'entra', variable: 'ENTRA_PORT' })

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

it('A free port has no fault', async () => {
  expect(await findPortFaults([demoPort(await findFreePort())])).toEqual([])
})

it.each(['::', '127.0.0.1'])(
  'A port that is taken at %s has one, which names process and variable',
  async host => {
    const server = createServer().listen(0, host)
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    expect(await findPortFaults([demoPort(port)])).toEqual([
      `Port ${port} for entra is taken. Stop the program that listens there, or set ENTRA_PORT to a free port.`,
    ])
  },
)

it('A port that the system reserves has one too', async () => {
  refuse('127.0.0.1', 'EACCES')
  expect(await findPortFaults([demoPort(7001)])).toEqual([
    expect.stringMatching(
      /^Port 7001 for entra is reserved by the system.* Set ENTRA_PORT to another port\.$/,
    ),
  ])
})

it('A port of a machine without IPv6 has none', async () => {
  refuse('::', 'EAFNOSUPPORT')
  expect(await findPortFaults([demoPort(7001)])).toEqual([])
})
