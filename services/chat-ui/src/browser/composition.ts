/** The `keyCode` of a key that an input method handles (UI Events, “Legacy Key Attributes”). */
const takenByInputMethod = 229

/**
 * Whether a key belongs to an input method that is composing text. Safari ends the composition before the key that
 * ends it and therefore reports `isComposing: false`; only the legacy code tells.
 */
export function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === takenByInputMethod
}
