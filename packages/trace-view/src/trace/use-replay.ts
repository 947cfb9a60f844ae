import type { Signal } from '@preact/signals'
import type { RefObject } from 'preact'
import { useLayoutEffect } from 'preact/hooks'
import { set } from '../browser/set.ts'
import { useKeys } from '../keys/use-keys.ts'

/** Whether the exchange is played now, or is to be. */
export type Play = Signal<'no' | 'asked' | 'now'>

/** Plays the exchange of an answer: its parts appear one after the other, until a press, a key or the last of them. */
export function useReplay(card: RefObject<HTMLElement | null>, play: Play, canPlay: boolean): void {
  useKeys({ r: () => canPlay && set(play, 'asked') }, card)
  // Before the first frame that plays, so that a key ends it from its beginning.
  useLayoutEffect(() => {
    // One frame without the animations, so that they begin anew.
    if (play.value === 'asked') requestAnimationFrame(() => requestAnimationFrame(() => set(play, 'now')))
    if (play.value !== 'now') return
    const over = new AbortController()
    const end = () => {
      if (!over.signal.aborted) play.value = 'no'
    }
    const animations = card.current?.getAnimations({ subtree: true }) ?? []
    void Promise.allSettled(animations.map(({ finished }) => finished)).then(end)
    for (const press of ['pointerdown', 'keydown'])
      addEventListener(press, end, { capture: true, signal: over.signal })
    return () => over.abort()
  }, [play.value])
}
