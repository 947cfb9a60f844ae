import { tenant } from '@entra-bedrock-agent/demo-tenant'
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import {
  agentId,
  blueprintAppId,
  requestToken,
  startEntraForFile,
  tenantId,
  weatherAppId,
} from '../testing/start-entra.ts'

const entra = await startEntraForFile()

const exchangeRequest = {
  client_id: blueprintAppId,
  client_secret: 'blueprint-secret',
  grant_type: 'client_credentials',
  scope: 'api://AzureADTokenExchange/.default',
  fmi_path: agentId,
}

describe('client credentials', () => {
  it('exchange the blueprint’s secret for T1, and T1 for the agent’s own token, which the published keys verify', async () => {
    const t1 = await requestToken(entra, exchangeRequest)
    expect(t1.status).toBe(200)
    const t1Claims = decodeJwt(t1.body.access_token)
    expect(t1Claims).toMatchObject({
      aud: 'fb60f99c-7a34-4190-8149-302f77469936',
      iss: `https://sts.windows.net/${tenantId}/`,
      ver: '2.0',
      azp: blueprintAppId,
      azpacr: '1',
      idtyp: 'app',
    })
    expect(t1Claims.sub).toMatch(new RegExp(`^/eid1/c/pub/t/[\\w-]{22}/a/[\\w-]{22}/${agentId}$`))

    const tr = await requestToken(entra, {
      client_id: agentId,
      grant_type: 'client_credentials',
      scope: `api://${weatherAppId}/.default`,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: t1.body.access_token,
    })
    expect(tr.body).toMatchObject({ token_type: 'Bearer', expires_in: 3599, ext_expires_in: 3599 })
    const keys = createRemoteJWKSet(new URL(`${entra.url}/${tenantId}/discovery/v2.0/keys`))
    const { payload } = await jwtVerify(tr.body.access_token, keys, {
      issuer: `${entra.url}/${tenantId}/v2.0`,
      audience: weatherAppId,
    })
    expect(payload).toMatchObject({
      azp: agentId,
      azpacr: '2',
      oid: agentId,
      sub: agentId,
      idtyp: 'app',
      roles: ['Weather.Read.All'],
      xms_par_app_azp: blueprintAppId,
    })
    expect(String(payload['xms_act_fct']).split(' ')).toContain('11')
    expect(payload).not.toHaveProperty('scp')
  })

  it('give a token without roles to an agent that has no roles', async () => {
    const { id } = tenant.agents.trainee
    const { body: t1 } = await requestToken(entra, { ...exchangeRequest, fmi_path: id })
    const { body: tr } = await requestToken(entra, {
      client_id: id,
      grant_type: 'client_credentials',
      scope: `api://${weatherAppId}/.default`,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: t1.access_token,
    })
    const claims = decodeJwt(tr.access_token)
    expect(claims).toMatchObject({ azp: id, oid: id })
    expect(claims).not.toHaveProperty('roles')
  })
})
