import { once } from 'node:events'
import { openSync, readFileSync, statSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { LocalServer } from '@entra-agents/service-kit/testing/local-server'
import { expect, it, onTestFinished } from 'vitest'
import { dotenv, folderWith, run, start, tenantId } from '../../../tests/support/agentctl.ts'

it('agentctl ends its command, too, if a signal comes to it alone', async () => {
  const asked = Promise.withResolvers<IncomingMessage>()
  const silent = await new LocalServer(request => asked.resolve(request)).start()
  onTestFinished(() => silent.close())
  const child = start({
    args: ['entra', 'plan', '--tenant', tenantId, '--access-token-file', 'token'],
    cwd: folderWith({ token: 'e30.e30.' }),
    env: { GRAPH_URL: silent.url },
  })
  const { socket } = await asked.promise
  const isCommandGone = once(socket, 'close')
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([null, 'SIGTERM'])
  await isCommandGone
})

it('sidecar-env reads the file that --dotenv names, and variables of the shell before it, and writes a file for the user alone', async () => {
  const cwd = folderWith({ other: `${dotenv}BLUEPRINT_CLIENT_SECRET=s3cret\n`, out: 'old' })
  const args = ['sidecar-env', '--dotenv', 'other', '--output', 'out']
  const { code, output } = await run({ args, cwd, env: { ENTRA_AUTHORITY: 'https://login.example' } })
  expect([code, output]).toEqual([0, expect.stringContaining('out is written.')])
  expect(readFileSync(join(cwd, 'out'), 'utf8')).toMatch(/Instance=https:\/\/login\.example(.|\n)*s3cret/)
  expect(statSync(join(cwd, 'out')).mode & 0o777).toBe(0o600)
})

it('helm-values fails in words if its output is lost, as on a full disk', async () => {
  const cwd = folderWith({ '.env': dotenv })
  const { code, said } = await run({ args: ['helm-values'], cwd, stdout: openSync('/dev/full', 'w') })
  expect(said).toMatch(/ENOSPC.*\n {2}Cause: .*\n {2}Fix: /)
  expect(code).toBe(1)
})
