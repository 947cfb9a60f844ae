import { createInterface } from 'node:readline/promises'

/** Asks the user to confirm. Without a terminal the answer is no. */
export async function ask(question: string): Promise<boolean> {
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
