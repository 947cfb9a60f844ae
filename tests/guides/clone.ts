import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect } from 'vitest'
import { readGuide } from './commands.ts'
import { root } from './project.ts'
import { GuideWalk } from './walk.ts'

/** Follows second-api.md beside a clone of these parts of the repository, up to the change to the agent. */
export async function beginSecondApi(parts: readonly string[]) {
  const walk = await GuideWalk.begin(readGuide('second-api.md'), ['8090'])
  const [server, settings, , , seed] = walk.files
  const clone = copyClone(resolve(walk.folder, '../entra-bedrock-agent'), parts)
  walk.write('server.mjs', server)
  walk.write('settings.env', settings)
  walk.write('entra.yaml', seed)
  await walk.run(walk.commandWith('run pack'))
  // npm takes the packages from its cache and does not fetch them again.
  await walk.run(walk.commandWith('npm install'), { npm_config_prefer_offline: 'true' })
  return { walk, clone }
}

/** Copies parts of this repository, also what is built there, to `clone`, where tests may write. What is installed stays here. */
function copyClone(clone: string, parts: readonly string[]): string {
  for (const part of parts)
    cpSync(join(root, part), join(clone, part), {
      recursive: true,
      preserveTimestamps: true,
      filter: path => !path.endsWith('/node_modules'),
    })
  // The clone's own workspaces, and everything else as installed here.
  const modules = join(clone, 'node_modules')
  const workspaces = '@entra-agents'
  mkdirSync(modules)
  for (const name of readdirSync(join(root, 'node_modules')))
    if (name !== workspaces) symlinkSync(join(root, 'node_modules', name), join(modules, name))
  cpSync(join(root, 'node_modules', workspaces), join(modules, workspaces), {
    recursive: true,
    verbatimSymlinks: true,
  })
  return clone
}

/** Writes the guide's toolset, adds its import above that of the weather's toolset, and puts the guide's list in place of the file's. */
export function addToolset(clone: string, { files }: GuideWalk): void {
  const [, , toolset = '', line = ''] = files
  const folder = join(clone, 'services/agent/src/tools/tasks')
  mkdirSync(folder)
  writeFileSync(join(folder, 'toolset.ts'), toolset)
  const config = join(clone, 'services/agent/src/config.ts')
  const [imported = '', list = ''] = line.trim().split('\n\n')
  const before = readFileSync(config, 'utf8')
  const after = before
    .replace(/^const toolsetReaders.*$/m, list)
    .replace(/^import .*readWeatherToolset.*$/m, `${imported}\n$&`)
  expect(after.split('\n')).toHaveLength(before.split('\n').length + 1)
  writeFileSync(config, after)
}
