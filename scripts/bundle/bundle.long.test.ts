import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { expect, it, onTestFinished } from 'vitest'
import { workspaces, writeBundle } from '../bundle.ts'

const root = resolve(import.meta.dirname, '../..')

it.each(workspaces.filter(path => path.startsWith('services/')))(
  'No code for emulators and tests is in the bundle of %s, no msal-node, and no elliptic curves, which nothing there calls',
  async service => {
    const bundle = temporaryFolder(onTestFinished)
    await writeBundle(join(root, service, 'src/main.ts'), bundle)
    const sources = readdirSync(bundle)
      .filter(name => name.endsWith('.map'))
      .flatMap(name => JSON.parse(readFileSync(join(bundle, name), 'utf8')).sources as string[])
      .map(path => relative(root, join(bundle, path)))
    expect(sources).toContain('packages/tokens/src/token-verifier.ts')
    expect(sources.filter(path => /emulator|entra-failures\/src\/(?!codes\.ts)/.test(path))).toEqual([])
    expect(sources.filter(path => /\/get-jwks\//.test(path))).not.toEqual([])
    // Services take their tokens from the sidecar only.
    expect(sources.filter(path => /@azure\/msal/.test(path))).toEqual([])
    expect(sources.filter(path => /\/(elliptic|jwk-to-pem|hmac-drbg|brorand)\//.test(path))).toEqual([])
  },
)
