import { isSendError, type OutboundRequest, type Send } from '@entra-agents/service-kit/send'

/** A call that changes something, and how far it has come. */
export interface ApprovedCall {
  /** Whether the API carries out the call only once, however often it is sent with its key. */
  readonly isIdempotent: boolean
  /** Whether the call was sent and not refused: whatever happens then, it may have been carried out. */
  mayHaveRun: boolean
}

/** How far a call has come. */
export type CallProgress = Pick<ApprovedCall, 'mayHaveRun'>

/** Sends a call, and notes how far it has come. If it is sent again, it may still have been carried out the first time. */
export async function sendAndNote(progress: CallProgress, send: Send, request: OutboundRequest) {
  const { mayHaveRun } = progress
  request.signal?.throwIfAborted()
  progress.mayHaveRun = true
  try {
    const response = await send(request)
    progress.mayHaveRun = mayHaveRun || response.status < 300 || response.status >= 500
    return response
  } catch (error) {
    // Without a connection, or a valid certificate, nothing was sent.
    const wasNeverSent = isSendError(error) && ['refused', 'unreachable', 'proxy'].includes(error.kind)
    progress.mayHaveRun = mayHaveRun || !wasNeverSent
    throw error
  }
}
