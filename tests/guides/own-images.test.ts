import { readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { expect, it } from 'vitest'
import { baseValues } from '../chart/support/render.ts'
import { findProgram, needs } from '../support/programs.ts'
import { run } from '../support/run.ts'
import { blocksOf } from './commands.ts'

needs('helm')

/** A script in place of a program that notes its arguments, one call a line, and then runs `continuation`. */
const notingScript = (name: string, continuation = '') =>
  `#!/bin/sh\necho "$*" >> "$NOTES/${name}"\n${continuation}\n`

it('The guide’s commands build and push every image that the chart then installs from the user’s registry', async () => {
  const folder = temporaryFolder()
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text, { mode: 0o755 })
  write('docker', notingScript('docker-calls'))
  // Renders what would be installed.
  write(
    'helm',
    notingScript('helm-calls', `shift 2; "${findProgram('helm')}" template "$@" > "$NOTES/rendered"`),
  )
  write('mine.yaml', JSON.stringify(baseValues))
  const block = blocksOf('docs/kubernetes.md').find(({ lines }) => lines.includes('make images'))
  const commands = block?.lines.join('\n').replace('mine.yaml', join(folder, 'mine.yaml')) ?? 'false'
  const env = { ...process.env, PATH: [folder, process.env['PATH']].join(delimiter), NOTES: folder }
  await run('bash', ['-euo', 'pipefail', '-c', commands], { env })

  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  const imagesIn = (name: string, pattern: RegExp) => [...read(name).matchAll(pattern)].map(match => match[1])
  const built = imagesIn('docker-calls', /^build .* -t (\S+) \.$/gm)
  const pushed = imagesIn('docker-calls', /^push (\S+)$/gm)
  const installed = imagesIn('rendered', /image: "?(registry\.example\.com\/[^"\s]+)/g)
  expect(pushed).toEqual(built)
  expect(new Set(installed).size).toBe(2)
  expect(installed.filter(image => !pushed.includes(image))).toEqual([])
  expect(read('rendered')).not.toContain('ghcr.io/entra-bedrock-agent')
})
