import { hash } from 'node:crypto'
import { roleId } from '../account/sessions.ts'
import type { Caller } from '../authentication/authenticate.ts'

/** Who made a call (https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html). */
export interface UserIdentity {
  readonly type: 'IAMUser' | 'AssumedRole' | 'WebIdentityUser'
  readonly principalId?: string
  readonly arn?: string
  readonly accountId?: string
  /** Of the caller's access key; an API key has none. */
  readonly accessKeyId?: string
  readonly userName?: string
  readonly identityProvider?: string
  readonly sessionContext?: {
    readonly sessionIssuer: Readonly<
      Record<'type' | 'principalId' | 'arn' | 'accountId' | 'userName', string>
    >
    readonly attributes: { readonly mfaAuthenticated: 'false'; readonly creationDate?: string }
    readonly webIdFederationData?: { readonly federatedProvider: string; readonly attributes: object }
  }
}

/** A user, or the session of a role. */
export function userIdentityOf({ arn, policyArn, accessKeyId, federation }: Caller): UserIdentity {
  const [accountId = '', resource = ''] = arn.split(':').slice(4)
  const [kind, userName = '', sessionName] = resource.split('/')
  const named = { arn, accountId, ...(accessKeyId === undefined ? {} : { accessKeyId }) }
  if (kind === 'user') {
    const principalId = `AIDA${hash('sha256', arn).slice(0, 16).toUpperCase()}`
    return { type: 'IAMUser', principalId, ...named, userName }
  }
  const creationDate = federation && { creationDate: federation.creationDate }
  return {
    ...{ type: 'AssumedRole', principalId: `${roleId}:${sessionName}`, ...named },
    sessionContext: {
      sessionIssuer: { type: 'Role', principalId: roleId, arn: policyArn, accountId, userName },
      attributes: { ...creationDate, mfaAuthenticated: 'false' },
      ...(federation && {
        webIdFederationData: { federatedProvider: federation.provider, attributes: {} },
      }),
    },
  }
}
