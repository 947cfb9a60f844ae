import type { IncomingMessage, ServerResponse } from 'node:http'
import { AccessRefused } from './access-refused.ts'
import { asksFor } from './protected-resource.ts'
import type { Caller, ResourceServer } from './resource-server.ts'

declare global {
  namespace Express {
    interface Request {
      /** Who calls; set only behind `requireCaller`. */
      caller: Caller
    }
  }
}

type Incoming = IncomingMessage & { caller?: Caller; originalUrl?: string }

/** Middleware for Express and Node's own server: sets `request.caller`, or responds with the refusal or the metadata. */
export function requireCaller({ authorize, metadata }: ResourceServer) {
  return async (
    request: Incoming,
    response: ServerResponse,
    next: (error?: unknown) => void,
  ): Promise<void> => {
    const { method, url = '', originalUrl = url } = request
    if (metadata && asksFor(metadata, { method, url: originalUrl })) {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(metadata.body))
      return
    }
    try {
      request.caller = await authorize(request)
    } catch (error) {
      if (!(error instanceof AccessRefused)) return next(error)
      response.writeHead(error.status, error.headers).end(JSON.stringify(error.problem))
      return
    }
    next()
  }
}
