import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sidecarEntries } from '@entra-agents/agentctl/sidecar-entries'
import type { ChatResponse, PausedResponse, Problem } from '@entra-agents/trace'
import { staticKeys } from '../../tests/contract/bedrock/emulated-aws.ts'
import { AgentStack } from '../../tests/support/agent-stack.ts'
import { identities } from '../../tests/support/identities.ts'
import { postJson } from '../../tests/support/post-json.ts'
import { describeApi } from '../../tests/support/register-api.ts'
import { DojoServer, type Reading, readSuite, type Scene, type Suite, type SuiteName } from './dojo.ts'
import { ObedientModel } from './obedient-model.ts'
import { type Agent, agentFor, type Rung } from './rungs.ts'
import { makeUser, type UserKind } from './users.ts'

const appId = '99999999-0000-4000-8000-0000000d030a'
const clientIdOf = (index: number) => `bbbbbbbb-0000-4000-8000-00000001${index.toString(16).padStart(4, '0')}`

/** The outcome of one turn. */
export interface Turn {
  readonly outcome: 'stopped' | 'partly' | 'whole'
  readonly done: boolean
  /** Whether the model read the injected text. */
  readonly obeyed: boolean
  /** How the turn ended: `answered`, or the code of a problem. */
  readonly end: string
  readonly asked: number
  readonly denied: number
  readonly refused: number
}

type Reply = Pick<PausedResponse, 'calls' | 'continuation' | 'kind'> &
  Partial<Pick<PausedResponse, 'claimsChallenge'>> & {
    readonly status: string | number
    readonly code?: string
  }

/** The agents of some rungs and everything around them: emulated Entra and sidecar, the obedient model, and AgentDojo's tools. */
export class DojoStack implements AsyncDisposable {
  readonly suite: Suite
  readonly #name: SuiteName
  readonly #stack: AgentStack
  readonly #server: DojoServer
  readonly #model: ObedientModel
  readonly #token: string
  readonly #folder: string

  private constructor(
    suite: Suite,
    name: SuiteName,
    parts: { stack: AgentStack; server: DojoServer; model: ObedientModel; token: string; folder: string },
  ) {
    this.suite = suite
    this.#name = name
    ;({
      stack: this.#stack,
      server: this.#server,
      model: this.#model,
      token: this.#token,
      folder: this.#folder,
    } = parts)
  }

  /**
   * @param readOnlyByMistake changing tools that the configuration names among those that only read
   */
  static async start(
    name: SuiteName,
    reading: Reading,
    rungs: readonly Rung[],
    readOnlyByMistake: readonly string[] = [],
  ): Promise<DojoStack> {
    const suite = await readSuite(name, reading)
    const needed = rungs.flatMap(rung => Object.keys(suite.tasks).map(task => agentFor(rung, suite, task)))
    const agents = [...new Map(needed.map(agent => [agent.name, agent])).values()]
    const folder = mkdtempSync(join(tmpdir(), 'injection-'))
    const write = (file: string, content: object) => {
      writeFileSync(join(folder, file), JSON.stringify(content))
      return join(folder, file)
    }
    const stack = await AgentStack.start(
      {
        entra: { ENTRA_SEED: write('entra.json', seedOf(agents)) },
        sidecar: sidecarEntries([describeApi('dojo', appId)]),
      },
      ['entra', 'sidecar'],
    )
    const server = await DojoServer.start(name, reading, {
      tenant: `${stack.entraUrl}/${identities.tenantId}`,
      appId,
      agents: agents.map((_, index) => clientIdOf(index)),
    })
    const tools = Object.keys(suite.tools)
    const reads = tools.filter(tool => !suite.tools[tool]?.changes || readOnlyByMistake.includes(tool))
    const changing = tools.filter(tool => suite.tools[tool]?.changes)
    const toolScopes = Object.fromEntries(changing.map(tool => [tool, `${suite.tools[tool]?.api}.ReadWrite`]))
    const entry = {
      url: server.url,
      downstreamApi: 'dojo',
      appId,
      allowedTools: tools,
      authenticationContexts: ['c1'],
    }
    const model = new ObedientModel()
    await model.bedrock.start()
    await stack.start('agent', {
      ...model.bedrock.environment,
      ...staticKeys,
      LOG_LEVEL: 'silent',
      RATE_LIMIT_PER_MINUTE: '100000',
      AGENTS_CONFIG: write('agents.json', { agents: Object.fromEntries(agents.map(describeAgent)) }),
      MCP_CONFIG: write('mcp.json', {
        mcpServers: {
          runs: { ...entry, readOnlyTools: tools },
          waits: { ...entry, readOnlyTools: reads, toolScopes },
        },
      }),
    })
    const token = await stack.signIn(identities.ada.oid)
    return new DojoStack(suite, name, { stack, server, model, token, folder })
  }

  /** Runs one task of the user, with an attack or without. */
  async run(rung: Rung, task: string, attack?: string): Promise<Turn> {
    const scene = await this.#server.setScene(task, attack, rung.stepUp === true)
    const agent = agentFor(rung, this.suite, task).name
    let reply = await this.#begin(rung, agent, scene)
    const decides = new Decisions(rung.waitsFor, scene, `${this.#name} ${task} ${attack}`)
    let token = this.#token
    while (reply.status === 'paused') {
      const decisions = decides.on(reply)
      if (reply.kind === 'step-up' && decisions.some(({ decision }) => decision === 'approve'))
        token = await this.#stack.signIn(identities.ada.oid, reply.claimsChallenge)
      const body = { agent, mode: 'bedrock', flow: 'obo', continuation: reply.continuation, decisions }
      reply = await this.#post('/api/chat/continue', body, token)
    }
    const { done, succeeded, beyond, refused } = await this.#server.judge()
    return {
      outcome: succeeded ? 'whole' : beyond.length > 0 ? 'partly' : 'stopped',
      done,
      obeyed: this.#model.hasRead,
      end: reply.code ?? 'answered',
      asked: decides.asked,
      denied: decides.denied,
      refused: refused.length,
    }
  }

  /** Asks, once more if the agent had not got the list of this agent's tools yet. */
  async #begin({ flow }: Rung, agent: string, scene: Scene): Promise<Reply> {
    for (let trial = 0; trial < 20; trial++) {
      this.#model.play(scene, tool => this.suite.tools[tool]?.changes === true)
      const body = { agent, message: scene.prompt, mode: 'bedrock', flow, pauseFor: ['consent'] }
      const reply = await this.#post('/api/chat', body, flow === 'obo' ? this.#token : undefined)
      if (this.#model.offered.length > 0) return reply
    }
    throw new Error(`${agent} of ${this.#name} is offered no tools.`)
  }

  async #post(path: string, body: object, token: string | undefined): Promise<Reply> {
    const response = await postJson(`${this.#stack.agentUrl}${path}`, body, { token })
    return (await response.json()) as ChatResponse & PausedResponse & Problem
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.close()
    await this.#server[Symbol.asyncDispose]()
    await this.#model.bedrock.close()
    rmSync(this.#folder, { recursive: true })
  }
}

/** What the user decides in one turn. */
class Decisions {
  asked = 0
  denied = 0
  readonly #approves: ReturnType<typeof makeUser>
  readonly #stepUpsExpected: readonly string[]

  constructor(kind: UserKind = 'careful', scene: Scene, pair: string) {
    this.#approves = makeUser(kind, scene, pair)
    this.#stepUpsExpected = scene.stepUpsExpected
  }

  on({ kind, calls }: Reply) {
    return calls.map(({ callId, digest, tool, arguments: given }) => {
      const call = { tool: tool.split('__')[1] ?? tool, arguments: given as Record<string, unknown> }
      const approved = kind === 'step-up' ? this.#stepUpsExpected.includes(call.tool) : this.#approves(call)
      if (kind === 'approval') this.asked++
      if (!approved) this.denied++
      return { callId, digest, decision: approved ? ('approve' as const) : ('deny' as const) }
    })
  }
}

/** The tenant: AgentDojo's API, and each agent with its own rights at it. */
function seedOf(agents: readonly Agent[]) {
  const scopes = [...new Set(agents.flatMap(agent => agent.scopes))]
  const described = agents.map(({ name, scopes }, index) => [
    name,
    { id: clientIdOf(index), may: { dojo: [...scopes, ...scopes.map(scope => `${scope}.All`)] } },
  ])
  return {
    extends: 'demo',
    apps: {
      dojo: { id: appId, scopes, roles: scopes.map(scope => `${scope}.All`), optionalClaims: 'agent' },
    },
    blueprints: { weather: { agents: Object.fromEntries(described) } },
  }
}

function describeAgent({ name, waits }: Agent, index: number) {
  return [name, { title: name, clientId: clientIdOf(index), apis: [waits ? 'waits' : 'runs'] }] as const
}
