/** As soon as one of these is set, LangChain sends prompts and answers to LangSmith, or prints them. */
const switches = [
  'LANGSMITH_TRACING_V2',
  'LANGCHAIN_TRACING_V2',
  'LANGSMITH_TRACING',
  'LANGCHAIN_TRACING',
  'LANGCHAIN_VERBOSE',
] as const

/**
 * Takes LangChain's own tracing switches out of an environment, because LangChain reads them before every call and has
 * no option against them. Conversations must not leave the process but to Bedrock. Returns the names that were set.
 */
export function switchOffTracing(environment: NodeJS.ProcessEnv): readonly string[] {
  const found = switches.filter(name => environment[name] !== undefined)
  for (const name of found) delete environment[name]
  return found
}
