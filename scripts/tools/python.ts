import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { download, verify } from './download.ts'
import { prints, run } from './run.ts'
import type { Attempt, Program, Tool, Way } from './tool.ts'

const requirements = resolve(import.meta.dirname, '../../tests/requirements.txt')
const timeoutMs = 10 * 60_000
const effort = 'installing what tests/requirements.txt names'

/** Debian has venv without pip in it, and without python3-venv no pip at all: a wheel of pip runs as it is. */
const pip = {
  url: 'https://files.pythonhosted.org/packages/c9/bc/b7db44f5f39f9d0494071bddae6880eb645970366d0a200022a1a93d57f5/pip-25.0.1-py3-none-any.whl',
  sha256: 'c46efd13b6aa8279f33f2864459c8ce587ea6a1a59ee20de055868d8f7688f7f',
}

const venv: Way = {
  name: 'python3 -m venv',
  timeoutMs,
  effort,
  async get({ folder, signal }) {
    await run('python3', ['-m', 'venv', folder], { signal })
    return installRequirements(folder, ['-m', 'pip'], signal)
  },
}

const venvWithPipOfOurOwn: Way = {
  name: 'python3 -m venv and a pip from PyPI',
  timeoutMs,
  effort,
  async get({ folder, signal }: Attempt) {
    await run('python3', ['-m', 'venv', '--without-pip', folder], { signal })
    const wheel = join(folder, 'pip-25.0.1-py3-none-any.whl')
    await download(pip.url, wheel, signal)
    await verify(wheel, 'sha256', pip.sha256)
    await run(join(folder, 'bin/python'), [join(wheel, 'pip'), 'install', '--quiet', '--no-index', wheel], {
      signal,
    })
    return installRequirements(folder, ['-m', 'pip'], signal)
  },
}

async function installRequirements(
  folder: string,
  pip: readonly string[],
  signal: AbortSignal,
): Promise<Program> {
  const executable = join(folder, 'bin/python')
  const options = ['--quiet', '--disable-pip-version-check', '-r', requirements]
  await run(executable, [...pip, 'install', ...options], { signal })
  return { executable }
}

export const python: Tool = {
  name: 'python',
  // Anew when other packages are wanted.
  version: createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 8),
  names: [],
  ways: [venv, venvWithPipOfOurOwn],
  advice: 'Python 3.10 or later with venv: sudo apt-get install python3-venv',
  check: prints(['--version'], /^Python 3/),
}
