import type { TraceStep } from '@entra-agents/trace'
import { type ReadonlySignal, type Signal, useComputed, useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { useFrameValue } from '../browser/frame-value.ts'
import { set, toggle } from '../browser/set.ts'
import { Button } from '../controls/button.tsx'
import { CopyButton } from '../controls/copy-button.tsx'
import { Icon } from '../controls/icon.tsx'
import { FormulaView } from '../identity/formula-view.tsx'
import { PhraseView } from '../identity/phrase-view.tsx'
import { flowWords } from '../words/flows.ts'
import { modeNames, type Names } from '../words/names.ts'
import { toReader } from '../words/reader.ts'
import { lessonOfSides } from './lesson-of-sides.ts'
import { partsOfNames } from './parts-of-names.ts'
import { actsAsOf } from './read-token.ts'
import { noMasking, redactorFor } from './redactor.ts'
import { type Scene, tellScenes } from './scenes.ts'
import type { TracedAnswer } from './traced-answer.ts'
import { factsOf } from './turn-facts.ts'
import '../styles/views.css'

/** An answer as it is presented; its steps name people, which the presenter hides by itself. */
interface PresentedTurn<Answer = ReadonlySignal<TracedAnswer>> {
  readonly answer: Answer
  readonly names: Names
}

interface PresenterProps {
  /** The number of the scene that is shown, from 1; `undefined` while the presenter is closed. */
  readonly scene: Signal<number | undefined>
  /** One turn, or two with the same question. */
  readonly turns: readonly PresentedTurn[]
  /** The steps whose tokens say who the users are; a question can name a user whom only another answer’s token reveals. */
  readonly known: () => readonly TraceStep[]
}

/** For a meeting: a large formula and one sentence at a time. Nothing moves, and no user is named unless that is wished. */
export function Presenter(props: PresenterProps) {
  return props.scene.value === undefined ? null : <Stage {...props} />
}

/** More dots than this would not fit beside the buttons; the number of the scene is said anyway. */
const mostDots = 24

const sceneStepByKey = new Map(
  Object.entries({ ArrowRight: 1, PageDown: 1, ' ': 1, ArrowLeft: -1, PageUp: -1 }),
)

function Stage({ scene: at, turns: live, known }: PresenterProps) {
  const turns = useFrameValue(() => live.map(({ answer, names }) => ({ answer: answer.value, names })))
  const namesUsers = useSignal(false)
  const dialog = useRef<HTMLDialogElement>(null)
  const stage = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const opener = document.activeElement
    dialog.current?.showModal()
    stage.current?.focus()
    // A dialog that leaves the page without being closed, as by the browser's Back, does not return the focus.
    return () => {
      if (document.activeElement === document.body && opener instanceof HTMLElement) opener.focus()
    }
  }, [])
  const steps = known()
  const masking = useComputed(() => redactorFor(known(), partsOfNames))
  const redactor = namesUsers.value ? noMasking : masking.value
  const hasUser = steps.some(({ token }) => token && (token.role === 'Tc' || actsAsOf(token) !== 'agent'))
  const scenes = tellTurns(turns, redactor)
  const index = Math.max(0, Math.min((at.value ?? 1) - 1, scenes.length - 1))
  const shown = scenes[index]
  const go = (by: number) => {
    at.value = Math.min(scenes.length, Math.max(1, index + 1 + by))
  }
  return (
    <dialog
      ref={dialog}
      class="presenter wide ink t1"
      aria-label="Presenter"
      onClose={() => set(at, undefined)}
      onKeyDown={event => {
        const by = sceneStepByKey.get(event.key)
        const isPress = event.key === ' ' && event.target instanceof HTMLButtonElement
        if (by === undefined || isPress) return
        event.preventDefault()
        go(by)
      }}
    >
      <header class="line">
        <h2>
          “<bdi>{redactor.text(turns[0]?.answer.question.message ?? '')}</bdi>”
        </h2>
        {shown && <p class="soft">{shown.how}</p>}
        <form class="end row" method="dialog">
          {hasUser && (
            <Button class="button quiet" aria-pressed={namesUsers.value} onClick={() => toggle(namesUsers)}>
              Show who
            </Button>
          )}
          <CopyButton label="Copy link" text={() => location.href} worded />
          <button type="submit" class="button quiet">
            Close <kbd class="wide-only">Esc</kbd>
          </button>
        </form>
      </header>
      <div class="stage stack" tabIndex={-1} ref={stage}>
        {shown?.formula && <FormulaView formula={shown.formula} isPresented />}
        {shown && (
          <div class="scene" aria-live="polite">
            <h3 class="headline" dir="auto">
              {shown.headline}
            </h3>
            <p class="soft t4" dir="auto">
              <PhraseView phrase={shown.evidence} />
            </p>
          </div>
        )}
      </div>
      <footer class="line nowrap">
        <Button aria-disabled={index === 0} onClick={() => go(-1)} icon="left">
          Back
        </Button>
        <ol class="dots row middle" aria-hidden="true">
          {scenes.length <= mostDots &&
            scenes.map((_, number) => <li key={number} data-past={number <= index} />)}
        </ol>
        <p class="soft">
          {index + 1} of {scenes.length}
        </p>
        <Button class="button primary" aria-disabled={index === scenes.length - 1} onClick={() => go(1)}>
          Next
          <Icon name="chevron" />
        </Button>
      </footer>
    </dialog>
  )
}

/** The scenes of all turns; of two turns with one question, the question comes once, and at the end what the two teach. */
function tellTurns(turns: readonly PresentedTurn<TracedAnswer>[], redactor: typeof noMasking) {
  const told = turns.map(({ answer, names }) => {
    const { question, turn, steps } = answer
    const { mode, flow } = turn ?? question
    const facts = factsOf({ ...answer, steps: redactor.steps(steps) })
    const how = `${toReader(flowWords[flow].asWhom, names)} · ${modeNames[mode]}`
    const scenes = tellScenes(facts, names, redactor.text(question.message))
    return { facts, scenes: scenes.map(scene => ({ ...scene, how })) }
  })
  const [first, second] = told
  if (!first) return []
  if (!second) return first.scenes
  const lesson: Scene = { headline: lessonOfSides(first.facts, second.facts), evidence: [] }
  return [...first.scenes, ...second.scenes.slice(1), { ...lesson, how: '' }]
}
