import { broadcastResponseToMainFrame } from '@azure/msal-browser/redirect-bridge'

/** The whole job of the page that Entra returns to: hand its answer to the page that asked, and close. */
broadcastResponseToMainFrame().catch((error: unknown) => {
  const code = error instanceof Error && 'errorCode' in error ? String(error.errorCode) : 'unknown error'
  document.body.textContent = `Sign-in could not be completed (${code}). Close this window and sign in again.`
})
