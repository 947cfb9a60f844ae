import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { dotenv, folderWith, run } from '../../../tests/support/agentctl.ts'

it.each([
  [['-h'], 0, 'Usage: npx --no-install agentctl [options] [command]', ''],
  [['--version'], 0, '0.1.0\n', ''],
  [['sidecar-env', '-h'], 0, 'Usage: npx --no-install agentctl sidecar-env', ''],
  [[], 2, '', 'Usage: npx --no-install agentctl [options] [command]'],
  [['docter'], 2, '', "unknown command 'docter'\n(Did you mean doctor?)"],
  [['disable'], 2, '', 'npx --no-install agentctl entra disable'],
  [['doctor', '--cube'], 2, '', "unknown option '--cube'"],
  [['doctor', '--mcp', 'http://mcp.example/mcp'], 2, '', '--mcp must be the https URL of a server'],
  [['doctor', '--page', 'agent.example'], 2, '', 'must be an origin'],
  [['doctor', '--user-token-file', '/nowhere'], 2, '', '/nowhere'],
  [['entra', 'plan'], 2, '', 'name it with --tenant'],
  [['helm-values', '--dotenv', '/'], 2, '', '/ can’t be read: EISDIR'],
  [['sidecar-env', '--dotnev', 'x'], 2, '', "unknown option '--dotnev'"],
])(
  'agentctl %j ends with exit code %i and words, and writes nothing',
  async (args, expected, output, said) => {
    const cwd = folderWith(args.includes('plan') ? {} : { '.env': dotenv })
    const ended = await run({ args, cwd })
    const words = (text: string) => (text ? expect.stringContaining(text) : '')
    expect(ended).toEqual({ code: expected, output: words(output), said: words(said) })
    expect(existsSync(join(cwd, 'sidecar.env'))).toBe(false)
  },
)

it('helm-values writes the file that --output names as UTF-8, whatever the shell would make of it', async () => {
  const clientId = '22222222-2222-4222-8222-222222222222'
  const agents = { weather: { title: 'Wetter für alle', clientId, flows: ['autonomous'] } }
  const cwd = folderWith({
    mine: `${dotenv}AGENTS_CONFIG=agents.json\n`,
    'agents.json': JSON.stringify({ agents }),
  })
  const args = ['helm-values', '--dotenv', 'mine', '--output', 'entra.yaml']
  expect(await run({ args, cwd })).toEqual({ code: 0, output: '', said: '' })
  expect(JSON.parse(readFileSync(join(cwd, 'entra.yaml'), 'utf8')).agents).toEqual(agents)
})
