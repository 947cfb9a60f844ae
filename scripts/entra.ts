/** `npm run entra -- plan|apply|status|disable|enable|destroy`: what the agent needs in Microsoft Entra. */
import { createInterface } from 'node:readline/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { runEntra } from './entra/command.ts'

process.exitCode = await runEntra(process.argv.slice(2), {
  env: process.env,
  clock: { nowMs: Date.now, wait: ms => delay(ms) },
  print: line => console.log(line),
  say: line => console.error(line),
  ask,
})

async function ask(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  // Without a terminal nobody says yes.
  terminal.once('close', () => process.stdin.unref())
  try {
    return (await terminal.question(`${question} Type yes: `)).trim() === 'yes'
  } finally {
    terminal.close()
  }
}
