import type { ToolContext } from './toolset.ts'

/**
 * The LangChain configuration that hands a context to a tool. The context is behind a function, because LangChain shows
 * plain values to every callback, and the turn holds the user's token.
 */
export function withToolContext(context: ToolContext) {
  return { context: { toolContext: () => context }, signal: context.turn.signal }
}

/** Reads the context inside a LangChain tool, whose second argument is its configuration. */
export function toolContext(config: unknown): ToolContext {
  const { context } = config as Partial<ReturnType<typeof withToolContext>>
  if (context === undefined) throw new Error('The tool was called without its context.')
  return context.toolContext()
}
