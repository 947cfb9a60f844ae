import { set } from '@entra-agents/trace-view/browser/set'
import { Button } from '@entra-agents/trace-view/controls/button'
import { CopyButton } from '@entra-agents/trace-view/controls/copy-button'
import { Drawing } from '@entra-agents/trace-view/controls/icon'
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
    const link = document.createElement('a')
    link.href = URL.createObjectURL(new Blob([write(file)], { type }))
    link.download = `identity-trace-${file.exportedAt.slice(0, 10)}.${ending}`
    link.click()
    URL.revokeObjectURL(link.href)
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
        <Button onClick={() => save('svg', 'image/svg+xml', writePicture, 'answer')}>SVG</Button>
      </Way>
      <Way icon="sheet" name="Report" words="One HTML file without scripts. Prints light.">
        <Button onClick={() => save('html', 'text/html', reportHtml)}>Save</Button>
      </Way>
      <Way icon="code" name="Data" words="JSON. The page reads it back: Earlier, Open a file.">
        <Button onClick={() => save('json', 'application/json', file => JSON.stringify(file, undefined, 2))}>
          JSON
        </Button>
      </Way>
      {!opened?.redacted && (
        <label class="row gap-2 toggle t2">
          <input
            type="checkbox"
            checked={leavesOut.value}
            onChange={event => set(leavesOut, event.currentTarget.checked)}
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

const icons = {
  link: 'M6.5 9.5 9.5 6.5M7 4.5l1.2-1.2a2.6 2.6 0 0 1 4.5 1.9c0 .7-.3 1.3-.8 1.8L10.5 8.5M9 11.5l-1.2 1.2a2.6 2.6 0 0 1-4.5-1.9c0-.7.3-1.3.8-1.8L5.5 7.5',
  image: 'M2.5 3h11v10h-11zM2.5 11l3.2-3.4L9 11l1.8-1.8 2.7 2.8M10 6.2a.6.6 0 1 0 1.2 0 .6.6 0 1 0-1.2 0',
  sheet: 'M4 2h5.5L12 4.5V14H4zM9.5 2v2.5H12M6 8h4M6 10.5h4',
  code: 'M5.5 4.5 2 8l3.5 3.5M10.5 4.5 14 8l-3.5 3.5',
}

interface WayProps {
  readonly icon: keyof typeof icons
  readonly name: string
  readonly words: string
  readonly children: ComponentChildren
}

function Way({ icon, name, words, children }: WayProps) {
  return (
    <div class="way ends pad-2">
      <Drawing strokes={icons[icon]} />
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
  return (
    <Way icon="link" name="Link" words={words.value}>
      {fragment.value === undefined ? (
        <Button class="button primary" disabled>
          Copy link
        </Button>
      ) : navigator.clipboard ? (
        <CopyButton label="Copy link" text={() => address} worded primary />
      ) : (
        <a class="button primary" href={address} target="_blank" rel="noopener noreferrer">
          Open link
        </a>
      )}
    </Way>
  )
}
