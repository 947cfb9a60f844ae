import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Program, type Tool, toolsFolder, type Way } from './tool.ts'
import { programOnPath } from './ways.ts'

const checkTimeoutMs = 60_000
const defaultTimeoutMs = 5 * 60_000
const progressIntervalMs = 15_000

export interface ObtainOptions {
  readonly say: (line: string) => void
  /** Default: the cache of this clone. */
  readonly folder?: string
}

/** The first suitable program: on the PATH, from an earlier run, or obtained in one of the tool's ways. */
export async function obtain(
  tool: Tool,
  { say, folder = toolsFolder }: ObtainOptions,
): Promise<Program | undefined> {
  const own = join(folder, `${tool.name}-${tool.version}`)
  const record = join(own, 'program.json')
  for (const way of [programOnPath(tool.names ?? [tool.name]), keptProgram(record)]) {
    const program = await tryWay(tool, way, own, say)
    if (program) return program
  }
  for (const way of tool.ways) {
    await rm(own, { recursive: true, force: true })
    await mkdir(own, { recursive: true })
    const program = await tryWay(tool, way, own, say)
    if (!program) continue
    await writeFile(record, JSON.stringify(program))
    return program
  }
  await rm(own, { recursive: true, force: true })
  return undefined
}

function keptProgram(record: string): Way {
  return {
    name: 'kept from an earlier run',
    get: () =>
      readFile(record, 'utf8').then(
        (text): Program => JSON.parse(text),
        () => undefined,
      ),
  }
}

/** Tries one way within its time limit, and reports why it failed. */
async function tryWay(
  tool: Tool,
  way: Way,
  folder: string,
  say: (line: string) => void,
): Promise<Program | undefined> {
  const started = Date.now()
  const seconds = () => Math.round((Date.now() - started) / 1000)
  if (way.activity) say(`${tool.name} ${tool.version}: ${way.name}, ${way.activity}…`)
  const progress = setInterval(() => say(`  … ${tool.name}: ${seconds()} s`), progressIntervalMs)
  const signal = AbortSignal.timeout(way.timeoutMs ?? defaultTimeoutMs)
  try {
    const program = await way.get({ folder, signal, say })
    if (program) await tool.check(program, AbortSignal.timeout(checkTimeoutMs))
    return program
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : error
    say(`${tool.name}: ${way.name}: ${signal.aborted ? `not within ${seconds()} s` : reason}`)
    return undefined
  } finally {
    clearInterval(progress)
  }
}
