import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { describe, expect, it } from 'vitest'
import { collectLicences } from './licences.ts'

const root = temporaryFolder()

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

write('node_modules/a/package.json', '{"name":"a","version":"1.0.0","license":"MIT"}')
write('node_modules/a/LICENSE.md', 'Do as you like.')
write('node_modules/a/node_modules/@b/c/package.json', '{"name":"@b/c","version":"2.0.0","license":"ISC"}')
write('node_modules/nobody/package.json', '{"name":"nobody","version":"3.0.0"}')

describe('collectLicences', () => {
  it('lists each file’s package once, with its licence, even if the package is nested in another package', () => {
    const files = [
      'services/agent/src/main.ts',
      'node_modules/a/dist/index.js',
      'node_modules/a/dist/other.js',
      'node_modules/a/node_modules/@b/c/index.js',
    ]
    const packages = collectLicences(root, files)
      .split(/^-{80}$/m)
      .map(text => text.trim())
    expect(packages).toEqual(['a 1.0.0 (MIT)\n\nDo as you like.', '@b/c 2.0.0 (ISC)'])
  })

  it('fails for a package without a licence', () => {
    expect(() => collectLicences(root, ['node_modules/nobody/index.js'])).toThrow(
      'nobody 3.0.0 names no licence.',
    )
  })
})
