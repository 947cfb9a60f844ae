import type { Mode } from '@entra-agents/trace'
import { useSignal } from '@preact/signals'
import type { RefObject } from 'preact'
import { Icon } from '../controls/icon.tsx'
import { FormulaView } from '../identity/formula-view.tsx'
import { PhraseView } from '../identity/phrase-view.tsx'
import { flowWords } from '../words/flows.ts'
import { modeNames, type Names } from '../words/names.ts'
import { toReader } from '../words/reader.ts'
import { tellScenes } from './scenes.ts'
import type { TurnFacts } from './turn-facts.ts'
import { writeFormulas } from './write-formula.ts'
import './presenter.css'

interface PresenterProps {
  readonly dialog: RefObject<HTMLDialogElement | null>
  readonly question: string
  readonly mode: Mode
  readonly facts: TurnFacts
  readonly names: Names
}

/** More dots than this would not fit beside the buttons; the number of the scene is said anyway. */
const mostDots = 24

const sceneStepByKey = new Map(Object.entries({ ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 }))

/** For a meeting: a large formula and one sentence at a time. Parts that the sentence is not about are grey; nothing moves. */
export function Presenter({ dialog, question, mode, facts, names }: PresenterProps) {
  const at = useSignal(0)
  const scenes = tellScenes(facts, names)
  const index = Math.min(at.value, scenes.length - 1)
  const scene = scenes[index]
  const formula = writeFormulas(facts, names)[scene?.formula ?? 0]
  const go = (by: number) => {
    at.value = Math.min(scenes.length - 1, Math.max(0, index + by))
  }
  return (
    <dialog
      ref={dialog}
      class="presenter"
      aria-label="Presenter"
      onKeyDown={event => {
        const by = sceneStepByKey.get(event.key)
        if (by === undefined) return
        event.preventDefault()
        go(by)
      }}
    >
      <header class="line">
        <h2>
          “<bdi>{question}</bdi>”
        </h2>
        <p class="note">
          {toReader(flowWords[facts.flow].label, names)} · {modeNames[mode]}
        </p>
        <form class="end" method="dialog">
          <button type="submit" class="button quiet">
            <Icon name="close" />
            Close <kbd class="wide-only">Esc</kbd>
          </button>
        </form>
      </header>
      <div class="stage" data-lit={scene?.lit.join(' ')}>
        {formula && <FormulaView formula={formula} isPresented />}
        {scene && (
          <div class="scene" aria-live="polite">
            <h3>{scene.headline}</h3>
            <p>
              <PhraseView phrase={scene.evidence} />
            </p>
          </div>
        )}
      </div>
      <footer class="line">
        <button type="button" class="button" aria-disabled={index === 0} onClick={() => go(-1)}>
          <Icon name="left" />
          Back
        </button>
        <ol class="dots" aria-hidden="true">
          {scenes.length <= mostDots &&
            scenes.map((_, number) => <li key={number} data-past={number <= index} />)}
        </ol>
        <p class="note">
          {index + 1} of {scenes.length}
        </p>
        <button
          type="button"
          class="button primary"
          aria-disabled={index === scenes.length - 1}
          onClick={() => go(1)}
        >
          Next
          <Icon name="chevron" />
        </button>
      </footer>
    </dialog>
  )
}
