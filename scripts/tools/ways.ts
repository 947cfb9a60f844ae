import { accessSync, constants } from 'node:fs'
import { chmod, readdir, rm } from 'node:fs/promises'
import { basename, delimiter, dirname, isAbsolute, join } from 'node:path'
import { download, verify } from './download.ts'
import { run } from './run.ts'
import { type Attempt, launcherOf, type Way } from './tool.ts'

const minuteMs = 60_000

/** Operating system and processor, named as in Go and most releases. */
export type Platform = `${'linux' | 'darwin'}-${'amd64' | 'arm64'}`
export type Hashes = Readonly<Partial<Record<Platform, string>>>

const platforms: readonly Platform[] = ['linux-amd64', 'linux-arm64', 'darwin-amd64', 'darwin-arm64']
const thisPlatform = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`

/** The pinned hash for this machine. */
export function pinnedHash(hashes: Hashes): { readonly platform: Platform; readonly hash: string } {
  const platform = platforms.find(name => name === thisPlatform)
  const hash = platform && hashes[platform]
  if (!hash) throw new Error(`there is none for ${thisPlatform}`)
  return { platform, hash }
}

export function programOnPath(names: readonly string[]): Way {
  return {
    name: 'on the PATH',
    timeoutMs: minuteMs,
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

interface Release {
  /** Hashes that the project publishes with the release. */
  readonly sha256: Hashes
  url(platform: Platform): string
  /** The program's path in the archive; missing if the download is the program itself. */
  member?(platform: Platform): string
}

export function fromRelease({ sha256, url, member }: Release): Way {
  return {
    name: 'the official release',
    timeoutMs: 5 * minuteMs,
    activity: 'downloading',
    async get({ folder, signal }) {
      const { platform, hash } = pinnedHash(sha256)
      const file = join(folder, basename(url(platform)))
      await download(url(platform), file, signal)
      await verify(file, 'sha256', hash)
      const executable = member ? join(folder, member(platform)) : file
      if (member) await unpack(file, folder, member(platform), signal)
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
  sha512: string,
  { folder, signal }: Pick<Attempt, 'folder' | 'signal'>,
): Promise<string> {
  await run('npm', ['pack', '--pack-destination', folder, packageName], { signal })
  const packed = await findFile(folder, '.tgz')
  await verify(packed, 'sha512', sha512)
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
