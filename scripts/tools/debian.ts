import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from './run.ts'
import type { Attempt, Way } from './tool.ts'

/** Downloads packages of Debian, which apt checks, and unpacks them into the folder. Needs no root and installs nothing. */
export async function unpackDebianPackages(
  packages: readonly string[],
  { folder, signal }: Pick<Attempt, 'folder' | 'signal'>,
): Promise<void> {
  await run('apt-get', ['download', '--quiet', ...packages], { cwd: folder, signal })
  for (const name of (await readdir(folder)).filter(name => name.endsWith('.deb'))) {
    await run('dpkg', ['--extract', name, '.'], { cwd: folder, signal })
    await rm(join(folder, name))
  }
}

/** A program of a package of Debian; `libraries` are the packages of its libraries. */
export function fromDebian(program: string, packageName: string, ...libraries: readonly string[]): Way {
  return {
    name: `Debian's package ${packageName}`,
    activity: 'downloading',
    async get(attempt) {
      await unpackDebianPackages([packageName, ...libraries], attempt)
      const inFolder = (path: string) => join(attempt.folder, 'usr', path)
      const env = {
        LD_LIBRARY_PATH: `${inFolder('lib/x86_64-linux-gnu')}:${inFolder('lib/aarch64-linux-gnu')}`,
      }
      return { executable: inFolder(`bin/${program}`), ...(libraries.length > 0 ? { env } : {}) }
    },
  }
}
