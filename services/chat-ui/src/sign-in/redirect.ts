import { broadcastResponseToMainFrame } from '@azure/msal-browser/redirect-bridge'

/** The page that Entra redirects to after a sign-in: it only hands Entra's answer to the page that asked, and closes. */
broadcastResponseToMainFrame().catch((error: unknown) => {
  const code = error instanceof Error && 'errorCode' in error ? String(error.errorCode) : 'unknown error'
  document.body.textContent = `Sign-in could not be completed (${code}). Close this window and sign in again.`
})
