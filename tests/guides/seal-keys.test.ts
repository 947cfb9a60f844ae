import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { readSealKeys } from '@entra-agents/approval'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { expect, it } from 'vitest'
import { isProgramMissing } from '../support/programs.ts'
import { run } from '../support/run.ts'
import { blocksOf } from './commands.ts'

/** How each shell is started so that it ends at the first failure. */
const shells = { bash: ['bash', '-euo', 'pipefail', '-c'], powershell: ['pwsh', '-NoProfile', '-Command'] }

/** A script that replaces kubectl. It takes the commands of the guide and no others, and keeps one Secret in a file. */
const kubectlScript = `#!/bin/sh
keep() { cat > "$SECRET.new" && mv "$SECRET.new" "$SECRET"; }
case "$*" in
  "-n agents create secret generic demo-seal-keys --from-file=seal-keys=/dev/stdin") cat > "$SECRET" ;;
  "-n agents create secret generic demo-seal-keys --from-file=seal-keys=/dev/stdin --dry-run=client -o yaml") cat ;;
  "-n agents get secret demo-seal-keys -o jsonpath={.data.seal-keys}") base64 < "$SECRET" ;;
  "-n agents get secret demo-seal-keys -o go-template={{index .data \\"seal-keys\\" | base64decode}}") cat "$SECRET" ;;
  "replace -f -") keep ;;
  "-n agents create -f -" | "-n agents replace -f -") jq -r '.stringData["seal-keys"]' | keep ;;
  *) echo "unexpected: $*" >&2; exit 1 ;;
esac
`

it.for(['bash', 'powershell'] as const)(
  'The guide’s commands for %s make a key that the agent reads, put a new key first, and later take the old key away',
  async (shell, { skip }) => {
    const [program = '', ...options] = shells[shell]
    if (isProgramMissing(program)) skip(`There is no ${program} on the PATH.`)
    const folder = temporaryFolder()
    const secret = join(folder, 'secret')
    writeFileSync(join(folder, 'kubectl'), kubectlScript, { mode: 0o755 })
    const PATH = [folder, process.env['PATH']].join(delimiter)
    const env = { ...process.env, PATH, SECRET: secret }
    const [make, rotate, takeAway] = blocksOf('docs/approval.md')
      .filter(block => block.shell === shell && block.label === 'seal-keys')
      .map(({ lines }) => lines.join('\n'))
    const type = (lines = '') => run(program, [...options, lines], { env })
    await type(make)
    const first = readSealKeys(secret).current()
    expect(first.kid).toBe('key-1')
    await type(rotate)
    const both = readSealKeys(secret)
    const second = both.current()
    expect(second.kid).toBe('key-2')
    expect(both.find('key-1')).toEqual(first)
    await type(takeAway)
    const last = readSealKeys(secret)
    expect(last.current()).toEqual(second)
    expect(last.find('key-1')).toBeUndefined()
  },
)

it('The guide leaves no file with a key behind', () => {
  expect(existsSync('seal-keys')).toBe(false)
  const guide = readFileSync(resolve(import.meta.dirname, '../../docs/approval.md'), 'utf8')
  expect(guide).not.toMatch(/> *\S*keys/)
})
