import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { seedIds } from '../../emulators/entra/src/directory/seed.ts'
import { tenantId } from '../../emulators/entra/src/testing/start-entra.ts'
import { readArguments } from '../../scripts/entra/options.ts'

const root = join(import.meta.dirname, '../..')
const placeholders: Readonly<Record<string, string>> = {
  '<tenant id>': tenantId,
  $TENANT: tenantId,
  $ISSUER: 'https://issuer.example',
  $SPONSOR: seedIds.ada,
  '<user>': seedIds.ada,
  '<issuer>': 'https://issuer.example',
  '<namespace>:<name>': 'agents:demo-agent',
  '<namespace>:<release>-agent': 'agents:demo-agent',
}

/** The arguments of every `agentctl entra …` that a text shows. */
function commandsIn(text: string, pattern: RegExp): readonly (readonly string[])[] {
  return [...text.matchAll(pattern)].map(([, line = '']) =>
    Object.entries(placeholders)
      .reduce((sum, [placeholder, value]) => sum.replaceAll(placeholder, value), line)
      .trim()
      .split(/ +/),
  )
}

it('every command that a document shows is one that the command line takes', () => {
  const shown = ['README.md', ...globSync('{docs,charts}/**/*.md', { cwd: root })].flatMap(path =>
    commandsIn(readFileSync(join(root, path), 'utf8'), /agentctl entra ([^`\n]*)/g),
  )
  expect(shown.length).toBeGreaterThan(10)
  for (const args of shown) expect(() => readArguments(args)).not.toThrow()
})
