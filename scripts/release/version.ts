import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The files that name the version of this project, and how: one group of the expression is the version. */
// biome-ignore format: table
const mentions: readonly (readonly [files: string, what: string, pattern: RegExp])[] = [
  ['{.,{packages,services,emulators}/*}/package.json', 'version', /^ {2}"version": "(.*)"/m],
  ['{packages,services,emulators}/*/package.json', 'the dependency on a package', /"@entra-agents\/[\w-]+": "\^?(.*)"/g],
  ['charts/*/Chart.yaml', 'version', /^version: (\S+)/m],
  ['charts/*/Chart.yaml', 'appVersion', /^appVersion: (\S+)/m],
  ['charts/*/Chart.yaml', 'the release with the changes', /releases\/tag\/v(\S+)/],
  ['{docs/*.md,charts/*/Chart.yaml,k8s/manifests/*.yaml}', 'an image', /ghcr\.io\/entra-bedrock-agent\/[\w-]+:([\w.-]+)/g],
  ['{.,{packages,emulators}/*}/CHANGELOG.md', 'the newest section', /^## ([^\s,]+)/m],
]

/** The places with another version than `package.json` or the tag, a sentence each. A tag needs a changelog with its day. */
export function wrongVersions(root: string, tag?: string): readonly string[] {
  const read = (path: string) => readFileSync(join(root, path), 'utf8')
  const { version }: { version: string } = JSON.parse(read('package.json'))
  const lock: { packages: Record<string, { version?: string }> } = JSON.parse(read('package-lock.json'))
  const locked = Object.entries(lock.packages)
    .filter(([path]) => !path.includes('node_modules/'))
    .map(([path, entry]) => [`package-lock.json: “${path}”`, entry.version])
  const named = mentions.flatMap(([files, what, pattern]) =>
    globSync(files, { cwd: root }).flatMap(path => {
      const found = pattern.global ? [...read(path).matchAll(pattern)] : [pattern.exec(read(path))]
      return found.map(match => [`${path}: ${what}`, match?.[1]])
    }),
  )
  const wrong = [...named, ...locked, ...(tag === undefined ? [] : [['The tag', tag.replace(/^v/, '')]])]
    .filter(([, found]) => found !== version)
    .map(([where, found]) => `${where} has ${found ?? 'no version'}; package.json has ${version}.`)
  const undated = tag === undefined ? [] : unreleasedChangelogs(root)
  return [...wrong, ...undated.map(path => `${path} calls ${version} unreleased.`)]
}

/** The changelogs whose newest section has no day yet. */
export function unreleasedChangelogs(root: string): readonly string[] {
  return globSync('{.,{packages,emulators}/*}/CHANGELOG.md', { cwd: root }).filter(path =>
    /^## .*(?:unreleased|not yet published)/m.test(readFileSync(join(root, path), 'utf8')),
  )
}
