import type { Component } from '@entra-bedrock-agent/identity-trace'

/** One line of the status: what it is, and how it does. */
export interface StatusLine {
  readonly title: string
  readonly component: Component
  readonly emulated: boolean
  readonly more: string
}

/** A component that has a problem but is not unavailable works for some, or will soon: throttling passes. */
export type Shown = Component['state'] | 'degraded'

export function shownState({ state, problem }: Component): Shown {
  return problem && state !== 'unavailable' ? 'degraded' : state
}

export const stateWords: Readonly<Record<Shown, string>> = {
  ready: 'ready',
  degraded: 'degraded',
  unavailable: 'not available',
  unknown: 'not known yet',
}

/** A light that is told apart by shape as well as by colour. */
export function Light({ state }: { readonly state: Shown }) {
  return <span class="light" data-state={state} aria-hidden="true" />
}
