import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { forFile } from '../support/for-file.ts'
import { ask } from './support/chat.ts'
import { Demo } from './support/demo.ts'
import { EntraControls } from './support/entra.ts'

/** The shortest lifetime that Kubernetes allows. The kubelet renews the token after 80 % of it. */
const lifetimeSeconds = 600
const askEveryMs = 5_000

const demo = await forFile(Demo.create('token-rotation'))
await demo.installEmulators()
const entra = await EntraControls.of(demo)
// The sidecar keeps each T1 for 310 s, so it requests the third T1 when the first projected token (600 s) has expired.
await entra.setTokenLifetime(310)
await demo.installAgent({
  sidecar: { credential: { projectedToken: { expirationSeconds: lifetimeSeconds } } },
  aws: { webIdentity: { expirationSeconds: lifetimeSeconds } },
})

function readTokenId(): Promise<unknown> {
  const script = `
    import { readFileSync } from 'node:fs'
    const [, claims] = readFileSync('/var/run/secrets/blueprint/token', 'utf8').split('.')
    result = JSON.parse(Buffer.from(claims, 'base64url').toString()).jti`
  return demo.runIn('agent', 'sidecar', script)
}

const timeout = (lifetimeSeconds + 240) * 1_000
it('A projected token is renewed by the kubelet, and the sidecar gets T1 with the new one', {
  timeout,
}, async () => {
  const agentUrl = await demo.agentUrl()
  const first = await readTokenId()
  const firstEndsAt = Date.now() + lifetimeSeconds * 1_000
  const statuses = new Set<number>()
  while (Date.now() < firstEndsAt + 60_000) {
    statuses.add((await ask(agentUrl)).status)
    await delay(askEveryMs)
  }
  expect([...statuses]).toEqual([200])
  expect(await readTokenId()).not.toBe(first)
  const requests = await entra.requests()
  const late = requests.filter(({ leg, receivedAt }) => leg === 't1' && Date.parse(receivedAt) > firstEndsAt)
  expect(late.map(({ status }) => status)).toEqual([200])
})
