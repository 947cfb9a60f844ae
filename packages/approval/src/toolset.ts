import {
  type AgentIdentity,
  type ApiContext,
  type DownstreamApi,
  mayUseApi,
} from '@entra-agents/identity/core'
import type { ComponentHealth, ProblemError, ProblemKind } from '@entra-agents/service-kit'
import type { Effect, HistoryEntry, Sentence } from '@entra-agents/trace'
import type { StructuredToolInterface } from '@langchain/core/tools'
import type { PausableTurn } from './pausable-turn.ts'

/** What a tool works with: its turn, and the one way to call APIs, under the identity of this turn. */
export type ToolContext = ApiContext<PausableTurn>

/** What makes calls of a tool wait for the user's approval. */
export interface Change {
  readonly effect: Effect
  /** What a call does, for people, such as “Create alert”. */
  readonly title: string
  /**
   * Tells the user who approves a call what it would do. It may look up what the call would change, under the user's identity. If it
   * throws, nobody is asked. It is asked again before the call runs, which does not run if it then tells something else.
   */
  readonly tell?: (
    args: Readonly<Record<string, unknown>>,
    context: ToolContext,
  ) => Sentence | Promise<Sentence>
  /**
   * The scope that the API demands for the call, if that is not the one of its `permissions`. Nobody is asked to approve a call for which
   * the agent lacks the scope.
   */
  readonly scope?: string | undefined
  /** Whether the agent may call the tool in a flow without a user, where nobody can approve the call. */
  readonly unattended?: boolean
  /** Whether the API carries out a call only once, however often it is sent with the same `Idempotency-Key`. */
  readonly isIdempotent: boolean
}

/** A tool that the model may call. */
export interface OfferedTool {
  /** Its name, description and schema, and how it is called. */
  readonly tool: StructuredToolInterface
  readonly api: DownstreamApi
  /** Missing if the tool only reads. */
  readonly change?: Change | undefined
  /** What is wrong with arguments that fit the schema, but would be refused by the API; the user is not asked about such a call. */
  readonly faultOf?: (args: Readonly<Record<string, unknown>>) => string | undefined
  /** Hash of the tool's whole definition, if that is more than name, description and schema. */
  readonly hash?: string
}

/** A tool that direct mode has chosen, with its arguments. */
export interface DirectCall {
  readonly tool: string
  readonly arguments: Readonly<Record<string, unknown>>
  readonly api: DownstreamApi
  /** Missing if the tool only reads. */
  readonly change?: Change | undefined
  /** Calls the API and puts its response into sentences. */
  readonly answer: (context: ToolContext) => Promise<string>
}

/** The toolsets that an agent may use. */
export function toolsetsOf(agent: AgentIdentity, toolsets: readonly Toolset[]): readonly Toolset[] {
  return toolsets.filter(({ api }) => mayUseApi(agent, api))
}

/** Whether any agent may be offered a tool of this name, in any flow. */
export async function isConfiguredTool(
  name: string,
  toolsets: readonly Toolset[],
  context: ToolContext,
): Promise<boolean> {
  const names = toolsets.map(async ({ source, load }) =>
    source ? source.toolNames : (await load(context)).map(({ tool }) => tool.name),
  )
  return (await Promise.all(names)).flat().includes(name)
}

/** One `DownstreamApi` for each right that these tools need: each right has its own entries of the sidecar. */
export function apisOf({ api, otherRights = [] }: Toolset): readonly DownstreamApi[] {
  return [api, ...otherRights]
}

/** The tools of one API, in all ways in which the agent uses them. */
export interface Toolset {
  readonly api: DownstreamApi
  /** The same API with further rights that some tools need, each with its own entries of the sidecar. */
  readonly otherRights?: readonly DownstreamApi[]
  /** Failures that only these tools have. The model may word them for the user and go on. */
  readonly problems: Readonly<Record<string, ProblemKind>>
  /** Messages to try, for a new conversation. */
  readonly examples: readonly string[]
  /** Further examples, for users only: what is theirs, and changes that they have to approve. */
  readonly userExamples?: readonly string[]
  /** Further examples, which only a model understands. */
  readonly modelExamples?: readonly string[]
  /** How the model is to use the tools: lines of its system prompt. */
  readonly instructions?: string
  /** The tools that the model is offered in a turn. They find their context by `toolContext`. */
  load(context: ToolContext): Promise<readonly OfferedTool[]>
  /** Where the tools come from, if the API itself lists them. */
  readonly source?: {
    /** The configured tools, by the API's names and by those for the model. */
    readonly toolNames: readonly string[]
    /** Looks the tools up again if the last look-up is old. Never throws. */
    refresh(): Promise<void>
    /** Health of the API and of each tool, of which calls of the API alone would show less. */
    health(): ComponentHealth
    close(): Promise<void>
  }
  /** How direct mode uses the tools, where it can. */
  readonly direct?: {
    /** What a message asks of these tools, found without a model; `undefined` if it asks nothing of them. */
    recognise(message: string): DirectCall | undefined
    /** Says how to ask, when no toolset recognised anything. */
    notRecognised(): ProblemError
  }
  /** Whether an answer that came without a tool should have used one of these tools. */
  wasNeeded(
    turn: { readonly message: string; readonly history: readonly HistoryEntry[] },
    answer: string,
  ): boolean
}
