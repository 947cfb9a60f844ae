import type { Dispatcher } from 'undici'

/**
 * An undici interceptor that lets the cache keep responses of status 200 for some seconds, whatever their headers say. It drops
 * the headers of all responses, so that no body is decompressed a second time.
 */
export function cacheForSeconds(seconds: number): Dispatcher.DispatcherComposeInterceptor {
  return dispatch => (options, handler) =>
    dispatch(options, {
      onRequestStart: (...event) => handler.onRequestStart?.(...event),
      onResponseStart(controller, status, _headers, message) {
        const headers = status === 200 ? { 'cache-control': `max-age=${seconds}` } : {}
        handler.onResponseStart?.(controller, status, headers, message)
      },
      onResponseData: (...event) => handler.onResponseData?.(...event),
      onResponseEnd: (...event) => handler.onResponseEnd?.(...event),
      onResponseError: (...event) => handler.onResponseError?.(...event),
    })
}
