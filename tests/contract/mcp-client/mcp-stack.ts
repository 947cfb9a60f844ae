import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ChatResponse, Decision, PausedResponse, Status } from '@entra-agents/trace'
import { expect, vi } from 'vitest'
import { AgentStack, type StackOverrides } from '../../support/agent-stack.ts'
import { postJson } from '../../support/post-json.ts'
import { registerApis } from '../../support/register-api.ts'
import { EmulatedAws, staticKeys } from '../bedrock/emulated-aws.ts'
import { notesAppId } from './notes-server.ts'

/** An API that users have not consented to. */
export const vaultAppId = '99999999-0000-4000-8000-0000000020aa'

interface AskOptions {
  readonly signal?: AbortSignal | null
  /** What the page would send besides. */
  readonly history?: readonly object[]
  readonly pauseFor?: readonly string[]
}

interface ServerEntry {
  readonly flows?: readonly string[]
  readonly [member: string]: unknown
}
type ServerEntries = Readonly<Record<string, ServerEntry>>

/** Everything that an agent with MCP servers needs, the emulated tenant with an API for those servers included. */
export class McpStack<Stack extends AgentStack<string> = AgentStack> implements AsyncDisposable {
  readonly stack: Stack
  readonly #aws: EmulatedAws
  readonly #folder: string

  private constructor(stack: Stack, aws: EmulatedAws, folder: string) {
    this.stack = stack
    this.#aws = aws
    this.#folder = folder
  }

  static start(): Promise<McpStack> {
    return McpStack.startWith(registered => AgentStack.start(registered, ['entra', 'sidecar']))
  }

  /** Starts it with everything that the agent needs, but without the agent itself. */
  static async startWith<Stack extends AgentStack<string>>(
    start: (registered: StackOverrides) => Promise<Stack>,
  ): Promise<McpStack<Stack>> {
    const aws = await EmulatedAws.start()
    const folder = mkdtempSync(join(tmpdir(), 'mcp-client-'))
    const registered = registerApis(folder, {
      notes: { appId: notesAppId, appRoles: ['Notes.Read.All'], scopes: ['Notes.Read'] },
      vault: { appId: vaultAppId, appRoles: ['Vault.Read.All'], scopes: ['Vault.Read'], adminConsent: false },
    })
    return new McpStack(await start(registered), aws, folder)
  }

  /**
   * Starts or restarts the agent with these servers, and waits until it has looked up the tools that they list to the agent
   * itself. Members that a server lacks default to those of the notes server; without `readOnlyTools`, all of its tools
   * count as read-only.
   */
  async configure(servers: ServerEntries, environment: Readonly<Record<string, string>> = {}): Promise<void> {
    const file = join(this.#folder, 'mcp.json')
    const mcpServers = Object.fromEntries(
      Object.entries(servers).map(([name, { allowedTools = ['get_note'], ...server }]) => [
        name,
        {
          downstreamApi: 'notes',
          appId: notesAppId,
          allowedTools,
          readOnlyTools: allowedTools,
          ...server,
        },
      ]),
    )
    writeFileSync(file, JSON.stringify({ mcpServers }))
    await this.stack.restart('agent', {
      ...this.#aws.environment,
      ...staticKeys,
      MCP_CONFIG: file,
      ...environment,
    })
    const names = Object.entries(servers).flatMap(([name, { flows }]) =>
      flows === undefined || flows.includes('autonomous') ? [name.replaceAll('-', '_')] : [],
    )
    await vi.waitFor(
      async () => {
        const { components } = await this.get<Status>('/api/status')
        for (const name of names) expect(components[name]?.state, name).not.toBe('unknown')
      },
      { timeout: 20_000 },
    )
  }

  /** The calls of the model that the emulated Bedrock has logged since the stack was started. */
  get modelCalls() {
    return this.#aws.app.controls.requests.all.filter(({ operation }) => operation === 'ConverseStream')
  }

  async get<Body = Record<string, unknown>>(path: string): Promise<Body> {
    return (await (await fetch(`${this.stack.agentUrl}${path}`)).json()) as Body
  }

  /** Asks in Bedrock mode; on behalf of the user if their token is given. */
  ask(message: string, token?: string, { signal = null, ...more }: AskOptions = {}): Promise<Response> {
    const flow = token === undefined ? 'autonomous' : 'obo'
    const question = { message, mode: 'bedrock', flow, ...more }
    return postJson(`${this.stack.agentUrl}/api/chat`, question, { token, signal })
  }

  /** Asks, and returns the turn with the answer. */
  async answerTo(message: string, token?: string): Promise<ChatResponse> {
    const response = await this.ask(message, token)
    const text = await response.text()
    if (response.status !== 200) throw new Error(text)
    return JSON.parse(text) as ChatResponse
  }

  /** Asks, and returns the turn, which waits for the user. */
  async pauseOf(message: string, token: string): Promise<PausedResponse> {
    const reply: unknown = await this.answerTo(message, token)
    expect(reply).toMatchObject({ status: 'paused' })
    return reply as PausedResponse
  }

  /** Goes on with a turn that waits: all of its calls are approved, or none. */
  decide(
    { calls, continuation }: PausedResponse,
    decision: Decision['decision'],
    token: string,
    { signal = null, ...more }: AskOptions = {},
  ): Promise<Response> {
    const decisions = calls.map(({ callId, digest }) => ({ callId, digest, decision }))
    const body = { continuation, decisions, mode: 'bedrock', flow: 'obo', ...more }
    return postJson(`${this.stack.agentUrl}/api/chat/continue`, body, { token, signal })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stack.close()
    await this.#aws.close()
    rmSync(this.#folder, { recursive: true })
  }
}
