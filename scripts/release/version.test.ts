import { cpSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { expect, it, onTestFinished } from 'vitest'
import { wrongVersions } from './version.ts'

const root = resolve(import.meta.dirname, '../..')
const filesWithVersion = globSync(
  ['package-lock.json', '{.,*/*}/{package.json,CHANGELOG.md,Chart.yaml}', 'docs/*.md', 'k8s/manifests/*'],
  { cwd: root, exclude: ['node_modules'] },
)

/** A copy of the files that name the version, in one of which a text is replaced. */
function changedCopy(path: string, from: string, to: string): string {
  const folder = temporaryFolder(onTestFinished)
  for (const file of filesWithVersion) cpSync(join(root, file), join(folder, file))
  const before = readFileSync(join(root, path), 'utf8')
  expect(before).toContain(from)
  writeFileSync(join(folder, path), before.replace(from, to))
  return folder
}

const locked = (version: string) => `"name": "@entra-agents/tokens",\n      "version": "${version}"`

it('The version is the same in packages, charts, images, documents and changelogs', () => {
  expect(wrongVersions(root)).toEqual([])
})

// biome-ignore format: table
it.each([
  ['packages/trace/package.json', 'version has 0.1.1', '"version": "0.1.0"', '"version": "0.1.1"'],
  ['packages/identity/package.json', 'the dependency on a package has 0.1.1', '/trace": "0.1.0"', '/trace": "0.1.1"'],
  ['package-lock.json', '“packages/tokens” has 0.0.9', locked('0.1.0'), locked('0.0.9')],
  ['charts/entra-bedrock-agent/Chart.yaml', 'version has 0.2.0', '\nversion: 0.1.0', '\nversion: 0.2.0'],
  ['charts/local-emulators/Chart.yaml', 'appVersion has 0.2.0', 'appVersion: 0.1.0', 'appVersion: 0.2.0'],
  ['charts/local-emulators/Chart.yaml', 'version has no version', '\nversion: 0.1.0', ''],
  ['charts/entra-bedrock-agent/Chart.yaml', 'an image has 0.2.0', 'weather-api:0.1.0', 'weather-api:0.2.0'],
  ['charts/entra-bedrock-agent/Chart.yaml', 'the release with the changes has 0.0.1', 'tag/v0.1.0', 'tag/v0.0.1'],
  ['docs/kubernetes.md', 'an image has 0.3.0', 'agent:0.1.0', 'agent:0.3.0'],
  ['k8s/manifests/aks.yaml', 'an image has 0.3.0', 'weather-api:0.1.0', 'weather-api:0.3.0'],
  ['CHANGELOG.md', 'the newest section has 0.2.0', '## 0.1.0', '## 0.2.0'],
  ['packages/trace/CHANGELOG.md', 'the newest section has 0.2.0', '## 0.1.0', '## 0.2.0'],
])('A wrong version is found: %s: %s', (path, what, from, to) => {
  expect(wrongVersions(changedCopy(path, from, to))).toEqual([`${path}: ${what}; package.json has 0.1.0.`])
})

it('A tag is refused that is not the version', () => {
  expect(wrongVersions(root, 'v0.1.1')).toContain('The tag has 0.1.1; package.json has 0.1.0.')
})

it('A tag is refused while a changelog has no day for it', () => {
  const folder = changedCopy(
    'CHANGELOG.md',
    /^## .*/m.exec(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'))?.[0] ?? '',
    '## 0.1.0 (unreleased)',
  )
  expect(wrongVersions(folder, 'v0.1.0')).toContain('CHANGELOG.md calls 0.1.0 unreleased.')
})
