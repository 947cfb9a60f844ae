import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { LocalServer } from '../../packages/service-kit/src/testing/local-server.ts'

it('The replacement for curl sends the same request as curl for the command in the README', async () => {
  const server = new LocalServer(async (request, response) => {
    const { method, url, headers } = request
    const body = await text(request)
    response.end(JSON.stringify({ method, url, type: headers['content-type'], body }))
  })
  const { host } = new URL((await server.start()).url)
  const args = ['-s', `${host}/api/chat`, '-H', 'content-type: application/json', '-d', '{"a":1}']
  const { stdout } = await promisify(execFile)(process.execPath, [
    resolve(import.meta.dirname, 'curl.ts'),
    ...args,
  ])
  await server.close()
  expect(JSON.parse(stdout)).toEqual({
    method: 'POST',
    url: '/api/chat',
    type: 'application/json',
    body: '{"a":1}',
  })
})
