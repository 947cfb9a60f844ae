/** A browser as the journey uses it: what somebody does in its window, and what the page in it says. */
export interface Engine extends AsyncDisposable {
  /** Loads a page, and resolves when it is loaded. */
  open(url: string): Promise<void>
  /** Sets the size of the page in CSS pixels. */
  resize(width: number, height: number): Promise<void>
  /** Evaluates an expression of JavaScript in the page and returns its value, which must be JSON. */
  evaluate(expression: string): Promise<unknown>
  /** Presses the mouse at a place of the page, in CSS pixels. */
  click(x: number, y: number): Promise<void>
  /** Types a text on the keyboard. */
  type(text: string): Promise<void>
  press(key: Key): Promise<void>
  /** All windows, in no order. */
  windows(): Promise<readonly string[]>
  /** Makes this window the one that all other methods act on. */
  switchTo(window: string): Promise<void>
}

/** Starts an engine. Downloaded files arrive in the folder, which is empty at first. */
export type StartEngine = (folder: string) => Promise<Engine>

/** The keys that have no character, with WebDriver's codes for them. */
export const keyCodes = { Enter: '\uE007', ArrowDown: '\uE015' } as const
export type Key = keyof typeof keyCodes

/** The actions of WebDriver that press the mouse somewhere; those of WebDriver BiDi are the same. */
export function clickActions(x: number, y: number): readonly object[] {
  const actions = [
    { type: 'pointerMove', x: Math.round(x), y: Math.round(y) },
    { type: 'pointerDown', button: 0 },
    { type: 'pointerUp', button: 0 },
  ]
  return [{ type: 'pointer', id: 'mouse', parameters: { pointerType: 'mouse' }, actions }]
}

/** The actions that press one key after another. */
export function keyActions(text: string): readonly object[] {
  const actions = [...text].flatMap(value => [
    { type: 'keyDown', value },
    { type: 'keyUp', value },
  ])
  return [{ type: 'key', id: 'keyboard', actions }]
}
