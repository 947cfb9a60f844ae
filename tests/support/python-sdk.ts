import { execFile } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const sdk = 'mcp==2.3.0'
const environment = resolve(import.meta.dirname, '../../node_modules/.cache/python', sdk)

/** Python with the MCP SDK, once that is installed. */
export const python = join(environment, 'bin/python')

let installing: Promise<void> | undefined

/** Installs the Python SDK of MCP into an environment of its own, once. It wants python3 with venv and pip. */
export function installPythonSdk(): Promise<void> {
  installing ??= install()
  return installing
}

async function install(): Promise<void> {
  const complete = join(environment, 'complete')
  if (existsSync(complete)) return
  rmSync(environment, { recursive: true, force: true })
  await run('python3', ['-m', 'venv', environment])
  await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', sdk])
  writeFileSync(complete, '')
}
