/** The page that Entra redirects to after a consent: it only notifies the page that asked, and closes. */
const parameters = new URLSearchParams(location.search)
const state = parameters.get('state')
const error = parameters.get('error')

history.replaceState(null, '', location.pathname)
if (state) {
  const channel = new BroadcastChannel(`consent:${state}`)
  channel.postMessage(error === null ? {} : { error })
  channel.close()
}
document.body.textContent =
  error === null
    ? 'Your answer was handed on. You can close this window.'
    : 'No consent was given. You can close this window.'
close()
