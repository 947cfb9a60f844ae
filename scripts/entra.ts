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

/** Without a terminal nobody says yes. */
async function ask(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const closed = new AbortController()
  terminal.once('close', () => closed.abort())
  try {
    const text = await terminal.question(`${question} Type yes: `, { signal: closed.signal })
    return text.trim() === 'yes'
  } catch (error) {
    if (closed.signal.aborted) return false
    throw error
  } finally {
    terminal.close()
  }
}
