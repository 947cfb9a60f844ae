import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../../packages/service-kit/src/testing/temporary-file.ts'
import { readSealKeys } from '../../services/agent/src/approval/seal-keys.ts'
import { run } from '../chart/support/render.ts'

const guide = readFileSync(resolve(import.meta.dirname, '../../docs/approval.md'), 'utf8')
const [make = '', rotate = '', takeAway = ''] = guide.match(/(?<=^\n)( {4}.*\n)+/gm)?.filter(makesKey) ?? []

function makesKey(block: string): boolean {
  return block.includes('create secret')
}

/** A script that replaces kubectl. It takes the commands of the guide and no others, and keeps one Secret in a file. */
const kubectlScript = `#!/bin/sh
case "$*" in
  "-n agents create secret generic demo-seal-keys --from-file=seal-keys=/dev/stdin") cat > "$SECRET" ;;
  "-n agents create secret generic demo-seal-keys --from-file=seal-keys=/dev/stdin --dry-run=client -o yaml") cat ;;
  "-n agents get secret demo-seal-keys -o jsonpath={.data.seal-keys}") base64 < "$SECRET" ;;
  "replace -f -") cat > "$SECRET.new" && mv "$SECRET.new" "$SECRET" ;;
  *) echo "unexpected: $*" >&2; exit 1 ;;
esac
`
const folder = temporaryFolder()
const secret = join(folder, 'secret')
writeFileSync(join(folder, 'kubectl'), kubectlScript)
chmodSync(join(folder, 'kubectl'), 0o755)

const runCommands = (commands: string) => {
  const path = `${folder}${delimiter}${process.env['PATH']}`
  return run('env', [`PATH=${path}`, `SECRET=${secret}`, 'bash', '-euo', 'pipefail', '-c', commands])
}

it('The guide’s commands make a key that the agent reads, put a new key first, and later take the old key away', async () => {
  await runCommands(make)
  const first = readSealKeys(secret).current()
  expect(first.kid).toBe('key-1')
  await runCommands(rotate)
  const both = readSealKeys(secret)
  const second = both.current()
  expect(second.kid).toBe('key-2')
  expect(both.find('key-1')).toEqual(first)
  await runCommands(takeAway)
  const last = readSealKeys(secret)
  expect(last.current()).toEqual(second)
  expect(last.find('key-1')).toBeUndefined()
})

it('The guide leaves no file with a key behind', () => {
  expect(existsSync('seal-keys')).toBe(false)
  expect(guide).not.toMatch(/> *\S*keys/)
})

it.each(['kubernetes.md', 'aks.md', 'eks.md'])('docs/%s makes the Secret as the guide does', page => {
  const text = readFileSync(resolve(import.meta.dirname, '../../docs', page), 'utf8')
  expect(text).toContain(make.trim())
})
