import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { tenantId } from '../../emulators/entra/src/testing/start-entra.ts'
import { useTenant } from './support/tenant.ts'

const tenant = useTenant()

it('an Azure CLI that never answers is stopped after 10 s and named, and is not offered as the way out', async () => {
  const { workplace, url } = tenant
  const bin = workplace.writeCommand('az', 'echo $$ > "$0.pid"; exec sleep 600')
  vi.stubEnv('PATH', `${bin}:${process.env['PATH']}`)
  const args = ['--tenant', tenantId, '--receipt', workplace.receiptPath, '--dotenv', workplace.envPath]
  const { code, said } = await workplace.runBare(['plan', '--sign-in', 'azure-cli', ...args], {
    GRAPH_URL: url,
  })
  expect(said).toBe(
    'Signing in by the Azure CLI failed: az gave no token within 10 s.\n  Fix: Try another way: --sign-in device-code or browser.',
  )
  expect(code).toBe(2)
  const started = Number(readFileSync(join(bin, 'az.pid'), 'utf8'))
  expect(() => process.kill(started, 0)).toThrow('ESRCH')
})
