import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

it('The replacement for curl sends the same as curl for the command of the README', async () => {
  const server = createServer(async (request, response) => {
    const { method, url, headers } = request
    const body = await text(request)
    response.end(JSON.stringify({ method, url, type: headers['content-type'], body }))
  })
  await new Promise<void>(listening => server.listen(0, 'localhost', listening))
  const { port } = server.address() as AddressInfo
  const args = ['-s', `localhost:${port}/api/chat`, '-H', 'content-type: application/json', '-d', '{"a":1}']
  const { stdout } = await promisify(execFile)(process.execPath, [
    resolve(import.meta.dirname, 'curl.ts'),
    ...args,
  ])
  server.close()
  expect(JSON.parse(stdout)).toEqual({
    method: 'POST',
    url: '/api/chat',
    type: 'application/json',
    body: '{"a":1}',
  })
})
