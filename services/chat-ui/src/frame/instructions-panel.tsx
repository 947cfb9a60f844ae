import { type Flow, type Instructions, needsUser, type TokenCard } from '@entra-agents/trace'
import { CopyButton } from '@entra-agents/trace-view/controls/copy-button'
import { DottedName } from '@entra-agents/trace-view/controls/dotted-name'
import { IconButton } from '@entra-agents/trace-view/controls/icon-button'
import { closePopovers } from '@entra-agents/trace-view/controls/popover'
import { Table } from '@entra-agents/trace-view/controls/table'
import { rightsOf } from '@entra-agents/trace-view/trace/read-token'
import { flowWords } from '@entra-agents/trace-view/words/flows'
import { capitalise, type Names } from '@entra-agents/trace-view/words/names'
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { readDocument } from '../agent/documents.ts'
import { type PageProblem, problemOf } from '../agent/page-problem.ts'
import type { Conversation } from '../conversation/conversation.ts'
import type { Speaker } from '../conversation/speaker.ts'
import type { Page } from '../page.ts'

type InstructionsPanelProps = Pick<Page, 'conversation' | 'names' | 'needs'>

/** The prompt and the tools, with the right that each needs, for the flow of the next question. */
export function InstructionsPanel({ conversation, names, needs }: InstructionsPanelProps) {
  const agent = conversation.agent.value
  const flow = conversation.flow.value
  const told = useSignal<Instructions | PageProblem | undefined>(undefined)
  useEffect(() => {
    told.value = undefined
    const reading = needs.identify({ agent, flow }, false).then(readInstructions)
    const show = (what: Instructions | PageProblem | undefined) => {
      if (what) told.value = what
    }
    void problemOf(reading.then(show)).then(show)
  }, [agent, flow, needs, told])
  return (
    <>
      <div class="line">
        <h2 class="t4">What the model is told</h2>
        <div class="end">
          <IconButton icon="close" label="Close" onClick={closePopovers} />
        </div>
      </div>
      {conversation.mode.value === 'direct' && (
        <p class="note">In Direct mode no model is asked. This is what it is told in Bedrock mode.</p>
      )}
      {!told.value ? (
        <p class="note">Asking the agent…</p>
      ) : 'code' in told.value ? (
        <p class="note-card" role="status">
          <strong>{told.value.title}</strong> {told.value.detail} {told.value.hint}
        </p>
      ) : (
        <InstructionsView
          {...told.value}
          flow={flow}
          names={names.ofAgent(agent)}
          tokens={needsUser(flow) ? tokensOf(conversation, { agent, flow }) : undefined}
        />
      )}
    </>
  )
}

export function readInstructions({ agent, flow, userToken }: Speaker): Promise<Instructions> {
  // To say which rights it holds, the agent obtains a token for each API. This may take as long as in a turn.
  const timeoutMs = 20_000
  return readDocument(`/api/instructions?${new URLSearchParams({ agent, flow })}`, { timeoutMs, userToken })
}

type Tool = Instructions['tools'][number]

/** The tokens for APIs that were seen in this conversation, with this agent and flow. */
function tokensOf({ exchanges }: Conversation, { agent, flow }: Pick<Speaker, 'agent' | 'flow'>) {
  return exchanges.value.flatMap(({ value: { question, steps } }) =>
    question.agent === agent && question.flow === flow
      ? steps.flatMap(({ token }) => (token?.role === 'TR' && token.claims ? token : []))
      : [],
  )
}

interface InstructionsViewProps extends Pick<Instructions, 'systemPrompt' | 'tools'> {
  readonly flow: Flow
  readonly names: Names
  /** The tokens for APIs that the agent got for the user; not given if the agent itself tells what it holds. */
  readonly tokens: readonly TokenCard[] | undefined
}

function InstructionsView({ systemPrompt, tools, flow, names, tokens }: InstructionsViewProps) {
  const [api, ...otherApis] = new Set(tools.map(tool => names.actor(tool.api)))
  const isOneApi = otherApis.length === 0
  const headings = [
    'Tool',
    ...(isOneApi ? [`Right it needs, at ${api}`] : ['API', 'Right it needs']),
    tokens ? 'In your last token' : 'In its token',
  ]
  const isHeld = (tool: Tool) => {
    if (!tokens || !tool.needs) return tool.held
    const token = tokens.findLast(({ claims }) => names.id(`${claims?.['aud']}`) === names.actor(tool.api))
    return token ? rightsOf(token).rights.includes(tool.needs.permission) : null
  }
  const rows = tools.map(tool => [
    <>
      <code>{tool.name}</code>
      <p class="fine">{tool.description}</p>
    </>,
    ...(isOneApi ? [] : [names.actor(tool.api)]),
    tool.needs ? (
      <code>
        <DottedName name={tool.needs.permission} />
      </code>
    ) : (
      'only the API knows'
    ),
    heldWords[`${isHeld(tool)}`],
  ])
  return (
    <>
      <p class="note">
        {capitalise(names.agent)}, {flowWords[flow].asWhom}. No token and no key is among it.
      </p>
      <Table head={headings} rows={rows} />
      <h3>
        System prompt <CopyButton label="Copy the system prompt" text={() => systemPrompt} />
      </h3>
      <pre>{systemPrompt}</pre>
    </>
  )
}

const heldWords: Readonly<Record<`${boolean | null}`, string>> = {
  true: 'yes',
  false: 'no',
  null: 'not known yet',
}
