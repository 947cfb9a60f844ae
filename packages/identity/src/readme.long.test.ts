import { execFile } from 'node:child_process'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { expect, it } from 'vitest'
import { sendJson, startTestServer } from './downstream/testing/stage.ts'
import { authorizationHeader, autonomousClaims } from './testing/fixtures.ts'

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')

it('The first example of the README calls the API with the agent’s token', async () => {
  const [, example = ''] = /^```ts\n(.*?)^```/ms.exec(readme) ?? []
  const [tid, , azp, aud] = example.match(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g) ?? []
  const sidecar = await startTestServer((_request, response) => {
    response.end(authorizationHeader(autonomousClaims({ tid, azp, aud })))
  })
  const tasks = await startTestServer((_request, response) => sendJson(200, ['Write'])(response))
  const folder = temporaryFolder()
  symlinkSync(join(import.meta.dirname, '../../../node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  writeFileSync(
    join(folder, 'example.ts'),
    example.replaceAll('https://tasks.example', tasks.url).replace('http://localhost:5000', sidecar.url),
  )
  const options = { cwd: folder, timeout: 20_000 }
  const { stdout } = await promisify(execFile)(process.execPath, ['example.ts'], options)
  expect(stdout).toContain("[ 'Write' ]")
  expect(tasks.requests).toMatchObject([{ target: 'GET /tasks', headers: { authorization: /^Bearer eyJ/ } }])
})
