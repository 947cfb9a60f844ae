import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { seedIds } from '../../../../emulators/entra/src/directory/seed.ts'
import { portray } from './support/portrait.ts'
import { useTenant } from './support/tenant.ts'

const tenant = useTenant()
const { content, run, expectShown } = tenant

const cluster =
  '--cluster-issuer https://oidc.eks.eu-central-1.amazonaws.com/id/ABC --service-account agents:demo-agent'
const application = (displayName: string) =>
  content().applications.find(one => one.displayName === displayName)
const secrets = () => application('Weather Agent Blueprint')?.passwordCredentials.map(one => one.secretText)

describe('plan', () => {
  it('shows what would be made and changes nothing, not even a file', async () => {
    const before = portray(content())
    await expectShown('plan-of-everything', `plan --client-secret ${cluster}`)
    expect(portray(content())).toBe(before)
    expect(tenant.workplace.hasReceipt).toBe(false)
  })

  it('shows what apply would correct, and what it would add', async () => {
    await run('apply')
    Object.assign(application('Weather API') ?? {}, { identifierUris: [] })
    await expectShown('plan-of-changes', 'plan --agent second-agent')
  })
})

describe('apply', () => {
  it('makes everything that the documentation of Entra Agent ID names, property by property, and writes nothing the second time', async () => {
    const line = `apply --client-secret ${cluster}`
    await expectShown('apply', line)
    const { permissionGrants, ...all } = content()
    const applications = all.applications.filter(({ description }) => description)
    const servicePrincipals = all.servicePrincipals.filter(({ kind }) => kind === 'agentIdentity')
    const appRoleAssignments = all.appRoleAssignments.filter(
      ({ principalId }) => principalId === servicePrincipals[0]?.id,
    )
    const made = { applications, servicePrincipals, permissionGrants, appRoleAssignments }
    await expect(portray(content(), made)).toMatchFileSnapshot('golden/apply-makes.txt')
    const before = [portray(content()), tenant.workplace.receipt, tenant.workplace.variables]
    await expectShown('apply-again', line)
    expect([portray(content()), tenant.workplace.receipt, tenant.workplace.variables]).toEqual(before)
  })

  it('adds agents, clusters and a secret to an earlier set-up; options of earlier runs need not be repeated', async () => {
    await run(`apply --agent first ${cluster}`)
    await run('apply --agent second --client-secret')
    await run('apply --cluster-issuer https://issuer.example --service-account a:b')
    await expectShown('apply-adds', 'plan', 'apply')
  })

  it('takes names, redirect URIs, sponsors and owners from its options', async () => {
    const names = `--blueprint-name B --api-name "Children's API" --page-name P`
    const uris = '--redirect-uri https://a.example/x --redirect-uri https://b.example/x'
    await run(`apply ${names} ${uris} --sponsor ben@contoso.example --owner ${seedIds.ada}`)
    expect(application('B')).toMatchObject({ sponsors: [seedIds.ben], owners: [seedIds.ada] })
    expect(application('P')?.spa.redirectUris).toEqual(['https://a.example/x', 'https://b.example/x'])
    expect(application("Children's API")?.identifierUris).toEqual([expect.stringMatching(/^api:\/\//)])
    expect((await run('apply')).output).not.toContain('created')
  })

  it('adds sponsors and owners to those of an earlier set-up, and removes none', async () => {
    await run('apply')
    const line = `apply --sponsor ${seedIds.ben} --owner ${seedIds.ben}`
    await expectShown('apply-adds-owners', line.replace('apply', 'plan'), line, line)
    const both = [seedIds.ada, seedIds.ben]
    expect(application('Weather Agent Blueprint')).toMatchObject({ sponsors: both, owners: both })
  })

  it('makes a new secret when the old one has expired, and removes the old one', async () => {
    await run('apply --client-secret --secret-days 7')
    const first = tenant.workplace.variables['BLUEPRINT_CLIENT_SECRET']
    expect(secrets()).toEqual([first])
    tenant.workplace.pass(8 * 86_400)
    await expectShown('apply-renews-secret', 'status', 'apply')
    const second = tenant.workplace.variables['BLUEPRINT_CLIENT_SECRET']
    expect(second).not.toBe(first)
    expect(secrets()).toEqual([second])
  })

  it('does not replace a secret in use unless asked to, even if .env has another secret or none', async () => {
    await run('apply --client-secret')
    const before = secrets()
    for (const text of ['', 'BLUEPRINT_CLIENT_SECRET=of-another-blueprint\n']) {
      writeFileSync(tenant.workplace.envPath, text)
      await expectShown('apply-keeps-secret', 'plan --client-secret', 'apply --client-secret', 'status')
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

  it('changes only its own variables in .env, and no comment, line end or value of several lines', async () => {
    const before =
      '# mine\r\nAWS_REGION=eu-central-1 # here\r\nexport TENANT_ID=old\r\nAGENT_CLIENT_ID="x"\r\nMY="first\r\nBLUEPRINT_APP_ID=mine\r\nlast"'
    writeFileSync(tenant.workplace.envPath, before, { mode: 0o644 })
    await run('apply')
    const after = readFileSync(tenant.workplace.envPath, 'utf8')
    await expect(tenant.withNames(after).replaceAll('\r', '␍')).toMatchFileSnapshot('golden/apply-dotenv.txt')
    expect(statSync(tenant.workplace.envPath).mode & 0o777).toBe(0o600)
  })

  it('begins a new .env as a copy of .env.example', async () => {
    await run('apply')
    const example = readFileSync('.env.example', 'utf8')
    const text = readFileSync(tenant.workplace.envPath, 'utf8')
    expect(text.split('\n').length).toBe(example.split('\n').length)
    expect(text).toContain('# Region in which the agent calls Bedrock')
  })
})
