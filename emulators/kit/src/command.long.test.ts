import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { get } from 'node:https'
import { join } from 'node:path'
import { json, text } from 'node:stream/consumers'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { expect, it } from 'vitest'

const folder = temporaryFolder()
const seed = join(folder, 'entra.yaml')
writeFileSync(seed, 'tenant: acme\nusers: { ada: }\nblueprints: { helper: { agents: { shopper: } } }\n')

function start(...args: readonly string[]) {
  const { PATH } = process.env
  return spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], {
    env: { PATH },
    cwd: folder,
  })
}

async function run(...args: readonly string[]): Promise<string> {
  const command = start(...args)
  const [output, faults, [code]] = await Promise.all([
    text(command.stdout),
    text(command.stderr),
    once(command, 'exit'),
  ])
  return `${code}: ${output}${faults}`.replaceAll(folder, 'FOLDER')
}

it('The command serves a seed over https, says its ids, and stops in order', async () => {
  const ca = join(folder, 'ca.pem')
  const command = start('--seed', 'entra.yaml', '--port', '0', '--tls', '--ca-out', ca)
  const [ready] = await once(command.stdout.setEncoding('utf8'), 'data')
  expect(ready.replaceAll(/[0-9a-f-]{36}/g, 'ID')).toMatch(
    /^Ready: https:\/\/localhost:\d+\n {2}ID {2}tenant\n {2}ID {2}user ada\n {2}ID {2}client graph\n {2}ID {2}client helper\n {2}ID {2}client shopper\n$/,
  )
  const url = `${/https:\S+/.exec(ready)?.[0]}/emulator/directory`
  const response = new Promise((resolve, reject) =>
    get(url, { ca: readFileSync(ca) }, message => resolve(json(message))).on('error', reject),
  )
  expect(await response).toMatchObject({ users: [{ name: 'ada' }], agents: [{ name: 'shopper' }] })
  command.kill('SIGTERM')
  expect(await once(command, 'exit')).toEqual([0, null])
})

it('What is wrong with the command line is said in words', async () => {
  const said = await Promise.all([
    run('--help'),
    run(),
    run('--sed', 'entra.yaml'),
    run('--seed', seed, '--ca-out', 'x.pem'),
    run('--seed', 'none.yaml', '--port', '99999'),
  ])
  expect(said).toEqual([
    expect.stringMatching(/^0: An emulator of Microsoft Entra ID for tests/),
    expect.stringMatching(/^1: --seed is missing: .*\nSee --help.\n$/),
    expect.stringMatching(/^1: Unknown option '--sed'/),
    expect.stringMatching(/^1: --ca-out is of use with --tls only/),
    expect.stringMatching(
      /^1: The configuration has 2 faults:\n {2}- FOLDER\/none.yaml: the file can't be read \(ENOENT\).\n {2}- PORT must be/,
    ),
  ])
})
