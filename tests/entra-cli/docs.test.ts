import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { seedIds } from '../../emulators/entra/src/directory/seed.ts'
import { tenantId } from '../../emulators/entra/src/testing/start-entra.ts'
import { readArguments } from '../../scripts/entra/options.ts'
import { graphToken, startEmptyTenant, Workplace } from './support/workplace.ts'

const root = join(import.meta.dirname, '../..')
const placeholders: Readonly<Record<string, string>> = {
  '<tenant id>': tenantId,
  '<user>': seedIds.ada,
  '<issuer>': 'https://issuer.example',
  '<namespace>:<name>': 'agents:demo-agent',
  '<namespace>:<release>-agent': 'agents:demo-agent',
}

/** The arguments of every `npm run entra -- …` that a text shows. */
function commandsIn(text: string, pattern: RegExp): readonly (readonly string[])[] {
  return [...text.matchAll(pattern)].map(([, line = '']) =>
    Object.entries(placeholders)
      .reduce((sum, [placeholder, value]) => sum.replaceAll(placeholder, value), line)
      .trim()
      .split(/ +/),
  )
}

it('the commands of the guide and of the clean-up do what they say, one after the other', async () => {
  await using entra = await startEmptyTenant()
  using workplace = new Workplace(entra.url, await graphToken(entra), entra.fetch)
  const guides = ['docs/local-with-real-entra.md', 'docs/clean-up.md']
  const commands = guides.flatMap(guide =>
    commandsIn(readFileSync(join(root, guide), 'utf8'), /^ {4}npm run entra -- (.*)$/gm),
  )
  expect(commands.map(([name]) => name)).toEqual([
    ...['plan', 'apply', 'status', 'disable', 'enable', 'apply', 'destroy', 'destroy'],
  ])
  for (const [name = '', ...options] of commands) {
    const given = options.map(one => (one === 'graph-token' ? workplace.tokenPath : one))
    expect([name, await workplace.run(name, ...given)]).toMatchObject([name, { code: 0 }])
  }
  expect(workplace.hasReceipt).toBe(false)
})

it('every command that a document shows is one that the command line takes', () => {
  const shown = ['README.md', ...globSync('{docs,charts}/**/*.md', { cwd: root })].flatMap(path =>
    commandsIn(readFileSync(join(root, path), 'utf8'), /npm run entra -- ([^`\n]*)/g),
  )
  expect(shown.length).toBeGreaterThan(10)
  for (const args of shown) expect(() => readArguments(args)).not.toThrow()
})
