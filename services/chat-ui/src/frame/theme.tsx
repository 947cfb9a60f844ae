import { readStored, writeStored } from '@entra-agents/trace-view/browser/stored'
import { Icon } from '@entra-agents/trace-view/controls/icon'
import { Popover } from '@entra-agents/trace-view/controls/popover'
import { Segments } from '@entra-agents/trace-view/controls/segments'
import { capitalise } from '@entra-agents/trace-view/words/names'
import { effect, signal } from '@preact/signals'

const themes = ['system', 'light', 'dark'] as const
type Theme = (typeof themes)[number]

const theme = signal<Theme>(themes.find(name => name === readStored('local', 'theme')) ?? 'system')

effect(() => {
  document.documentElement.dataset['theme'] = theme.value
})

/** Light, dark, or as set in the system. */
export function ThemeMenu() {
  return (
    <Popover id="theme" label="Theme" button={<Icon name={theme.value} />}>
      <Segments
        legend="Theme"
        name="theme"
        chosen={theme}
        segments={themes.map(value => ({ value, label: capitalise(value) }))}
        onChoose={chosen => writeStored('local', 'theme', chosen)}
      />
    </Popover>
  )
}
