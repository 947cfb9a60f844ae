import { readStored, writeStored } from '@entra-agents/trace-view/browser/stored'
import { useSignal } from '@preact/signals'
import { useLayoutEffect, useRef } from 'preact/hooks'

/** The conversation's share of the width, in percent. */
const shareLimits = { least: 30, most: 70, usual: 44, step: 2 } as const

function clamp(share: number): number {
  return Math.round(Math.min(shareLimits.most, Math.max(shareLimits.least, share)))
}

const shareMoves: Readonly<Record<string, (share: number) => number>> = {
  ArrowLeft: share => share - shareLimits.step,
  ArrowRight: share => share + shareLimits.step,
  Home: () => shareLimits.least,
  End: () => shareLimits.most,
  Enter: () => shareLimits.usual,
}

function panesOf(handle: Element | null): HTMLElement | null {
  return handle?.closest<HTMLElement>('.panes') ?? null
}

/** The divider between conversation and trace: moved by mouse, finger or arrow keys; a double click resets it. */
export function Divider() {
  const handle = useRef<HTMLHRElement>(null)
  const stored = readStored('local', 'divider')
  const share = useSignal(clamp(typeof stored === 'number' ? stored : shareLimits.usual))
  const move = (to: number) => {
    share.value = clamp(to)
    writeStored('local', 'divider', share.value)
  }
  useLayoutEffect(() => {
    panesOf(handle.current)?.style.setProperty('--conversation-share', `${share.value}`)
  }, [share.value])

  const followPointer = (event: PointerEvent) => {
    const panes = panesOf(handle.current)?.getBoundingClientRect()
    if (panes && handle.current?.hasPointerCapture(event.pointerId))
      move(((event.clientX - panes.left) / panes.width) * 100)
  }
  return (
    <hr
      class="divider"
      ref={handle}
      tabIndex={0}
      aria-orientation="vertical"
      aria-label="Width of the conversation"
      aria-valuemin={shareLimits.least}
      aria-valuemax={shareLimits.most}
      aria-valuenow={share.value}
      aria-valuetext={`${share.value} percent`}
      onPointerDown={event => {
        event.preventDefault()
        event.currentTarget.setPointerCapture(event.pointerId)
        event.currentTarget.focus()
      }}
      onPointerMove={followPointer}
      onDblClick={() => move(shareLimits.usual)}
      onKeyDown={event => {
        const next = Object.hasOwn(shareMoves, event.key) ? shareMoves[event.key] : undefined
        if (!next) return
        event.preventDefault()
        move(next(share.value))
      }}
    />
  )
}
