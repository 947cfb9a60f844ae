import { Dispatcher } from 'undici'

/** Answers every request of a `fetch` with one JSON text that is at hand, without a connection. */
export class ReplayDispatcher extends Dispatcher {
  readonly #body: Buffer

  constructor(json: string) {
    super()
    this.#body = Buffer.from(json)
  }

  override dispatch(_request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    handler.onRequestStart?.(controller, {})
    handler.onResponseStart?.(controller, 200, { 'content-type': 'application/json' })
    handler.onResponseData?.(controller, this.#body)
    handler.onResponseEnd?.(controller, {})
    return true
  }
}

/** An answer that is at hand cannot be held back or broken off. */
const ignore = () => undefined
const controller: Dispatcher.DispatchController = {
  aborted: false,
  paused: false,
  reason: null,
  abort: ignore,
  pause: ignore,
  resume: ignore,
}
