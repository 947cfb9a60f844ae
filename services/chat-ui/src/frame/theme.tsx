import { effect, signal } from '@preact/signals'
import { readStored, writeStored } from '../browser/stored.ts'
import { Icon } from '../controls/icon.tsx'
import { Popover } from '../controls/popover.tsx'
import { Segments } from '../controls/segments.tsx'
import { capitalise } from '../words/names.ts'

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
