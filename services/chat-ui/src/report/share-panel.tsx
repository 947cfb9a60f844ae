import { downloadText } from '@entra-agents/trace-view/browser/download'
import { Icon, type IconName } from '@entra-agents/trace-view/controls/icon'
import { Segments } from '@entra-agents/trace-view/controls/segments'
import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import type { Page } from '../page.ts'
import type { ExportedFile } from './file-shape.ts'
import { writeLink } from './link.ts'
import { writePicture } from './picture.tsx'
import { reportHtml } from './report-html.tsx'
import { toExportedFile } from './write-file.ts'
import '../styles/report.css'

type Extent = 'answer' | 'conversation'

const extents = [
  { value: 'answer', label: 'This answer' },
  { value: 'conversation', label: 'Whole conversation' },
] as const

/** What can leave the page: a link, a picture, a report, data. Each leaves the user out unless the user says otherwise. */
export function SharePanel(props: Pick<Page, 'conversation' | 'config' | 'status' | 'session'>) {
  const { conversation, config, status, session } = props
  const extent = useSignal<Extent>('answer')
  const leavesOut = useSignal(true)
  const selected = conversation.selected.value
  const opened = conversation.opened.value

  const make = (howMuch: Extent): ExportedFile => {
    const all = howMuch === 'answer' && selected ? [selected] : conversation.exchanges.peek()
    const context = {
      config,
      host: location.host,
      version: status.peek()?.version ?? '',
      account: session.account.peek(),
      now: new Date(),
      source: opened,
    }
    return toExportedFile(
      all.map(exchange => exchange.peek()),
      context,
      !leavesOut.value || opened?.redacted === true,
    )
  }
  const save = (
    ending: string,
    type: string,
    write: (file: ExportedFile) => string,
    howMuch = extent.value,
  ) => {
    const file = make(howMuch)
    downloadText(`identity-trace-${file.exportedAt.slice(0, 10)}.${ending}`, write(file), type)
  }

  if (!selected) return null
  return (
    <>
      <Segments legend="How much" name="share-extent" chosen={extent} segments={extents} />
      <LinkWay
        key={`${extent.value} ${leavesOut.value} ${conversation.running.value}`}
        make={() => make(extent.value)}
      />
      <Way
        icon="image"
        name="Picture"
        words="1200 × 630, verdict and formula of this answer, for a slide or a post."
      >
        <button
          type="button"
          class="button"
          onClick={() => save('svg', 'image/svg+xml', writePicture, 'answer')}
        >
          SVG
        </button>
      </Way>
      <Way icon="sheet" name="Report" words="One HTML file without scripts. Prints light.">
        <button type="button" class="button" onClick={() => save('html', 'text/html', reportHtml)}>
          Save
        </button>
      </Way>
      <Way icon="code" name="Data" words="JSON. The page reads it back: Earlier, Open a file.">
        <button
          type="button"
          class="button"
          onClick={() => save('json', 'application/json', file => JSON.stringify(file, undefined, 2))}
        >
          JSON
        </button>
      </Way>
      {!opened?.redacted && (
        <label class="row toggle">
          <input
            type="checkbox"
            checked={leavesOut.value}
            onChange={event => {
              leavesOut.value = event.currentTarget.checked
            }}
          />
          Leave out who you are: name, sign-in name, object id, tenant
        </label>
      )}
      <p class="fine">
        Raw tokens and signatures are in no trace, so in none of these. What somebody wrote about others
        stays.
      </p>
    </>
  )
}

interface WayProps {
  readonly icon: IconName
  readonly name: string
  readonly words: string
  readonly children: ComponentChildren
}

function Way({ icon, name, words, children }: WayProps) {
  return (
    <div class="way">
      <Icon name={icon} />
      <div>
        <h3>{name}</h3>
        <p class="fine">{words}</p>
      </div>
      {children}
    </div>
  )
}

/** The link, made before its button is pressed: browsers let only a press copy, and not what is ready after it. */
function LinkWay({ make }: { readonly make: () => ExportedFile }) {
  const fragment = useSignal<string | undefined>(undefined)
  const words = useSignal('The trace is in the link itself, after #. No server gets it.')
  const done = useSignal('Copy link')
  useEffect(() => {
    void writeLink(make()).then(made => {
      fragment.value = made
      words.value = made
        ? `The trace is in the link itself, after #: ${Math.ceil(made.length / 1024)} KB. No server gets it.`
        : 'Too long for a link; save the report.'
    })
  }, [])
  const { origin, pathname } = location
  const address = `${origin}${pathname}${fragment.value}`
  const isDisabled = fragment.value === undefined
  return (
    <Way icon="link" name="Link" words={words.value}>
      {navigator.clipboard || isDisabled ? (
        <button
          type="button"
          class="button primary"
          disabled={isDisabled}
          onClick={() => {
            const copied = navigator.clipboard.writeText(address)
            copied.then(
              () => {
                done.value = 'Copied'
              },
              () => {},
            )
          }}
        >
          {done.value}
        </button>
      ) : (
        <a class="button primary" href={address} target="_blank" rel="noopener noreferrer">
          Open link
        </a>
      )}
    </Way>
  )
}
