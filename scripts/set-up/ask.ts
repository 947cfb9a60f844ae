import { createInterface } from 'node:readline'

/** Asks the user to confirm. Without a terminal the answer is no. */
export async function askYesNo(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  terminal.setPrompt(`${question} Type yes: `)
  terminal.prompt()
  const { value: line } = await terminal[Symbol.asyncIterator]().next()
  terminal.close()
  return String(line).trim() === 'yes'
}
