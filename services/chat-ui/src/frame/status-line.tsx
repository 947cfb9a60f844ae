import type { Component } from '@entra-agents/trace'

/** One line of the status: a component and its health. */
export interface StatusLine {
  readonly title: string
  readonly component: Component
  readonly emulated: boolean
  readonly more: string
}

/** A `degraded` component has a problem but works for some requests, or will work again soon, as after throttling. */
export type ShownState = Component['state'] | 'degraded'

export function shownState({ state, problem }: Component): ShownState {
  return problem && state !== 'unavailable' ? 'degraded' : state
}

export const stateWords: Readonly<Record<ShownState, string>> = {
  ready: 'ready',
  degraded: 'degraded',
  unavailable: 'not available',
  unknown: 'not known yet',
}

/** A status light whose states differ in shape as well as in colour. */
export function StatusLight({ state }: { readonly state: ShownState }) {
  return <span class="light" data-state={state} aria-hidden="true" />
}
