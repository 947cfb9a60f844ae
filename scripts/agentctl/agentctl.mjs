#!/usr/bin/env node
/**
 * `npx --no-install agentctl <command>`: works in every shell, since it needs no `--`, which PowerShell swallows. Any Node can
 * start it; it runs the command with the Node that package-lock.json names.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const commands = {
  entra: 'sets up, checks and takes away what the agent needs in Microsoft Entra',
  doctor: 'says what is wrong, here or with --kube on a cluster, and what to do',
  'helm-values': 'prints the ids of .env as values for the chart',
  'sidecar-env': 'writes sidecar.env, by which Docker starts the official sidecar',
}

const [command = '--help', ...args] = process.argv.slice(2)
if (Object.hasOwn(commands, command)) process.exitCode = run(command, args)
else {
  const isHelp = command === '--help'
  const list = Object.entries(commands).map(([name, text]) => `  ${name.padEnd(12)} ${text}`)
  const usage = ['npx --no-install agentctl <command> [options]', '', ...list, '', 'Each has --help.'].join(
    '\n',
  )
  if (isHelp) console.log(usage)
  else console.error(`There is no command "${command}".\n\n${usage}`)
  process.exitCode = isHelp ? 0 : 2
}

/** @param {string} name @param {string[]} options */
function run(name, options) {
  const program = process.platform === 'win32' ? 'node.exe' : 'node'
  const node = fileURLToPath(new URL(`../../node_modules/node/bin/${program}`, import.meta.url))
  if (!existsSync(node)) {
    console.error('Node is not installed here yet. Run npm ci in the clone.')
    return 1
  }
  const script = fileURLToPath(new URL(`../${name}.ts`, import.meta.url))
  const { status, error } = spawnSync(node, ['--use-env-proxy', script, ...options], { stdio: 'inherit' })
  if (error) console.error(error.message)
  return status ?? 1
}
