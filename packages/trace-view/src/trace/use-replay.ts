import { useSignal } from '@preact/signals'
import type { RefObject } from 'preact'
import { useLayoutEffect } from 'preact/hooks'
import { useKeys } from '../keys/use-keys.ts'

/** Plays the exchange of an answer: its parts appear one after the other, until a press, a key or the last of them. */
export function useReplay(card: RefObject<HTMLElement | null>, canPlay: boolean) {
  const isPlaying = useSignal(false)
  const play = () => {
    isPlaying.value = false
    // One frame without the animations, so that they begin anew.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        isPlaying.value = true
      }),
    )
  }
  useKeys({ r: () => canPlay && play() }, card)
  // Before the first frame that plays, so that a key ends it from its beginning.
  useLayoutEffect(() => {
    if (!isPlaying.value) return
    const over = new AbortController()
    const end = () => {
      if (!over.signal.aborted) isPlaying.value = false
    }
    const animations = card.current?.getAnimations({ subtree: true }) ?? []
    void Promise.allSettled(animations.map(({ finished }) => finished)).then(end)
    for (const press of ['pointerdown', 'keydown'])
      addEventListener(press, end, { capture: true, signal: over.signal })
    return () => over.abort()
  }, [isPlaying.value])
  return { isPlaying, play }
}
