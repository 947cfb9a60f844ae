import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as identity from '@azure/identity'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { azureCliToken } from './sign-in.ts'

describe('the Azure CLI', () => {
  const folder = temporaryFolder()
  beforeEach(() => void vi.stubEnv('PATH', `${folder}:${process.env['PATH']}`))
  /** Writes a script in place of the CLI. */
  const writeAz = (script: string) =>
    writeFileSync(join(folder, 'az'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  const azToken = () => azureCliToken(identity, 'tenant', 'https://graph.microsoft.com')

  it('is started once for requests side by side, and again before its token expires', async () => {
    // The first token has expired already, the second is good for an hour.
    writeAz(`echo start >> ${folder}/starts
number=$(grep -c start ${folder}/starts)
echo "{\\"accessToken\\": \\"token-$number\\", \\"expires_on\\": $(($(date +%s) + (number - 1) * 3600))}"`)
    const token = azToken()
    expect(await token()).toBe('token-1')
    expect(await Promise.all([token(), token()])).toEqual(['token-2', 'token-2'])
    expect(await token()).toBe('token-2')
  })

  it('is named if it prints no token', async () => {
    writeAz('')
    await expect(azToken()()).rejects.toThrow('az gave no token within 10 s.')
  })

  it('is given 10 s', () => {
    const options: unknown[] = []
    class AzureCliCredential {
      constructor(given: unknown) {
        options.push(given)
      }
    }
    azureCliToken(
      { ...identity, AzureCliCredential } as unknown as typeof identity,
      'tenant',
      'https://graph',
    )
    expect(options).toEqual([{ tenantId: 'tenant', processTimeoutInMs: 10_000 }])
  })
})
