import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDualProtocolServer, type DualProtocolServer } from './dual-protocol-server.ts'

let dual: DualProtocolServer
let port: number

beforeEach(async () => {
  dual = createDualProtocolServer((request, response) => {
    response.end(`${request.httpVersion} ${request.method} ${request.url}`)
  })
  dual.server.listen(0, '127.0.0.1')
  await once(dual.server, 'listening')
  port = (dual.server.address() as AddressInfo).port
})
afterEach(async () => {
  dual.cutConnections()
  dual.server.close()
  await once(dual.server, 'close')
})

async function connected(): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  return socket
}

/** Writes piece by piece, each in a packet of its own. */
async function writePieces(socket: Socket, pieces: Iterable<string>): Promise<void> {
  for (const piece of pieces) {
    await new Promise(resolve => socket.write(piece, resolve))
    await new Promise(resolve => setImmediate(resolve))
  }
}

describe('one port for two protocols', () => {
  it('answers HTTP/1.1', async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/a`)
    expect(await answer.text()).toBe('1.1 GET /a')
  })

  it('answers HTTP/2 with prior knowledge, several requests on one connection', async () => {
    const session = connectHttp2(`http://127.0.0.1:${port}`)
    const answers = ['/a', '/b'].map(async path => {
      const chunks = await session.request({ ':path': path }).setEncoding('utf8').toArray()
      return chunks.join('')
    })
    expect(await Promise.all(answers)).toEqual(['2.0 GET /a', '2.0 GET /b'])
    session.close()
  })

  it('tells them apart however small the packets are', async () => {
    const socket = await connected()
    await writePieces(socket, 'PUT /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    const answer = Buffer.concat(await socket.toArray()).toString()
    expect(answer).toContain('1.1 PUT /a')

    const second = await connected()
    await writePieces(second, ['PRI * HTTP/2.0\r\n\r\nS', 'M\r\n\r\n\0\0\0\x04\0\0\0\0\0'])
    const [frame]: [Buffer] = (await once(second, 'data')) as [Buffer]
    expect(frame.readUInt8(3), 'the type of a SETTINGS frame').toBe(4)
    second.destroy()
  })

  it('lets go of an HTTP/2 caller that hangs up in the middle', async () => {
    const socket = await connected()
    await writePieces(socket, ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'])
    await once(socket, 'data')
    socket.resume().end()
    await once(socket, 'close')
  })

  it('cuts connections of both, and those that have not said a word', async () => {
    const silent = await connected()
    const http2 = await connected()
    http2.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0')
    await once(http2, 'data')
    const closed = [silent, http2].map(socket => once(socket.resume(), 'close'))
    dual.cutConnections()
    await Promise.all(closed)
  })
})
