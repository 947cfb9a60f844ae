import type { Flow } from '@entra-agents/trace'
import { type ReadonlySignal, signal, useComputed } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { CalledTool } from './judge.ts'
import { rightsOf } from './read-token.ts'
import type { TraceView } from './trace-view.ts'
import type { TracedAnswer } from './traced-answer.ts'
import type { TurnFacts } from './turn-facts.ts'

/** Asks the agent for its tools and the rights that they need. */
export type ReadTools = (asked: { agent: string; flow: Flow }) => Promise<readonly CalledTool[]>

/** What each agent said of its tools in a flow. */
const toolsBy = signal<ReadonlyMap<string, readonly CalledTool[]>>(new Map())

/**
 * The tools that an answer called, with the rights that they need. An agent is asked for these once for each flow, only if the
 * token carries several rights, and only when an answer comes in: looking at an earlier one sends nothing.
 */
export function useCalledTools(
  selected: ReadonlySignal<TracedAnswer>,
  agent: string,
  { exchange, running, flow, steps }: TurnFacts,
  view: TraceView,
  readTools: ReadTools | undefined,
): readonly CalledTool[] {
  const tools = useComputed(() => selected.value.result?.tools).value
  const isUnclear = !running && exchange !== undefined && rightsOf(exchange.token).rights.length > 1
  const key = `${flow} ${agent}`
  useEffect(() => {
    if (!isUnclear || view.unplayed !== selected || toolsBy.peek().has(key)) return
    readTools?.({ agent, flow }).then(
      known => {
        toolsBy.value = new Map([...toolsBy.peek(), [key, known]])
      },
      // Without the answer, every right counts as used.
      () => {},
    )
  }, [isUnclear])
  const called = [...(tools ?? []), ...steps.flatMap(({ tool }) => tool ?? [])].map(({ name }) => name)
  return (toolsBy.value.get(key) ?? []).filter(({ name }) => called.includes(name))
}
