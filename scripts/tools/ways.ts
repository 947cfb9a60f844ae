import { accessSync, constants } from 'node:fs'
import { chmod, readdir, rm } from 'node:fs/promises'
import { basename, delimiter, dirname, isAbsolute, join } from 'node:path'
import { download, pinnedChecksums, verify } from './download.ts'
import { run } from './run.ts'
import { type Attempt, launcherOf, type Way } from './tool.ts'

/** Operating system and processor of this machine, named as in Go and most releases. */
export const platform = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`

export function programOnPath(names: readonly string[]): Way {
  return {
    name: 'on the PATH',
    async get() {
      const executable = findOnPath(names)
      return executable ? { executable } : undefined
    },
  }
}

/** The first program of these names on the PATH; launchers of `make tools` do not count. */
export function findOnPath(names: readonly string[]): string | undefined {
  const ours = dirname(launcherOf('any'))
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(folder => folder !== ours)
  return names
    .flatMap(name => (isAbsolute(name) ? name : folders.map(folder => join(folder, name))))
    .find(isExecutable)
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/**
 * The program of an official release, if a checksum is pinned for this machine's.
 *
 * @param url has `{platform}` in place of the machine's name, as `nameOf` makes it
 * @param member the program's path in the archive; missing if the download is the program itself
 */
export function fromRelease(
  url: string,
  member?: string,
  nameOf = (platform: string) => platform,
  checksums = pinnedChecksums,
): Way {
  const fill = (text: string) => text.replaceAll('{platform}', nameOf(platform))
  return {
    name: 'the official release',
    activity: 'downloading',
    async get({ folder, signal }) {
      const source = fill(url)
      if (!checksums.has(source)) return undefined
      const file = join(folder, basename(source))
      await download(source, file, signal)
      await verify(file, source, checksums)
      const executable = member ? join(folder, fill(member)) : file
      if (member) await unpack(file, folder, fill(member), signal)
      await chmod(executable, 0o755)
      return { executable }
    },
  }
}

async function unpack(archive: string, folder: string, member: string, signal: AbortSignal): Promise<void> {
  // Not every machine has unzip.
  if (archive.endsWith('.zip')) await run('python3', ['-m', 'zipfile', '-e', archive, folder], { signal })
  else await run('tar', ['-xzf', archive, '-C', folder, member], { signal })
  await rm(archive)
}

/** Fetches a package with the user's configuration of npm, and unpacks it without running anything of it. Returns its folder. */
export async function unpackFromNpm(
  packageName: string,
  { folder, signal }: Pick<Attempt, 'folder' | 'signal'>,
): Promise<string> {
  await run('npm', ['pack', '--pack-destination', folder, packageName], { signal })
  const packed = await findFile(folder, '.tgz')
  await verify(packed, packageName)
  await run('tar', ['-xzf', packed, '-C', folder], { signal })
  await rm(packed)
  return join(folder, 'package')
}

/** The only file in a folder whose name has this ending. */
export async function findFile(folder: string, ending: string): Promise<string> {
  const name = (await readdir(folder)).find(name => name.endsWith(ending))
  if (!name) throw new Error(`no ${ending} came`)
  return join(folder, name)
}
