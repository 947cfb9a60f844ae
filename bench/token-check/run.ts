/** CPU of checking one access token, beside the libraries alone: fast-jwt, by which the check verifies signatures, and jose. */

import { autonomousClaims } from '@entra-agents/tokens/testing/agent-claims'
import { createIssuer } from '@entra-agents/tokens/testing/token-issuer'
import { createTokenVerifier } from '@entra-agents/tokens/verify'
import { createVerifier } from 'fast-jwt'
import { jwtVerify } from 'jose'
import { identities } from '../../tests/support/identities.ts'
import { report } from '../support/report.ts'
import { rowOf } from '../support/row.ts'

const rounds = 30
const warmUps = 5
const tokensPerRound = 1_000

const issuer = await createIssuer()
const { tenantId, weatherAppId: appId } = identities
const { publicKey } = issuer.key
const tokens = Array.from({ length: tokensPerRound }, () =>
  issuer.sign(autonomousClaims({ authority: issuer.url })),
)
const log = { warn: () => {} }
const verifier = createTokenVerifier({ authority: issuer.url, tenantId, appId, log })
const key = publicKey.export({ type: 'spki', format: 'pem' }).toString()
const verifyAlone = createVerifier({ key, algorithms: ['RS256'], allowedAud: appId })
const checks = {
  own: (token: string) => verifier.verify(token),
  'fast-jwt alone, with a given key': async (token: string) => verifyAlone(token),
  'jose alone, with a given key': (token: string) =>
    jwtVerify(token, publicKey, { algorithms: ['RS256'], audience: appId }),
}
const cpuUs = new Map(Object.keys(checks).map(name => [name, [] as number[]]))
for (let round = -warmUps; round < rounds; round++)
  for (const [name, check] of Object.entries(checks)) {
    const before = process.cpuUsage()
    for (const token of tokens) await check(token)
    const { user, system } = process.cpuUsage(before)
    if (round >= 0) cpuUs.get(name)?.push((user + system) / tokensPerRound)
  }
await Promise.all([verifier.close(), issuer.close()])
const [[, own = []] = [], ...others] = cpuUs
report(
  'token-check',
  others.map(([peer, other]) => rowOf({ what: 'CPU of a token check', peer, unit: 'µs' }, own, other)),
)
