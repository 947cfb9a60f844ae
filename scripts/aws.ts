/** `npm run aws -- plan|apply|status|destroy`: what the agent needs in AWS. */
import { createInterface } from 'node:readline/promises'
import { runAws } from './aws/command.ts'

process.exitCode = await runAws(process.argv.slice(2), {
  env: process.env,
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
