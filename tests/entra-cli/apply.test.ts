import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { seedIds } from '../../emulators/entra/src/directory/seed.ts'
import { tenantId } from '../../emulators/entra/src/testing/start-entra.ts'
import { portray } from './support/portrait.ts'
import { useTenant } from './support/tenant.ts'

const tenant = useTenant()
const { content, run, writes } = tenant

const issuer = 'https://oidc.eks.eu-central-1.amazonaws.com/id/ABC'
const cluster = ['--cluster-issuer', issuer, '--service-account', 'agents:demo-agent']
const application = (displayName: string) =>
  content().applications.find(one => one.displayName === displayName)

describe('plan', () => {
  it('shows what would be made and changes nothing, not even a file', async () => {
    const before = portray(content())
    const { code, output } = await run('plan --client-secret', ...cluster)
    expect(code).toBe(0)
    expect(output).toContain('blueprint "Weather Agent Blueprint"')
    expect(output).toContain('12 to create, 0 to correct, 0 to keep. Nothing was changed.')
    expect(writes()).toEqual([])
    expect(portray(content())).toBe(before)
    expect(tenant.workplace.hasReceipt).toBe(false)
  })

  it('shows what apply would correct, and what it would add', async () => {
    await run('apply')
    const api = application('Weather API')
    if (api) api.identifierUris = []
    const { output } = await run('plan --agent second-agent')
    expect(output).toContain(`identifierUris is [], wanted ["api://${api?.appId}"]`)
    expect(output).toContain('3 to create, 1 to correct, 10 to keep.')
  })
})

describe('apply', () => {
  it('makes everything that the documentation of Entra Agent ID names, property by property', async () => {
    const { code } = await run('apply --client-secret', ...cluster)
    expect(code).toBe(0)
    const blueprint = application('Weather Agent Blueprint')
    const page = application('Weather Agent page')
    const api = application('Weather API')
    expect(blueprint).toMatchObject({
      kind: 'agentIdentityBlueprint',
      sponsors: [seedIds.ada],
      identifierUris: [`api://${blueprint?.appId}`],
      api: {
        requestedAccessTokenVersion: 2,
        oauth2PermissionScopes: [{ value: 'access_as_user', type: 'User', isEnabled: true }],
      },
      optionalClaims: { accessToken: [{ name: 'idtyp', additionalProperties: ['include_user_token'] }] },
      federatedIdentityCredentials: [
        {
          issuer: 'https://oidc.eks.eu-central-1.amazonaws.com/id/ABC',
          subject: 'system:serviceaccount:agents:demo-agent',
          audiences: ['api://AzureADTokenExchange'],
        },
      ],
      passwordCredentials: [{}],
    })
    expect(page).toMatchObject({
      spa: { redirectUris: ['http://localhost:3001/auth/redirect.html'] },
      requiredResourceAccess: [{ resourceAppId: blueprint?.appId }],
    })
    expect(api).toMatchObject({
      identifierUris: [`api://${api?.appId}`],
      api: {
        requestedAccessTokenVersion: 2,
        acceptMappedClaims: true,
        oauth2PermissionScopes: [{ value: 'Weather.Read' }],
      },
      appRoles: [{ value: 'Weather.Read.All', allowedMemberTypes: ['Application'], isEnabled: true }],
    })
    expect(api?.optionalClaims?.accessToken.map(({ name }) => name)).toEqual([
      'xms_act_fct',
      'xms_sub_fct',
      'xms_par_app_azp',
      'xms_idrel',
      'xms_tnt_fct',
      'idtyp',
    ])
    const principal = (name: string) => content().servicePrincipals.find(one => one.displayName === name)
    const agent = principal('weather-agent')
    expect(agent).toMatchObject({ kind: 'agentIdentity', agentIdentityBlueprintId: blueprint?.appId })
    const forAll = { consentType: 'AllPrincipals', principalId: null }
    expect(content().permissionGrants).toMatchObject([
      {
        ...forAll,
        clientId: principal('Weather Agent page')?.id,
        resourceId: principal('Weather Agent Blueprint')?.id,
        scope: 'access_as_user',
      },
      { ...forAll, clientId: agent?.id, resourceId: principal('Weather API')?.id, scope: 'Weather.Read' },
    ])
    expect(content().appRoleAssignments).toContainEqual(
      expect.objectContaining({ principalId: agent?.id, appRoleId: api?.appRoles[0]?.id }),
    )
  })

  it('writes nothing the second time', async () => {
    const options = ['--client-secret', ...cluster]
    await run('apply', ...options)
    const [before, receipt, dotenv] = [
      portray(content()),
      tenant.workplace.receipt,
      tenant.workplace.variables,
    ]
    tenant.entra.requests.clear()
    const { code, output } = await run('apply', ...options)
    expect(code).toBe(0)
    expect(writes()).toEqual([])
    expect(output).not.toMatch(/^(created|corrected)/m)
    expect([portray(content()), tenant.workplace.receipt, tenant.workplace.variables]).toEqual([
      before,
      receipt,
      dotenv,
    ])
  })

  it('adds agents, clusters and a secret to an earlier set-up; options of earlier runs need not be repeated', async () => {
    await run('apply --agent first', ...cluster)
    await run('apply --agent second --client-secret')
    await run('apply --cluster-issuer https://issuer.example --service-account a:b')
    const { output } = await run('plan')
    expect(output).toContain('0 to create, 0 to correct, 17 to keep.')
    const agents = content().servicePrincipals.filter(({ kind }) => kind === 'agentIdentity')
    expect(agents.map(({ displayName }) => displayName)).toEqual(['first', 'second'])
    expect(tenant.workplace.variables).toMatchObject({
      AGENT_CLIENT_ID: agents.map(({ id }) => id).join(','),
      WEATHER_ALLOWED_CALLERS: agents.map(({ id }) => id).join(','),
    })
  })

  it('takes names, redirect URIs, sponsors and owners from its options', async () => {
    const { code } = await run(
      'apply',
      ...['--blueprint-name', 'B', '--api-name', "Children's API", '--page-name', 'P'],
      ...['--redirect-uri', 'https://a.example/x', '--redirect-uri', 'https://b.example/x'],
      ...['--sponsor', 'ben@contoso.example', '--owner', seedIds.ada],
    )
    expect(code).toBe(0)
    expect(application('B')).toMatchObject({ sponsors: [seedIds.ben], owners: [seedIds.ada] })
    expect(application('P')?.spa.redirectUris).toEqual(['https://a.example/x', 'https://b.example/x'])
    expect(application("Children's API")?.identifierUris).toEqual([expect.stringMatching(/^api:\/\//)])
    expect((await run('apply')).output).not.toContain('created')
  })

  it('adds sponsors and owners to those of an earlier set-up, and removes none', async () => {
    await run('apply')
    const given = ['--sponsor', seedIds.ben, '--owner', seedIds.ben]
    const plan = await run('plan', ...given)
    expect(plan.output).toContain('3 to create, 0 to correct, 11 to keep.')
    tenant.entra.requests.clear()
    expect(await run('apply', ...given)).toMatchObject({ code: 0 })
    expect(writes().map(line => line.split('/').slice(-2).join('/'))).toEqual([
      ...['sponsors/$ref', 'owners/$ref', 'owners/$ref'],
    ])
    const both = [seedIds.ada, seedIds.ben]
    expect(application('Weather Agent Blueprint')).toMatchObject({ sponsors: both, owners: both })
    tenant.entra.requests.clear()
    expect((await run('apply', ...given)).code).toBe(0)
    expect(writes()).toEqual([])
  })

  it('makes a new secret when the old one has expired, and removes the old one', async () => {
    const secrets = () =>
      application('Weather Agent Blueprint')?.passwordCredentials.map(one => one.secretText)
    await run('apply --client-secret --secret-days 7')
    const first = tenant.workplace.variables['BLUEPRINT_CLIENT_SECRET']
    expect(secrets()).toEqual([first])
    tenant.workplace.pass(8 * 86_400)
    expect((await run('status')).code).toBe(3)
    await run('apply')
    const second = tenant.workplace.variables['BLUEPRINT_CLIENT_SECRET']
    expect(second).not.toBe(first)
    expect(secrets()).toEqual([second])
  })

  it('does not replace a secret in use unless asked to, even if .env has another secret or none', async () => {
    const secrets = () =>
      application('Weather Agent Blueprint')?.passwordCredentials.map(one => one.secretText)
    await run('apply --client-secret')
    const before = secrets()
    for (const text of ['', 'BLUEPRINT_CLIENT_SECRET=of-another-blueprint\n']) {
      writeFileSync(tenant.workplace.envPath, text)
      for (const command of ['plan', 'apply']) {
        const { code, said } = await run(command, '--client-secret')
        expect(said).toContain('is in use, and its text is not in the .env file')
        expect(code).toBe(2)
      }
      const status = await run('status')
      expect(status.output).toContain('Name the file that has it (--dotenv)')
      expect(status.code).toBe(3)
    }
    expect(secrets()).toEqual(before)
    expect((await run('apply --replace-client-secret')).code).toBe(0)
    expect(secrets()).toEqual([tenant.workplace.variables['BLUEPRINT_CLIENT_SECRET']])
    expect(secrets()).not.toEqual(before)
  })

  it('writes the secret only into .env, which only the owner of the file can read', async () => {
    const { output, said } = await run('apply --client-secret')
    const secret = tenant.workplace.variables['BLUEPRINT_CLIENT_SECRET'] ?? ''
    expect(secret.length).toBeGreaterThan(20)
    expect(statSync(tenant.workplace.envPath).mode & 0o777).toBe(0o600)
    for (const text of [output, said, JSON.stringify(tenant.workplace.receipt)]) {
      expect(text).not.toContain(secret)
      expect(text).not.toContain(tenant.token)
    }
  })

  it('changes only its own variables in .env, and no comment or line end', async () => {
    const before =
      '# mine\r\nAWS_REGION=eu-central-1 # here\r\nexport TENANT_ID=old\r\nAGENT_CLIENT_ID="x"\r\nMY=1'
    writeFileSync(tenant.workplace.envPath, before, { mode: 0o644 })
    await run('apply')
    const { AGENT_CLIENT_ID, BLUEPRINT_APP_ID, CLIENT_SPA_APP_ID, WEATHER_API_APP_ID } =
      tenant.workplace.variables
    expect(readFileSync(tenant.workplace.envPath, 'utf8')).toBe(
      [
        '# mine',
        'AWS_REGION=eu-central-1 # here',
        `export TENANT_ID=${tenantId}`,
        `AGENT_CLIENT_ID=${AGENT_CLIENT_ID}`,
        'MY=1',
        `BLUEPRINT_APP_ID=${BLUEPRINT_APP_ID}`,
        `CLIENT_SPA_APP_ID=${CLIENT_SPA_APP_ID}`,
        `WEATHER_API_APP_ID=${WEATHER_API_APP_ID}`,
        '',
      ].join('\r\n'),
    )
    expect(statSync(tenant.workplace.envPath).mode & 0o777).toBe(0o600)
  })

  it('does not change lines that look like its own variables but belong to a value of several lines', async () => {
    const value = 'MY="first\nBLUEPRINT_APP_ID=mine\nlast"\n'
    writeFileSync(tenant.workplace.envPath, value)
    await run('apply')
    expect(readFileSync(tenant.workplace.envPath, 'utf8').startsWith(value)).toBe(true)
    expect(tenant.workplace.variables['BLUEPRINT_APP_ID']).toBe(
      tenant.workplace.receipt.objects['blueprint']?.appId,
    )
  })

  it('begins a new .env as a copy of .env.example', async () => {
    await run('apply')
    const example = readFileSync('.env.example', 'utf8')
    const text = readFileSync(tenant.workplace.envPath, 'utf8')
    expect(text.split('\n').length).toBe(example.split('\n').length)
    expect(text).toContain('# Region in which the agent calls Bedrock')
  })
})
