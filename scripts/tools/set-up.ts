import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type ObtainOptions, obtain } from './obtain.ts'
import { launcherOf, type Program, type Tool, toolsFolder } from './tool.ts'

/** Gets the tools and makes a launcher for each; returns those that it could not get. */
export async function setUp(
  tools: readonly Tool[],
  { say, folder = toolsFolder }: ObtainOptions,
): Promise<readonly Tool[]> {
  const missing: Tool[] = []
  for (const tool of tools) {
    const launcher = launcherOf(tool.name, folder)
    await mkdir(dirname(launcher), { recursive: true })
    const program = await obtain(tool, { say, folder })
    if (program) await writeFile(launcher, scriptThatStarts(program), { mode: 0o755 })
    else {
      await rm(launcher, { force: true })
      missing.push(tool)
    }
  }
  return missing
}

function scriptThatStarts({ executable, args = [], env = {} }: Program): string {
  const exports = Object.entries(env).map(([name, value]) => `export ${name}=${quoteForShell(value)}\n`)
  return `#!/bin/sh\n${exports.join('')}exec ${[executable, ...args].map(quoteForShell).join(' ')} "$@"\n`
}

function quoteForShell(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`
}
