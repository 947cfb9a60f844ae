import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { Kubectl } from './doctor/kube/kubectl.ts'
import { readAzureAs } from './entra/blast-radius/azure.ts'
import { perform } from './entra/command.ts'
import type { Invocation } from './entra/options.ts'
import { Mistake } from './set-up/mistake.ts'

/** Runs a command of `agentctl entra` on this machine; resolves to its exit code. */
export function runHere(invocation: Invocation): Promise<number> {
  return perform(invocation, {
    env: process.env,
    fetch,
    readAzure: tenantId => readAzureAs(tenantId, fetch),
    cluster: new Kubectl(undefined, 20),
    // Loaded when needed, since only `blast-radius` uses it.
    readRole: async arn =>
      (await import('./doctor/aws/role.ts')).readRole(arn, process.env['AWS_REGION'] || 'us-east-1'),
    // Unlike the time of day, this clock never jumps.
    clock: {
      enteredMs: performance.timeOrigin,
      nowMs: () => performance.timeOrigin + performance.now(),
      wait: ms => delay(ms),
    },
    print: line => console.log(line),
    say: line => console.error(line),
    ask: askYesNo,
  })
}

/** Asks the user to confirm. @throws {Mistake} without a terminal */
async function askYesNo(question: string): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new Mistake(
      `${question} There is no terminal to ask. Nothing was changed.`,
      'Answer it beforehand: --yes.',
    )
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  terminal.setPrompt(`${question} Type yes: `)
  terminal.prompt()
  const { value: line } = await terminal[Symbol.asyncIterator]().next()
  terminal.close()
  return String(line).trim() === 'yes'
}
