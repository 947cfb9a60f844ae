import { existsSync, readFileSync } from 'node:fs'
import { identityProblem } from '@entra-agents/identity/core'
import { tokenExchangeUri } from '@entra-agents/trace'
import type { Check } from '../finding.ts'
import { issuerOf, type Kubectl } from './kubectl.ts'
import { podsOf, type Release, tokensIn } from './release.ts'

/** Compares the pods’ tokens with the blueprint's federated credentials in the receipt of `agentctl entra`. */
export function federationCheck(kubectl: Kubectl, release: Release, receipt: string): Check {
  return {
    name: 'federation',
    async run() {
      const [agent] = podsOf(release, 'agent')
      const audiences = [...new Set(agent && tokensIn(agent).flatMap(({ audience }) => audience ?? []))]
      if (!agent || audiences.length === 0) return 'The pods authenticate by no token of the cluster.'
      const issuer = await issuerOf(kubectl)
      const subject = `system:serviceaccount:${release.namespace}:${agent.spec.serviceAccountName}`
      checkReceipt(receipt, { issuer, subject }, audiences)
      return `Entra and AWS have to trust the issuer ${issuer ?? '(the doctor may not read it)'} and the subject ${subject}, in tokens for ${audiences.join(' and ')}.`
    },
  }
}

interface Federation {
  readonly issuer: string | undefined
  readonly subject: string
}

/** Fails if the receipt has federated credentials but no match. One match suffices: others may be for other clusters. */
function checkReceipt(path: string, { issuer, subject }: Federation, audiences: readonly string[]): void {
  const credentials: readonly Federation[] = existsSync(path)
    ? (JSON.parse(readFileSync(path, 'utf8')).settings.federatedCredentials ?? [])
    : []
  if (credentials.length === 0) return
  if (!audiences.includes(tokenExchangeUri))
    throw identityProblem(
      'FEDERATION_MISMATCH',
      `The pods’ tokens are for ${audiences.join(' and ')}; the credentials of ${path} want ${tokenExchangeUri}.`,
      { hint: `Set sidecar.credential.projectedToken.audience=${tokenExchangeUri}.` },
    )
  if (credentials.some(one => one.subject === subject && (issuer ?? one.issuer) === one.issuer)) return
  const known = credentials.map(one => `${one.issuer} ${one.subject}`).join(', ')
  throw identityProblem(
    'FEDERATION_MISMATCH',
    `The pods come as ${issuer} ${subject}; ${path} has ${known}.`,
    {
      hint: `npx --no-install agentctl entra apply --cluster-issuer ${issuer} --service-account ${subject.replace(/^system:serviceaccount:/, '')}`,
    },
  )
}
