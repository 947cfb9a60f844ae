import { readStored, writeStored } from '@entra-agents/trace-view/browser/stored'
import { Button } from '@entra-agents/trace-view/controls/button'
import { Drawing } from '@entra-agents/trace-view/controls/icon'
import { effect, signal } from '@preact/signals'

const themes = { system: 'as the system', light: 'light', dark: 'dark' } as const
type Theme = keyof typeof themes

const stored = readStored('local', 'theme')
const theme = signal<Theme>(
  typeof stored === 'string' && Object.hasOwn(themes, stored) ? (stored as Theme) : 'system',
)

effect(() => {
  document.documentElement.dataset['theme'] = theme.value
})

/** The theme after this one. From the system's theme the opposite one comes first, so that each press shows at once. */
function themeAfter(now: Theme): Theme {
  const isDark = matchMedia('(prefers-color-scheme: dark)').matches
  const order: readonly Theme[] = isDark ? ['system', 'light', 'dark'] : ['system', 'dark', 'light']
  return order[(order.indexOf(now) + 1) % order.length] ?? 'system'
}

/** Shows the theme: as set in the system, light or dark. Each press chooses the next one. */
export function ThemeButton() {
  const words = `Theme: ${themes[theme.value]}`
  return (
    <Button
      class="button quiet"
      title={words}
      aria-keyshortcuts="t"
      onClick={() => {
        theme.value = themeAfter(theme.value)
        writeStored('local', 'theme', theme.value)
      }}
    >
      <Drawing strokes="M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 1 0 0-11M8 2.5v11M6.8 3v10M5.6 3.4v9.2M4.4 4.4v7.2M3.4 6v4" />
      <span class="menu-only">{words}</span>
    </Button>
  )
}
