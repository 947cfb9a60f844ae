import type { EventMessage, EventType, PublicClientApplication } from '@azure/msal-browser'
import { PageError, pageProblem } from '../agent/page-problem.ts'

const lookEveryMs = 250
/** Between the window's closing and its answer's arrival lies a token request; only then silence means a cancel. */
const graceMs = 2_500

/**
 * Notices that the user closed the sign-in window, which MSAL itself would tell only after its time-out.
 * A page with Cross-Origin-Opener-Policy makes an open window look closed; the focus, which is then
 * in that window and not here, tells the two apart.
 */
export function watchForClosing(
  application: PublicClientApplication,
  popupOpened: typeof EventType.POPUP_OPENED,
): { readonly closed: Promise<never>; end(): void } {
  let timer: ReturnType<typeof setInterval> | undefined
  const { promise: closed, reject } = Promise.withResolvers<never>()
  const callbackId = application.addEventCallback(
    message => {
      const popup = openedWindow(message)
      if (!popup) return
      let closedForMs = 0
      timer = setInterval(() => {
        closedForMs = popup.closed && document.hasFocus() ? closedForMs + lookEveryMs : 0
        if (closedForMs >= graceMs) reject(new PageError(pageProblem('SIGN_IN_CANCELLED')))
      }, lookEveryMs)
    },
    [popupOpened],
  )
  return {
    closed,
    end() {
      clearInterval(timer)
      if (callbackId) application.removeEventCallback(callbackId)
    },
  }
}

function openedWindow({ payload }: EventMessage): Window | undefined {
  return payload && 'popupWindow' in payload ? payload.popupWindow : undefined
}
