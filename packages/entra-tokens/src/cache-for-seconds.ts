import type { Dispatcher } from 'undici'

/** An undici interceptor that lets the cache keep 200 responses for this time, whatever their headers say. */
export function cacheForSeconds(seconds: number): Dispatcher.DispatcherComposeInterceptor {
  return dispatch => (options, handler) =>
    dispatch(options, {
      onRequestStart: (...event) => handler.onRequestStart?.(...event),
      onResponseStart(controller, status, headers, message) {
        const ofContent = Object.entries(headers).filter(([name]) => name.startsWith('content-'))
        const caching = status === 200 ? { 'cache-control': `max-age=${seconds}` } : {}
        const kept = { ...Object.fromEntries(ofContent), ...caching }
        handler.onResponseStart?.(controller, status, kept, message)
      },
      onResponseData: (...event) => handler.onResponseData?.(...event),
      onResponseEnd: (...event) => handler.onResponseEnd?.(...event),
      onResponseError: (...event) => handler.onResponseError?.(...event),
    })
}
