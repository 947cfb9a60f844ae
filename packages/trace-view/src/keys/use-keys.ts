import { signal } from '@preact/signals'
import type { RefObject } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { readStored, writeStored } from '../browser/stored.ts'
import type { PageKey } from './keys.ts'

/** Whether single letters act as keys. Some users speak their input, or type by accident, and switch them off (WCAG 2.1.4). */
export const areLettersOn = signal(readStored('local', 'letter-keys') !== false)

export function switchLetters(isOn: boolean): void {
  areLettersOn.value = isOn
  writeStored('local', 'letter-keys', isOn)
}

/** Whether the dialog with all keys is open. */
export const areKeysShown = signal(false)

const fields = 'input:not([type=radio], [type=checkbox]), select, textarea, [contenteditable]'

/** Whether a key was pressed alone, and neither typed into a field nor meant for an open dialog. */
function isAlone(
  { target, ctrlKey, metaKey, altKey, isComposing, defaultPrevented }: KeyboardEvent,
  root: ParentNode,
): boolean {
  if (ctrlKey || metaKey || altKey || isComposing || defaultPrevented) return false
  const isField = target instanceof Element && target.matches(fields)
  return !isField && root.querySelector('dialog:modal') === null
}

/**
 * Acts on keys while the component is shown: wherever the focus is on the page or, in a shadow root, only within that.
 *
 * @param within an element of the component; without one, the component belongs to the page itself
 */
export function useKeys(
  actions: Readonly<Partial<Record<PageKey, () => void>>>,
  within?: RefObject<HTMLElement | null>,
): void {
  const latest = useRef(actions)
  latest.current = actions
  useLayoutEffect(() => {
    const root = (within?.current?.getRootNode() ?? document) as Document
    const actOn = (event: KeyboardEvent) => {
      if (!areLettersOn.value || !isAlone(event, root) || !Object.hasOwn(latest.current, event.key)) return
      event.preventDefault()
      latest.current[event.key as PageKey]?.()
    }
    root.addEventListener('keydown', actOn)
    return () => root.removeEventListener('keydown', actOn)
  }, [])
}
