import helmet, { type FastifyHelmetOptions } from '@fastify/helmet'
import type { FastifyInstance } from 'fastify'

const nobody = ["'none'"]
const ourselves = ["'self'"]

const sharedDirectives = {
  defaultSrc: nobody,
  scriptSrc: ourselves,
  imgSrc: ["'self'", 'data:'],
  baseUri: nobody,
  formAction: nobody,
  frameAncestors: nobody,
  requireTrustedTypesFor: ["'script'"],
  trustedTypes: nobody,
}

/**
 * Headers of every answer. The page runs no inline code, no string becomes code (Trusted Types), and it connects to
 * this agent and to Entra only. HSTS is left to whoever terminates TLS.
 */
export async function addSecurityHeaders(app: FastifyInstance, authority: string): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        ...sharedDirectives,
        styleSrc: ourselves,
        connectSrc: ["'self'", new URL(authority).origin],
        frameSrc: nobody,
      },
    },
    // The page watches its sign-in popup; `same-origin` would cut it off.
    crossOriginOpenerPolicy: { policy: 'same-origin-allow-popups' },
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' },
  })
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('permissions-policy', permissionsPolicy)
  })
}

/** For the page that the sign-in popup ends on: it connects to nobody, and must stay in its opener's group. */
export const bridgeHeaders: FastifyHelmetOptions = {
  contentSecurityPolicy: { useDefaults: false, directives: sharedDirectives },
  crossOriginOpenerPolicy: false,
}

const permissionsPolicy = ['camera', 'geolocation', 'microphone', 'payment', 'usb']
  .map(feature => `${feature}=()`)
  .join(', ')
