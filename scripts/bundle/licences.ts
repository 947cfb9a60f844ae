import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The licences of the packages that these files belong to, as one text.
 *
 * @throws for a package without a licence
 */
export function collectLicences(root: string, files: readonly string[]): string {
  const folders = new Set(files.flatMap(file => packageFolder(file) ?? []))
  return [...folders]
    .sort()
    .map(folder => describePackage(join(root, folder)))
    .join(`\n${'-'.repeat(80)}\n\n`)
}

/** The innermost package that a file belongs to; `undefined` for this repository's own sources and the bundler's modules. */
function packageFolder(file: string): string | undefined {
  return /^[^\0]*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]
}

function describePackage(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const texts = readdirSync(folder)
    .filter(file => /^(licen[cs]e|copying|notice)(\.|-|$)/i.test(file))
    .map(file => readFileSync(join(folder, file), 'utf8').trim())
  if (license === undefined && texts.length === 0) throw new Error(`${name} ${version} names no licence.`)
  return [`${name} ${version} (${license ?? 'see below'})`, ...texts].join('\n\n')
}
