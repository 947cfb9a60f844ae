import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface Declarations {
  /** Paths from the folder. */
  readonly files: readonly string[]
  /** The packages that they name. */
  readonly packages: readonly string[]
}

/** The declaration files of a folder that some of them lead to, and no others, so that nothing private is among them by chance. */
export function declarationsFrom(folder: string, entries: readonly string[]): Declarations {
  const files = new Set(entries)
  const packages = new Set<string>()
  for (const file of files) {
    const text = readFileSync(join(folder, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
    for (const [, specifier = ''] of text.matchAll(/\b(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)) {
      if (specifier.startsWith('.')) files.add(join(dirname(file), specifier.replace(/\.[jt]sx?$/, '.d.ts')))
      else packages.add(/^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? '')
    }
  }
  return { files: [...files], packages: [...packages] }
}
