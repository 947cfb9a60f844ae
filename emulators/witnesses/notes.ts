/** What real Entra does where the emulator does less, by the name of a call. Red: it answers otherwise. Yellow: it answers so, but not for all that Entra would. */
export const notes: Readonly<Record<string, { readonly state: 'yellow' | 'red'; readonly entra: string }>> = {
  'authority: sign-in at /organizations': {
    state: 'yellow',
    entra:
      'Every organisation’s users can sign in to an application for many tenants. Here one tenant stands behind `/organizations` and `/common`.',
  },
  'refusal: Conditional Access blocks': {
    state: 'yellow',
    entra:
      'Entra decides by the tenant’s policies. Here a fault makes the requests of one leg be refused; only policies that name authentication contexts are evaluated.',
  },
  'claims challenge: InteractionRequiredAuthError with claims': {
    state: 'yellow',
    entra: 'As above: the challenge comes by a fault, or by a policy that names an authentication context.',
  },
  'claims challenge: the error carries claims': {
    state: 'yellow',
    entra: 'As above: the challenge comes by a fault, or by a policy that names an authentication context.',
  },
  'throttled (429, Retry-After): the library holds back by itself': {
    state: 'yellow',
    entra: 'Entra counts requests. Here a fault with code 90055 makes it refuse.',
  },
  'cache: the second call does not ask (authority with a port)': {
    state: 'red',
    entra:
      'Entra’s authority has no port. MSAL Java keeps application tokens by the host’s name and looks for them by name and port, so that it always asks. With the emulator at port 443 and no port in the authority it does not ask again.',
  },
  'GET /users?$select&$top': {
    state: 'yellow',
    entra: 'Graph also has `$expand`, `$search`, `$orderby`, delta queries and many more properties.',
  },
  'GET /groups': {
    state: 'yellow',
    entra: 'As for users; and Graph has dynamic groups and Microsoft 365 groups.',
  },
}

/** What no call shows, since the emulator does not have it at all, and what it does instead. */
export const absent: readonly (readonly [feature: string, instead: string])[] = [
  ['Resource owner password credentials (`grant_type=password`)', 'AADSTS70003. Nobody has a password here.'],
  ['Access tokens from the page itself (`response_type=token`)', 'AADSTS700054'],
  ['Proof of possession (`token_type=pop`)', 'AADSTS9002313'],
  ['SAML and WS-Federation', '404'],
  ['Azure AD B2C, External ID, personal Microsoft accounts (`/consumers`)', 'AADSTS90002'],
  ['Managed identities (the metadata endpoint of a virtual machine)', 'nothing listens'],
  ['Endpoints of version 1 (`/oauth2/token`)', '404'],
]
