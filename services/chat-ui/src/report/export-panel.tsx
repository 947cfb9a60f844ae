import type { PublicConfig, Status } from '@entra-agents/trace'
import { downloadText } from '@entra-agents/trace-view/browser/download'
import { type ReadonlySignal, useSignal } from '@preact/signals'
import type { Conversation } from '../conversation/conversation.ts'
import type { Session } from '../sign-in/session.ts'
import type { ExportedFile } from './file-shape.ts'
import { printReport, reportHtml } from './report-html.tsx'
import { toExportedFile } from './write-file.ts'

export interface ExportPanelProps {
  readonly conversation: Conversation
  readonly config: PublicConfig
  readonly status: ReadonlySignal<Status | undefined>
  readonly session: Session
}

type ExportExtent = 'answer' | 'conversation'

/** The choice of what to export, in which format, and whether with personal data. Each click on a button makes a new file. */
export function ExportPanel({ conversation, config, status, session }: ExportPanelProps) {
  const extent = useSignal<ExportExtent>('answer')
  const withPersonalData = useSignal(false)
  const selected = conversation.selected.value
  const opened = conversation.opened.value

  const make = (): ExportedFile => {
    const all = extent.value === 'answer' && selected ? [selected] : conversation.exchanges.value
    const context = {
      config,
      host: location.host,
      version: status.value?.version ?? '',
      account: session.account.value,
      now: new Date(),
      source: opened,
    }
    return toExportedFile(
      all.map(exchange => exchange.peek()),
      context,
      withPersonalData.value && !opened?.redacted,
    )
  }
  const name = (file: ExportedFile, ending: string) =>
    `identity-trace-${file.exportedAt.slice(0, 10)}.${ending}`
  const ways = [
    {
      label: 'Report, one HTML file',
      meaning: 'Opens offline, without scripts. For people.',
      run: (file: ExportedFile) => downloadText(name(file, 'html'), reportHtml(file), 'text/html'),
    },
    {
      label: 'JSON',
      meaning: 'Steps and tokens as the agent sent them. Can be read back in.',
      run: (file: ExportedFile) => downloadText(name(file, 'json'), JSON.stringify(file, undefined, 2)),
    },
    { label: 'Print', meaning: 'The report on paper.', run: printReport },
  ]

  return (
    <>
      {selected && (
        <>
          <h2>Export</h2>
          <fieldset class="line">
            <legend class="visually-hidden">How much</legend>
            {extents.map(({ value, label }) => (
              <label key={value} class="row toggle">
                <input
                  type="radio"
                  name="export-extent"
                  checked={extent.value === value}
                  onChange={() => {
                    extent.value = value
                  }}
                />
                {label}
              </label>
            ))}
          </fieldset>
          {!opened?.redacted && (
            <label class="row toggle">
              <input
                type="checkbox"
                checked={withPersonalData.value}
                onChange={event => {
                  withPersonalData.value = event.currentTarget.checked
                }}
              />
              Include personal data and tenant
            </label>
          )}
          <p class="note">
            {withPersonalData.value
              ? 'Names, addresses and ids of people will be in the file.'
              : 'Names, addresses and ids in the tokens are left out, also where a question or an answer has them. Other personal data that somebody wrote stays: read the file before you send it.'}
          </p>
          {ways.map(({ label, meaning, run }) => (
            <button key={label} type="button" class="menu-row" onClick={() => run(make())}>
              <strong>{label}</strong>
              <span>{meaning}</span>
            </button>
          ))}
        </>
      )}
    </>
  )
}

const extents: readonly { readonly value: ExportExtent; readonly label: string }[] = [
  { value: 'answer', label: 'This answer' },
  { value: 'conversation', label: 'Whole conversation, as shown' },
]
