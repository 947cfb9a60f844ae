import { broadcastResponseToMainFrame } from '@azure/msal-browser/redirect-bridge'

/** All that the page does to which Entra returns after a sign-in: hand its answer to the page that asked, and close. */
broadcastResponseToMainFrame().catch((error: unknown) => {
  const code = error instanceof Error && 'errorCode' in error ? String(error.errorCode) : 'unknown error'
  document.body.textContent = `Sign-in could not be completed (${code}). Close this window and sign in again.`
})
