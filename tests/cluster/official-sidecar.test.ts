import { join } from 'node:path'
import { expect, it } from 'vitest'
import { forFile } from '../support/for-file.ts'
import { ask } from './support/chat.ts'
import { Demo, emulatorsChart } from './support/demo.ts'

const entraName = 'login.microsoftonline.com'
const publicUrl = `https://${entraName}`

const demo = await forFile(Demo.create('official-sidecar'))
await demo.installEmulators({ entra: { publicUrl } })
const service = await demo.namespace.kubectl(
  ...['get', 'service', 'entra-emulator', '-o', 'jsonpath={.spec.clusterIP}'],
)
const values = {
  entra: { authority: publicUrl },
  hostAliases: [{ ip: service, hostnames: [entraName] }],
  // The emulator's image stands for the official sidecar's, which cannot be pulled everywhere; all else is the same.
  sidecar: {
    image: { repository: 'ghcr.io/entra-bedrock-agent/emulators', tag: '', arch: '' },
    args: ['auth-sidecar/main.mjs'],
  },
}
await demo.installAgent(values, '--values', join(emulatorsChart, 'official-sidecar-values.yaml'))

it('The values for the official sidecar let the sidecar call the Entra emulator by Entra’s own name, over TLS', async () => {
  const instance = await demo.runIn('agent', 'sidecar', 'result = process.env.AzureAd__Instance')
  expect(instance).toBe(`${publicUrl}/`)
  for (const mode of ['direct', 'bedrock'] as const) {
    const { status, body } = await ask(await demo.agentUrl(), { mode })
    expect(body.answer).toContain('Dallas')
    expect(status).toBe(200)
  }
})
