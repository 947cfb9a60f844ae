import { ProblemError, type ProblemKind } from '@entra-bedrock-agent/service-kit'

/** What only the doctor can find: everything else has its code from the agent. */
export const doctorProblems = {
  CONFIGURATION_INVALID: {
    title: 'The configuration cannot work.',
    hint: 'Correct .env; .env.example says where each value is found.',
  },
  SECRET_STORED: {
    title: 'A secret is stored where federation needs none.',
    hint: 'Fine for trials. For production federate the service account with Entra and AWS (docs/aks.md, docs/eks.md), and delete the secret.',
  },
  CLOCK_WRONG: {
    title: 'The clock of this machine is wrong.',
    hint: 'Set the clock (NTP): Entra and AWS accept five minutes of difference.',
  },
  NAME_NOT_RESOLVED: {
    title: 'A host name cannot be resolved.',
    hint: 'Check its spelling, then the DNS of this machine (VPN, proxy, /etc/resolv.conf).',
  },
  PAGE_ORIGIN_INSECURE: {
    title: 'The page is at an address where browsers allow no sign-in.',
    hint: 'Serve the page by https, or use it through http://localhost: elsewhere browsers have no crypto.subtle, and MSAL fails with pkce_not_created.',
  },
  REDIRECT_URI_NOT_REGISTERED: {
    title: 'Entra does not know the page’s redirect URI.',
    hint: 'Add it to the single-page application, under the platform “Single-page application”, not “Web”.',
  },
  SIDECAR_ARCHITECTURE: {
    title: 'The sidecar’s image is for another processor.',
    hint: 'Microsoft publishes the image for amd64 only: run it with --platform linux/amd64 and emulation, or schedule it on amd64 nodes.',
  },
  SIDECAR_TOO_OPEN: {
    title: 'The sidecar takes requests that it should refuse.',
    hint: 'Use the sidecar’s image 1.1.2 or newer, set AllowedHosts=localhost, and leave ASPNETCORE_ENVIRONMENT unset.',
  },
  NOT_CHECKED: {
    title: 'The doctor could not look.',
    hint: 'Solve the other findings first, then run the doctor again.',
  },
} as const satisfies Record<string, Omit<ProblemKind, 'status'>>

/** Makes a problem of the doctor’s own. */
export function trouble(code: keyof typeof doctorProblems, detail: string, hint?: string): ProblemError {
  return new ProblemError(code, { status: 500, ...doctorProblems[code] }, detail, { hint })
}
