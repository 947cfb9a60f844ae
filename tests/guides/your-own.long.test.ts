import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addToolset, beginSecondApi } from './clone.ts'
import { blocksOf } from './commands.ts'
import { root } from './project.ts'
import type { GuideWalk } from './walk.ts'

const [takeOut, check] = blocksOf('docs/your-own.md').map(({ lines }) => lines)

const git = (folder: string, ...args: readonly string[]) =>
  execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@contoso.example', ...args], {
    cwd: folder,
    encoding: 'utf8',
  })

// Packing, types and all unit tests take their time.
describe('A fork without the weather, with an API of its own', { timeout: 600_000 }, () => {
  let walk: GuideWalk
  let clone: string
  const run = (line = '') => walk.run(`cd ${clone} && ${line}`, { npm_config_offline: 'true', ...author })
  const author = Object.fromEntries(
    ['AUTHOR', 'COMMITTER'].flatMap(who => [
      [`GIT_${who}_NAME`, 'Ada'],
      [`GIT_${who}_EMAIL`, 'ada@contoso.example'],
    ]),
  )

  beforeAll(async () => {
    const tracked = git(root, 'ls-tree', '--name-only', 'HEAD').trim().split('\n')
    ;({ walk, clone } = await beginSecondApi(tracked))
    git(clone, 'init', '--quiet')
    git(clone, 'add', '--all')
    git(clone, 'commit', '--quiet', '--message', 'Clone')
    addToolset(clone, walk)
    for (const command of takeOut ?? []) await run(command)
  }, 300_000)
  afterAll(() => walk.end())

  it('is one commit, which leaves nothing of the weather in what it names', () => {
    expect(git(clone, 'status', '--porcelain')).toBe('')
    const [, ...changes] = git(clone, 'show', '--name-status', '--format=', 'HEAD').split('\n')
    expect(changes).toContainEqual(expect.stringMatching(/^A\t.*tools\/tasks\/toolset\.ts$/))
    const edited = changes.flatMap(change => /^M\t(.*\.ts)$/.exec(change)?.[1] ?? [])
    expect(edited).toHaveLength(5)
    const named = git(
      clone,
      'grep',
      '--ignore-case',
      '--only-matching',
      'weather[-a-z]*',
      'HEAD',
      '--',
      ...edited,
    )
    // Names in the demo's seed.
    const kept = ['weather', 'weather-agent', 'weather-api']
    expect([...new Set(named.trim().split('\n'))].sort()).toEqual(
      kept.map(name => `HEAD:scripts/demo/processes.ts:${name}`),
    )
  })

  it.each(check ?? [])('passes: %s', async command => {
    await expect(run(command)).resolves.not.toThrow()
  })

  it('answers with its own API in the demo', async () => {
    await walk.start(walk.commandWith('server.mjs'), 'Server listening')
    await walk.startDemo(walk.linesWith('run demo'))
    const { answer, tools } = await walk.ask()
    expect(tools).toMatchObject([{ name: 'get_tasks', status: 'ok' }])
    expect(answer).toContain('Build the rocket')
    const apis = await (await fetch(`${walk.url('3001')}/api/config`)).json()
    expect(apis).toMatchObject({ apis: [{ name: 'tasks-api', title: 'Tasks API' }] })
  })
})
