import { execFile } from 'node:child_process'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { expect, it } from 'vitest'
import { sendJson, startTestServer } from './downstream/testing/stage.ts'
import { authorizationHeader, autonomousClaims } from './testing/fixtures.ts'

const root = resolve(import.meta.dirname, '../../..')
const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')
const run = promisify(execFile)

it('The examples of the README compile, and the first one calls the API with the agent’s token', async () => {
  const [example = '', ...sources] = [...readme.matchAll(/^```ts\n(.*?)^```/gms)].map(([, text = '']) => text)
  const [tid, , azp, aud] = example.match(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g) ?? []
  const sidecar = await startTestServer((_request, response) => {
    response.end(authorizationHeader(autonomousClaims({ tid, azp, aud })))
  })
  const tasks = await startTestServer((_request, response) => sendJson(200, ['Write'])(response))
  const folder = temporaryFolder()
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  writeFileSync(
    join(folder, 'example.ts'),
    example.replaceAll('https://tasks.example', tasks.url).replace('http://localhost:5000', sidecar.url),
  )
  expect(sources).toHaveLength(2)
  for (const [index, source] of sources.entries()) writeFileSync(join(folder, `source-${index}.ts`), source)
  const compilerOptions = { types: ['node'], typeRoots: ['./node_modules/@types'] }
  const project = { extends: join(root, 'tsconfig.json'), compilerOptions, include: ['*.ts'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(project))
  await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder])
  const { stdout } = await run(process.execPath, ['example.ts'], { cwd: folder, timeout: 20_000 }).catch(
    error => expect.fail(String(error)),
  )
  expect(stdout).toContain("[ 'Write' ]")
  expect(tasks.requests).toMatchObject([{ target: 'GET /tasks', headers: { authorization: /^Bearer eyJ/ } }])
})
