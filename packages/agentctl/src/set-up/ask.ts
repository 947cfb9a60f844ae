import { createInterface } from 'node:readline'
import { Mistake } from './mistake.ts'

/** Asks the user to confirm. @throws {Mistake} without a terminal */
export async function askYesNo(question: string): Promise<boolean> {
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
