import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { unpackDebianPackages } from './debian.ts'
import { outputMatches, run } from './run.ts'
import type { Program, Tool, Way } from './tool.ts'
import { findFile } from './ways.ts'

const root = resolve(import.meta.dirname, '../..')
const timeoutMs = 10 * 60_000

/** A Python of its own with what a file names. @param options further ones of pip */
function pythonWith(
  name: string,
  requirements: string,
  options: readonly string[] = [],
  oldestPython = '3.10',
): Tool {
  const file = join(root, requirements)
  const activity = `installing what ${requirements} names`

  async function install(folder: string, signal: AbortSignal): Promise<Program> {
    const executable = join(folder, 'bin/python')
    const all = ['--quiet', '--disable-pip-version-check', ...options, '-r', file]
    await run(executable, ['-m', 'pip', 'install', ...all], { signal })
    return { executable }
  }

  const venv: Way = {
    name: 'python3 -m venv',
    timeoutMs,
    activity,
    async get({ folder, signal }) {
      await run('python3', ['-m', 'venv', folder], { signal })
      return install(folder, signal)
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
      return install(folder, signal)
    },
  }

  return {
    name,
    // When the requirements change, a new environment is made.
    version: createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 8),
    names: [],
    ways: [venv, venvWithDebiansPip],
    advice: `Python ${oldestPython} or later with venv: sudo apt-get install python3-venv`,
    check: outputMatches(['--version'], /^Python 3/),
  }
}

export const python = pythonWith('python', 'tests/requirements.txt')

/** A Python with AgentDojo, whose requirements leave out AgentDojo's clients of language models. */
export const agentDojo = pythonWith('agentdojo', 'evals/injection/requirements.txt', [
  '--no-deps',
  '--only-binary=:all:',
])

/** A Python that runs the rules of `detections/`. */
export const kql = pythonWith('kql', 'detections/requirements.txt', ['--only-binary=:all:'], '3.11')
