import { useSignal } from '@preact/signals'
import type { RefObject } from 'preact'
import { useEffect, useLayoutEffect } from 'preact/hooks'
import { useKeys } from '../keys/use-keys.ts'

/**
 * Plays the exchange of an answer: its parts appear one after the other, until a press, a key or the last of them.
 *
 * @param takeUnplayed tells whether the exchange has still to be played by itself, and notes that it is now
 */
export function useReplay(
  card: RefObject<HTMLElement | null>,
  canPlay: boolean,
  takeUnplayed: () => boolean,
) {
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
  useKeys({ r: () => canPlay && play() })
  useEffect(() => {
    const formula = card.current?.querySelector('.formula')
    if (!canPlay || !formula) return
    const observer = new IntersectionObserver(entries => {
      if (entries.some(({ isIntersecting }) => isIntersecting) && takeUnplayed()) play()
    })
    observer.observe(formula)
    return () => observer.disconnect()
  }, [canPlay])
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
