type Headers = Readonly<Record<string, string>>

const sharedDirectives = {
  'default-src': "'none'",
  'script-src': "'self'",
  'img-src': "'self' data:",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
  'require-trusted-types-for': "'script'",
  'trusted-types': "'none'",
}

const sharedHeaders = {
  'permissions-policy': ['camera', 'geolocation', 'microphone', 'payment', 'usb']
    .map(feature => `${feature}=()`)
    .join(', '),
  'x-frame-options': 'DENY',
}

/**
 * Further headers of the page's documents, besides those of every response: no inline code, no strings as code (Trusted Types),
 * connections to this agent and to Entra only. HSTS is set by the proxy that terminates TLS.
 */
export function pageHeaders(authority: string): Headers {
  return {
    ...sharedHeaders,
    'content-security-policy': describePolicy({
      ...sharedDirectives,
      'style-src': "'self'",
      'font-src': "'self'",
      'connect-src': `'self' ${new URL(authority).origin}`,
      'frame-src': "'none'",
    }),
    // The page watches its sign-in popup; `same-origin` would cut it off.
    'cross-origin-opener-policy': 'same-origin-allow-popups',
  }
}

/**
 * Headers of the page at the end of the sign-in popup: no connections, and no `cross-origin-opener-policy` that would
 * separate it from its opener.
 */
export const bridgeHeaders: Headers = {
  ...sharedHeaders,
  'content-security-policy': describePolicy(sharedDirectives),
}

function describePolicy(directives: Headers): string {
  return Object.entries(directives)
    .map(([name, sources]) => `${name} ${sources}`)
    .join('; ')
}
