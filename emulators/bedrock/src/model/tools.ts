import type { ToolSpec } from '../wire/converse-request.ts'
import { fillInArguments } from './arguments.ts'
import { wordsOf } from './names.ts'
import { type Reply, replyWithCalls, say } from './reply.ts'

/** Words of tools' names that do not say what a tool is about. */
const fillerWords =
  /^(get|list|find|fetch|search|show|read|look|up|lookup|query|create|update|delete|set|add|send|call|run|my|all|of|for|by)$/

/** The tools of the server that a message names, as in “ask my-planner for the tasks”. Tools' names begin with their server's. */
export function toolsOfNamedServer(
  tools: readonly ToolSpec[],
  message: string,
): readonly ToolSpec[] | undefined {
  const named = tools.filter(({ name }) => {
    const [server, tool] = name.split('__')
    const isNamed = new RegExp(`\\b(?:(?:ask|use|via)\\s+(?:the\\s+)?${server}\\b|${server}__)`, 'i')
    return tool !== undefined && isNamed.test(message)
  })
  return named.length > 0 ? named : undefined
}

/** The tool whose name a message contains, as `get_tasks` or as “get tasks”. */
export function findNamedTool(tools: readonly ToolSpec[], message: string): ToolSpec | undefined {
  const said = ` ${wordsOf(message).join(' ')} `
  return tools.find(tool => said.includes(` ${wordsOfToolName(tool).join(' ')} `))
}

/** The tool whose name shares most words with the message, fillers and plural endings aside: “tasks” fits `get_task`. */
export function findToolByWords(tools: readonly ToolSpec[], message: string): ToolSpec | undefined {
  const said = new Set(wordsOf(message).map(singular))
  const [best] = tools
    .map(tool => ({
      tool,
      hits: wordsOfToolName(tool).filter(word => !fillerWords.test(word) && said.has(singular(word))).length,
    }))
    .filter(({ hits }) => hits > 0)
    .toSorted((a, b) => b.hits - a.hits)
  return best?.tool
}

/** Calls a tool with the arguments in the message, or asks for the first required argument that the message lacks. */
export function useTool(tool: ToolSpec, message: string): Reply {
  const { required = [] } = tool.inputSchema.json
  const input = fillInArguments(tool, message)
  const missing = required.find(name => !(name in input))
  return missing === undefined
    ? replyWithCalls(tool.name, [input], `I’ll call ${tool.name}.`)
    : say(`Which ${wordsOf(missing).join(' ')} do you mean?`)
}

/** The words of a tool's name without its server's: `get_tasks` of `planner__get_tasks`. */
function wordsOfToolName({ name }: ToolSpec): readonly string[] {
  return wordsOf(name.split('__').at(-1) ?? name)
}

function singular(word: string): string {
  return word.replace(/(?<=\w{2})s$/, '')
}
