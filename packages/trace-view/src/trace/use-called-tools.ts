import type { Flow } from '@entra-agents/trace'
import { type ReadonlySignal, signal, useComputed } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { CalledTool } from './judge.ts'
import type { TraceView } from './trace-view.ts'
import type { TracedAnswer } from './traced-answer.ts'
import { rightsOf, type TurnFacts } from './turn-facts.ts'

/** Asks the agent for its tools and the rights that they need. */
export type ReadTools = (asked: { agent: string; flow: Flow }) => Promise<readonly CalledTool[]>

/** What the agent said of its tools when an answer came in. */
const toolsOf = signal<ReadonlyMap<object, readonly CalledTool[]>>(new Map())

/**
 * The tools that an answer called, with the rights that they need. The agent is asked for these only if the token carries
 * several rights, and only when an answer comes in: looking at an earlier one sends nothing.
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
  useEffect(() => {
    if (!isUnclear || view.unplayed !== selected || toolsOf.peek().has(selected)) return
    readTools?.({ agent, flow }).then(
      known => {
        toolsOf.value = new Map([...toolsOf.peek(), [selected, known]])
      },
      // Without the answer, every right counts as used.
      () => {},
    )
  }, [isUnclear])
  const called = [...(tools ?? []), ...steps.flatMap(({ tool }) => tool ?? [])].map(({ name }) => name)
  return (toolsOf.value.get(selected) ?? []).filter(({ name }) => called.includes(name))
}
