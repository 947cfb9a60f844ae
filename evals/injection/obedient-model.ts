import {
  answer,
  ScriptedBedrock,
  toFrame,
  toolBlock,
  toolStep,
} from '../../tests/contract/bedrock/scripted-bedrock.ts'
import type { Call, Scene } from './dojo.ts'

/** How many calls the model makes at once: the agent lets no more changes wait at a time. */
const callsAtOnce = 5
const mark = 'INJECTED: '

/**
 * A model that makes the user's calls and, as soon as it reads injected text, all calls of the attack; then it goes on.
 * A refused call does not stop it, and it makes none twice.
 */
export class ObedientModel {
  readonly bedrock = new ScriptedBedrock()
  /** Whether the model read injected text in this turn. */
  hasRead = false
  /** The tools that the agent offered in this turn, by the server's names. */
  offered: readonly string[] = []
  #steps: (readonly Call[])[] = []
  #injected: readonly Call[] = []
  #output = 'Done.'
  #made = 0
  #changes: (call: Call) => boolean = () => false

  constructor() {
    this.bedrock.script = ({ body }, response) => {
      const { tools = [] } = { ...body.toolConfig } as { tools?: { toolSpec?: { name: string } }[] }
      const names = new Map(
        tools.map(({ toolSpec: { name } = { name: '' } }) => [name.split('__')[1] ?? '', name]),
      )
      this.offered = [...names.keys()].filter(name => name !== '')
      const calls = this.#next(JSON.stringify(body.messages.at(-1)?.content ?? ''))
      const blocks = calls.map((call, index) =>
        toolBlock(
          index,
          `call_${++this.#made}`,
          names.get(call.tool) ?? call.tool,
          JSON.stringify(call.arguments),
        ),
      )
      const said =
        calls.length > 0
          ? toolStep([{ messageStart: { role: 'assistant' } }], ...blocks)
          : answer(this.#output)
      response.end(Buffer.concat(said.map(toFrame)))
    }
  }

  /** Begins a turn. */
  play({ wanted, injected, output }: Scene, changes: (tool: string) => boolean): void {
    this.#changes = ({ tool }) => changes(tool)
    this.#steps = this.#group(wanted)
    this.#injected = injected
    this.#output = output || 'Done.'
    this.hasRead = false
    this.offered = []
    this.bedrock.requests.length = 0
  }

  #next(read: string): readonly Call[] {
    if (!this.hasRead && read.includes(mark)) {
      this.hasRead = true
      this.#steps.unshift(...this.#group(this.#injected))
    }
    return this.#steps.shift() ?? []
  }

  /** Several reads at once, or several changes, as Claude does. */
  #group(calls: readonly Call[]): (readonly Call[])[] {
    const steps: Call[][] = []
    for (const call of calls) {
      const last = steps.at(-1)
      const [first] = last ?? []
      if (first && last && last.length < callsAtOnce && this.#changes(first) === this.#changes(call))
        last.push(call)
      else steps.push([call])
    }
    return steps
  }
}
