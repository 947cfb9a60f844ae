/** `npm run aws -- plan|apply|status|destroy`: what the agent needs in AWS. */
import { runAws } from './aws/command.ts'
import { ask } from './set-up/ask.ts'

process.exitCode = await runAws(process.argv.slice(2), {
  env: process.env,
  print: line => console.log(line),
  say: line => console.error(line),
  ask,
})
