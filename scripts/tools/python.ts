import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { unpackDebianPackages } from './debian.ts'
import { outputMatches, run } from './run.ts'
import { launcherOf, type Program, type Tool, type Way } from './tool.ts'
import { findFile, isExecutable } from './ways.ts'

const requirements = resolve(import.meta.dirname, '../../tests/requirements.txt')
const timeoutMs = 10 * 60_000
const activity = 'installing what tests/requirements.txt names'

const venv: Way = {
  name: 'python3 -m venv',
  timeoutMs,
  activity,
  async get({ folder, signal }) {
    await run('python3', ['-m', 'venv', folder], { signal })
    return installRequirements(folder, signal)
  },
}

/** On Debian, venv needs pip from another package, which can be downloaded without being installed. */
const venvWithDebiansPip: Way = {
  name: "python3 -m venv and Debian's python3-pip-whl",
  timeoutMs,
  activity,
  async get({ folder, signal }) {
    await unpackDebianPackages(['python3-pip-whl'], { folder, signal })
    const wheel = await findFile(join(folder, 'usr/share/python-wheels'), '.whl')
    await run('python3', ['-m', 'venv', '--without-pip', folder], { signal })
    const pip = [join(wheel, 'pip'), 'install', '--quiet', '--no-index', wheel]
    await run(join(folder, 'bin/python'), pip, { signal })
    return installRequirements(folder, signal)
  },
}

async function installRequirements(folder: string, signal: AbortSignal): Promise<Program> {
  const executable = join(folder, 'bin/python')
  const options = ['--quiet', '--disable-pip-version-check', '-r', requirements]
  await run(executable, ['-m', 'pip', 'install', ...options], { signal })
  return { executable }
}

export const python: Tool = {
  name: 'python',
  // When the requirements change, a new environment is made.
  version: createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 8),
  names: [],
  ways: [venv, venvWithDebiansPip],
  advice: 'Python 3.10 or later with venv: sudo apt-get install python3-venv',
  check: outputMatches(['--version'], /^Python 3/),
}

/** A program in the packages that come with `python`, so `python` has to be installed first. */
export const cfnLint: Tool = {
  name: 'cfn-lint',
  version: python.version,
  names: [],
  ways: [
    {
      name: 'tests/requirements.txt',
      timeoutMs,
      async get() {
        const executable = launcherOf('python')
        if (!isExecutable(executable)) throw new Error('needs Python')
        return { executable, args: ['-c', 'import sys; from cfnlint.runner import main; sys.exit(main())'] }
      },
    },
  ],
  advice: 'as Python',
  check: outputMatches(['--version'], /\d\.\d/),
}
