import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readArguments } from '../../src/entra/options.ts'

const root = join(import.meta.dirname, '../../../..')
/** What stands for a value in a document, and a value. */
const placeholders = {
  '<issuer>': 'https://issuer.example',
  '<namespace>:<name>': 'agents:demo-agent',
  '<namespace>:<release>-agent': 'agents:demo-agent',
  '<tenant id>': '11111111-1111-4111-8111-111111111111',
  $ISSUER: 'https://issuer.example',
}

it('every command that a document shows is one that the command line takes', () => {
  const paths = ['README.md', ...globSync('{docs,charts}/**/*.md', { cwd: root })]
  const texts = paths.map(path => readFileSync(join(root, path), 'utf8')).join('\n')
  const lines = [...texts.matchAll(/agentctl entra ([^`\n]*)/g)].map(([, line = '']) =>
    Object.entries(placeholders).reduce((sum, [name, value]) => sum.replaceAll(name, value), line),
  )
  expect(lines.length).toBeGreaterThan(10)
  for (const line of lines) expect(() => readArguments(line.trim().split(/ +/))).not.toThrow()
})
