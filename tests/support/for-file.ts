import { afterAll } from 'vitest'

type Closable = AsyncDisposable | { close(): unknown }

/** Something that all tests of a file use; ended after the last of them. */
export async function forFile<Thing extends Closable>(starting: Promise<Thing>): Promise<Thing> {
  const running = await starting
  afterAll(async () => {
    if (Symbol.asyncDispose in running) await running[Symbol.asyncDispose]()
    else await running.close()
  })
  return running
}
