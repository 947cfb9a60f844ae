#!/usr/bin/env node
/**
 * `npx --no-install agentctl <command>`: works in every shell, since it needs no `--`, which PowerShell swallows. Any Node can
 * start it; it runs the command with the Node that package-lock.json names.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const program = process.platform === 'win32' ? 'node.exe' : 'node'
const node = fileURLToPath(new URL(`../../node_modules/node/bin/${program}`, import.meta.url))
if (existsSync(node)) run(node)
else {
  console.error('Node is not installed here yet. Run npm ci in the clone.')
  process.exitCode = 1
}

/** @param {string} node */
function run(node) {
  const script = fileURLToPath(new URL('src/agentctl.ts', import.meta.url))
  const args = [script, ...process.argv.slice(2)]
  // With what it compiled before, Node starts in little more than half the time, which counts for the kill switch.
  const cache = fileURLToPath(new URL('../../node_modules/.cache/agentctl', import.meta.url))
  const env = { NODE_COMPILE_CACHE: cache, ...process.env }
  const child = spawn(node, args, { stdio: 'inherit', env })
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, () => child.kill(signal))
  child.on('error', ({ message }) => {
    console.error(message)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    for (const one of signals) process.removeAllListeners(one)
    if (signal) process.kill(process.pid, signal)
    else process.exitCode = code ?? 1
  })
}
