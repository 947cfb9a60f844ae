import { type AccountInfo, CacheLookupPolicy, EventType, PublicClientApplication } from '@azure/msal-browser'
import type { PublicConfig } from '@entra-agents/trace'
import { PageError, pageProblem } from '../agent/page-problem.ts'
import { emulatorAuthority } from './authority.ts'
import { toPageError } from './failures.ts'
import type { Account, IdentityClient, Interaction } from './session.ts'

/** How long the page waits for a sign-in with a second factor. Closing the window or pressing Cancel ends the wait earlier. */
const signInTimeoutMs = 5 * 60_000
const renewalTimeoutMs = 30_000

const popupPollMs = 250
/** How long a token request may still run after the window has closed; then the sign-in counts as cancelled. */
const closedGraceMs = 2_500

/** MSAL behind the interface that the page needs. Tokens stay in this tab's session storage and end with the tab. */
export async function createIdentityClient(
  config: PublicConfig,
  onSignedIn: (account: Account) => void,
): Promise<IdentityClient> {
  const application = await startApplication(config)
  const scopes = [...config.scopes]

  return {
    account() {
      const account = application.getActiveAccount()
      return account ? describeAccount(account) : undefined
    },

    async interact(interaction) {
      const watch = watchForClosing(application)
      const asked = interaction.kind === 'choose-account' ? null : application.getActiveAccount()
      const signIn = application
        .acquireTokenPopup(popupRequest(application, scopes, interaction))
        .then(async ({ account }) => {
          if (asked && describeAccount(asked).objectId !== describeAccount(account).objectId) {
            await application.clearCache({ account })
            throw new PageError(pageProblem('SIGN_IN_OTHER_ACCOUNT'))
          }
          application.setActiveAccount(account)
          onSignedIn(describeAccount(account))
        })
      try {
        await Promise.race([signIn, watch.closed])
      } catch (error) {
        throw toPageError(error)
      } finally {
        watch.end()
      }
    },

    async acquireToken(renew) {
      const account = application.getActiveAccount()
      if (!account) return undefined
      const lookup = renew ? CacheLookupPolicy.RefreshToken : CacheLookupPolicy.AccessTokenAndRefreshToken
      try {
        const result = await Promise.race([
          application.acquireTokenSilent({ scopes, account, cacheLookupPolicy: lookup, forceRefresh: renew }),
          rejectAfter(renewalTimeoutMs),
        ])
        return { objectId: describeAccount(account).objectId, userToken: result.accessToken }
      } catch (error) {
        throw toPageError(error)
      }
    },

    async signOut() {
      const account = application.getActiveAccount()
      application.setActiveAccount(null)
      try {
        await application.logoutPopup({ account })
      } catch {
        // The window for signing out of Entra did not open. The page still forgets the user.
        await application.clearCache({ account })
      }
    },
  }
}

async function startApplication(config: PublicConfig): Promise<PublicClientApplication> {
  const redirectPage = `${location.origin}/auth/redirect.html`
  try {
    const application = new PublicClientApplication({
      auth: {
        clientId: config.spaClientId ?? '',
        authority: config.authority,
        ...emulatorAuthority(config),
        redirectUri: redirectPage,
        postLogoutRedirectUri: redirectPage,
      },
      cache: { cacheLocation: 'sessionStorage' },
      system: { popupBridgeTimeout: signInTimeoutMs },
    })
    await application.initialize()
    return application
  } catch (error) {
    throw toPageError(error)
  }
}

function popupRequest(application: PublicClientApplication, scopes: string[], interaction: Interaction) {
  const account = application.getActiveAccount()
  const request = { scopes, overrideInteractionInProgress: true }
  if (!account || interaction.kind === 'choose-account') return { ...request, prompt: 'select_account' }
  if (interaction.kind === 'consent') return { ...request, account }
  const { claimsChallenge } = interaction
  return { ...request, account, ...(claimsChallenge ? { claims: claimsChallenge } : { prompt: 'login' }) }
}

/**
 * Notices that the user closed the sign-in window, which MSAL itself would report only after its time-out.
 * Cross-Origin-Opener-Policy makes even an open window look closed, so a window counts as closed only while
 * this page has the focus.
 */
function watchForClosing(application: PublicClientApplication) {
  let timer: ReturnType<typeof setInterval> | undefined
  const { promise: closed, reject } = Promise.withResolvers<never>()
  const callbackId = application.addEventCallback(
    ({ payload }) => {
      const popup = payload && 'popupWindow' in payload ? payload.popupWindow : undefined
      if (!popup) return
      let closedForMs = 0
      timer = setInterval(() => {
        closedForMs = popup.closed && document.hasFocus() ? closedForMs + popupPollMs : 0
        if (closedForMs >= closedGraceMs) reject(new PageError(pageProblem('SIGN_IN_CANCELLED')))
      }, popupPollMs)
    },
    [EventType.POPUP_OPENED],
  )
  return {
    closed,
    end() {
      clearInterval(timer)
      if (callbackId) application.removeEventCallback(callbackId)
    },
  }
}

function describeAccount(account: AccountInfo): Account {
  return {
    objectId: account.idTokenClaims?.oid ?? account.localAccountId,
    name: account.name ?? account.username,
    userName: account.username,
  }
}

function rejectAfter(timeoutMs: number): Promise<never> {
  return new Promise((_resolve, reject) => {
    setTimeout(() => reject(new PageError(pageProblem('SIGN_IN_UNREACHABLE'))), timeoutMs)
  })
}
