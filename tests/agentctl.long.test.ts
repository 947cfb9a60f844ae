import { existsSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { dotenv, folderWith, run } from './support/agentctl.ts'

describe('agentctl', () => {
  it.each([
    [['-h'], 0, 'Usage: npx --no-install agentctl [options] [command]'],
    [['--version'], 0, '0.1.0\n'],
  ])('answers %j', async (args, code, words) => {
    expect(await run({ args, cwd: tmpdir() })).toEqual({
      code,
      output: expect.stringContaining(words),
      said: '',
    })
  })

  it.each([
    [[], 'Usage: npx --no-install agentctl [options] [command]'],
    [['docter'], "unknown command 'docter'\n(Did you mean doctor?)"],
    [['disable'], 'npx --no-install agentctl entra disable'],
    [['entra', 'plan'], 'name it with --tenant'],
    [['helm-values', '--dotenv', '/'], '/ can’t be read: EISDIR'],
  ])('refuses %j with words', async (args, words) => {
    const { code, said, output } = await run({ args, cwd: folderWith() })
    expect(said).toContain(words)
    expect([code, output]).toEqual([2, ''])
  })
})

describe('sidecar-env', () => {
  it.each([
    ['0', '-h'],
    ['2', '--dotnev', 'x'],
  ])('writes nothing, with exit code %s, if it is called with %s', async (expected, ...args) => {
    const cwd = folderWith({ '.env': dotenv })
    const { code } = await run({ args: ['sidecar-env', ...args], cwd })
    expect(String(code)).toBe(expected)
    expect(existsSync(join(cwd, 'sidecar.env'))).toBe(false)
  })
})

describe('helm-values', () => {
  it('writes the file that --output names as UTF-8, whatever the shell would make of it', async () => {
    const agents = {
      weather: {
        title: 'Wetter für alle',
        clientId: '22222222-2222-4222-8222-222222222222',
        flows: ['autonomous'],
      },
    }
    const cwd = folderWith({
      mine: `${dotenv}AGENTS_CONFIG=agents.json\n`,
      'agents.json': JSON.stringify({ agents }),
    })
    const args = ['helm-values', '--dotenv', 'mine', '--output', 'entra.yaml']
    expect(await run({ args, cwd })).toEqual({ code: 0, output: '', said: '' })
    expect(JSON.parse(readFileSync(join(cwd, 'entra.yaml'), 'utf8')).agents).toEqual(agents)
  })
})
