import { problem } from '../../services/agent/src/problems.ts'

const timeoutMs = 5_000

/** Asks Entra, without following where it sends browsers. @throws ProblemError ENTRA_UNAVAILABLE */
export async function ask(url: string): Promise<Response> {
  try {
    return await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) })
  } catch (cause) {
    throw problem('ENTRA_UNAVAILABLE', `${new URL(url).origin} does not respond.`, { cause })
  }
}

/** The code of Entra's refusal. */
export function readCode(text: string): string | undefined {
  return /AADSTS\d+/.exec(text)?.[0]
}
