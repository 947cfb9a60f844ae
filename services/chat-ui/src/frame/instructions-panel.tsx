import type { Instructions } from '@entra-agents/trace'
import { CopyButton } from '@entra-agents/trace-view/controls/copy-button'
import { DottedName } from '@entra-agents/trace-view/controls/dotted-name'
import { tableRoles } from '@entra-agents/trace-view/controls/table-roles'
import { flowWords } from '@entra-agents/trace-view/words/flows'
import { capitalise, type Names } from '@entra-agents/trace-view/words/names'
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { readDocument } from '../agent/documents.ts'
import { PageError, type PageProblem } from '../agent/page-problem.ts'
import type { Speaker } from '../conversation/speaker.ts'
import type { Page } from '../page.ts'

type InstructionsPanelProps = Pick<Page, 'conversation' | 'names' | 'identify'>

/** The prompt and the tools, with the right that each needs, for the flow of the next question. */
export function InstructionsPanel({ conversation, names, identify }: InstructionsPanelProps) {
  const agent = conversation.agent.value
  const flow = conversation.flow.value
  const told = useSignal<Instructions | PageProblem | undefined>(undefined)
  useEffect(() => {
    told.value = undefined
    void identify({ agent, flow }, false)
      .then(readInstructions)
      .then(
        read => {
          told.value = read
        },
        error => {
          if (!(error instanceof PageError)) throw error
          told.value = error.problem
        },
      )
  }, [agent, flow, identify, told])
  return (
    <>
      <h2>What the model is told</h2>
      {conversation.mode.value === 'direct' && (
        <p class="note">In Direct mode no model is asked. This is what it is told in Bedrock mode.</p>
      )}
      <InstructionsView told={told.value} inWords={flowWords[flow].asWhom} names={names.ofAgent(agent)} />
    </>
  )
}

function readInstructions({ agent, flow, userToken }: Speaker): Promise<Instructions> {
  // To say which rights it holds, the agent obtains a token for each API. This may take as long as in a turn.
  const timeoutMs = 20_000
  return readDocument(`/api/instructions?${new URLSearchParams({ agent, flow })}`, { timeoutMs, userToken })
}

interface InstructionsViewProps {
  readonly told: Instructions | PageProblem | undefined
  /** The flow, in words that can follow “The agent acts”. */
  readonly inWords: string
  readonly names: Names
}

function InstructionsView({ told, inWords, names }: InstructionsViewProps) {
  if (!told) return <p class="note">Asking the agent…</p>
  if ('code' in told) {
    return (
      <p class="note-card" role="status">
        <strong>{told.title}</strong> {told.detail} {told.hint}
      </p>
    )
  }
  return (
    <>
      <p class="note">
        {capitalise(names.agent)} acts {inWords}. No token and no key is among it.
      </p>
      <ToolTable tools={told.tools} names={names} />
      <h3>
        System prompt <CopyButton label="Copy the system prompt" text={() => told.systemPrompt} />
      </h3>
      <pre>{told.systemPrompt}</pre>
    </>
  )
}

function ToolTable({ tools, names }: { readonly tools: Instructions['tools']; readonly names: Names }) {
  // On behalf of a user, the rights held are unknown before there is a token.
  const isHeldKnown = tools.some(({ held }) => held !== null)
  const headings = ['Tool', 'API', 'Right it needs', ...(isHeldKnown ? ['Held'] : [])]
  return (
    <table class="foldable" {...tableRoles.table}>
      <thead {...tableRoles.rowGroup}>
        <tr {...tableRoles.row}>
          {headings.map(heading => (
            <th key={heading} scope="col" {...tableRoles.columnHeader}>
              {heading}
            </th>
          ))}
        </tr>
      </thead>
      <tbody {...tableRoles.rowGroup}>
        {tools.map(({ name, description, api, needs, held }) => (
          <tr key={name} {...tableRoles.row}>
            <th scope="row" {...tableRoles.rowHeader}>
              <code>{name}</code>
              <span class="note">{description}</span>
            </th>
            <td {...tableRoles.cell}>{names.actor(api)}</td>
            <td {...tableRoles.cell}>
              {needs ? (
                <code>
                  <DottedName name={needs.permission} />
                </code>
              ) : (
                'only the API knows'
              )}
            </td>
            {isHeldKnown && <td {...tableRoles.cell}>{heldRightWords[`${held}`]}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

const heldRightWords: Readonly<Record<`${boolean | null}`, string>> = {
  true: 'in TR',
  false: 'not in TR',
  null: 'not known before a call',
}
