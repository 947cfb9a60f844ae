import type { Config } from '../config.ts'
import { sessionPrincipal, userPrincipal } from '../identity/principal.ts'
import type { PolicyDocument, Statement } from '../policy/policy.ts'
import { seededModels } from './models.ts'
import type { Seed } from './seed.ts'

/** The secret of every key below that exists to be refused. It opens nothing outside this stand-in. */
const demoSecret = 'emulated-secret-access-key'
const longAgoMs = Date.UTC(2026, 0, 1)

/**
 * The account that the configuration describes: one key, one API key and one role that work,
 * and beside them one of each kind that must fail, so that every refusal can be provoked by environment alone.
 */
export function createDefaultSeed(config: Config): Seed {
  const { accountId, region, accessKey, role } = config
  const user = (name: string) => userPrincipal(`arn:aws:iam::${accountId}:user/${name}`)
  const agentUser = user('agent')
  const developer = sessionPrincipal(role.arn, 'developer')
  const withoutPolicy = user('without-policy')
  const profilesOnly = user('profiles-only')
  return {
    accountId,
    region,
    accessKeys: [
      { ...accessKey, principal: accessKey.sessionToken ? developer : agentUser },
      {
        accessKeyId: 'ASIAEXPIRED00EXAMPLE',
        secretAccessKey: demoSecret,
        sessionToken: 'emulated-expired-session-token',
        expiresAtMs: longAgoMs,
        principal: developer,
      },
      { accessKeyId: 'AKIANOPOLICY0EXAMPLE', secretAccessKey: demoSecret, principal: withoutPolicy },
      { accessKeyId: 'AKIAPROFILES0EXAMPLE', secretAccessKey: demoSecret, principal: profilesOnly },
    ],
    apiKeys: [
      { key: config.bearerKey, principal: agentUser },
      { key: 'emulated-expired-api-key', expiresAtMs: longAgoMs, principal: agentUser },
      { key: 'emulated-api-key-of-another-region', region: 'xx-other-1', principal: agentUser },
      { key: 'emulated-api-key-without-policy', principal: withoutPolicy },
    ],
    identityProviders: role.trust ? [{ issuer: role.trust.issuer, audiences: [role.trust.audience] }] : [],
    roles: [{ arn: role.arn, maxSessionSeconds: 3600, ...(role.trust ? { trust: role.trust } : {}) }],
    policies: {
      [agentUser.policyArn]: policyOf(profiles(accountId), models(), bearerToken),
      [role.arn]: policyOf(profiles(accountId), models()),
      [profilesOnly.policyArn]: policyOf(profiles(accountId)),
    },
    models: seededModels,
  }
}

const invoke = ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream']

const bearerToken: Statement = { Effect: 'Allow', Action: 'bedrock:CallWithBearerToken', Resource: '*' }

function policyOf(...statements: readonly Statement[]): PolicyDocument {
  return { Version: '2012-10-17', Statement: statements }
}

function profiles(accountId: string): Statement {
  return {
    Sid: 'Profiles',
    Effect: 'Allow',
    Action: invoke,
    Resource: `arn:aws:bedrock:*:${accountId}:inference-profile/*`,
  }
}

function models(): Statement {
  return {
    Sid: 'ModelsBehindThem',
    Effect: 'Allow',
    Action: invoke,
    Resource: ['arn:aws:bedrock:*::foundation-model/*', 'arn:aws:bedrock:::foundation-model/*'],
  }
}
