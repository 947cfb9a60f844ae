import type { Signal } from '@preact/signals'

/** Sets a signal, where a press or an event does nothing else. */
export function set<Value>(signal: Signal<Value>, value: NoInfer<Value>): void {
  signal.value = value
}

export function toggle(signal: Signal<boolean>): void {
  signal.value = !signal.value
}
