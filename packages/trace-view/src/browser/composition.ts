/** The `keyCode` of a key that an input method handles (UI Events, “Legacy Key Attributes”). */
const inputMethodKeyCode = 229

/**
 * Whether a key belongs to an input method that is composing text. Safari reports the key that ends a composition only
 * after the composition has ended, with `isComposing: false`; only the legacy code identifies such a key.
 */
export function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === inputMethodKeyCode
}
