import { type Flow, flows, type Instructions } from '@entra-bedrock-agent/identity-trace'
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { readInstructions } from '../agent/instructions.ts'
import { PageError, type PageProblem } from '../agent/page-problem.ts'
import type { Conversation } from '../conversation/conversation.ts'
import type { Speaker } from '../conversation/speaker.ts'
import type { Names } from '../words/names.ts'
import './told.css'

export interface ToldPanelProps {
  readonly conversation: Conversation
  readonly names: Names
  /** In whose name a question would be asked in a flow. */
  readonly identify: (flow: Flow, renew: boolean) => Promise<Speaker>
}

/** The prompt and the tools, with the right that each needs, for the flow of the next question. */
export function ToldPanel({ conversation, names, identify }: ToldPanelProps) {
  const flow = conversation.flow.value
  const told = useSignal<Instructions | PageProblem | undefined>(undefined)
  useEffect(() => {
    told.value = undefined
    void identify(flow, false)
      .then(({ userToken }) => readInstructions(flow, userToken))
      .then(
        read => {
          told.value = read
        },
        error => {
          if (!(error instanceof PageError)) throw error
          told.value = error.problem
        },
      )
  }, [flow, identify, told])
  const shown = told.value
  if (!shown) return <p class="note">Asking the agent…</p>
  if ('code' in shown) {
    return (
      <p class="note-card" role="status">
        <strong>{shown.title}</strong> {shown.detail} {shown.hint}
      </p>
    )
  }
  return (
    <>
      <p class="note">The agent acts {flows[flow].inWords}. No token and no key is among it.</p>
      <Tools tools={shown.tools} names={names} />
      <h3>System prompt</h3>
      <pre>{shown.systemPrompt}</pre>
    </>
  )
}

function Tools({ tools, names }: { readonly tools: Instructions['tools']; readonly names: Names }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Tool</th>
          <th scope="col">API</th>
          <th scope="col">Right it needs</th>
          <th scope="col">In TR</th>
        </tr>
      </thead>
      <tbody>
        {tools.map(({ name, description, api, needs, held }) => (
          <tr key={name}>
            <th scope="row">
              <code>{name}</code>
              <span class="note">{description}</span>
            </th>
            <td>{names.actor(api)}</td>
            <td>{needs ? <code>{needs.permission}</code> : 'only the API knows'}</td>
            <td>{heldWords[`${held}`]}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

const heldWords: Readonly<Record<`${boolean | null}`, string>> = {
  true: 'yes',
  false: 'no',
  null: 'not known before a call',
}
