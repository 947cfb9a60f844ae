import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { describe, expect, it } from 'vitest'
import { seedIds } from '../../emulators/entra/src/directory/seed.ts'
import { portray } from './support/portrait.ts'
import { useTenant } from './support/tenant.ts'

const tenant = useTenant()
const { content, run } = tenant

const portrait = () => portray(content())
const options = ['--client-secret', '--cluster-issuer', 'https://i.example', '--service-account', 'a:b']
const lockPath = () => `${tenant.workplace.receiptPath}.lock`
const lockOf = (process: number, host = hostname()) =>
  JSON.stringify({ id: 'other', process, host, since: '2026-11-28T06:00:00.000Z' })
/** A process id that is too high for any system. */
const freeProcessId = 2 ** 30

describe('two runs at once', () => {
  it('make every object only once, and the second run says why it stops', async () => {
    await run('apply', ...options)
    const whole = portrait()
    for (let trial = 0; trial < 3; trial++) {
      tenant.entra.reset()
      rmSync(tenant.workplace.receiptPath)
      rmSync(tenant.workplace.envPath)
      const runs = await Promise.all([1, 2].map(() => run('apply', ...options)))
      expect(runs.map(({ code }) => code).toSorted()).toEqual([0, 2])
      expect(runs.find(({ code }) => code === 2)?.said).toContain(
        `Another run works with ${tenant.workplace.receiptPath}: process ${process.pid}`,
      )
      expect(portrait()).toBe(whole)
    }
    expect(readdirSync(tenant.workplace.folder).filter(name => name.includes('.lock'))).toEqual([])
  })

  it('stop the second one if its command is destroy', async () => {
    await run('apply')
    writeFileSync(lockPath(), lockOf(process.pid))
    const { code, said } = await run('destroy --yes')
    expect(said).toContain('Another run works with')
    expect(code).toBe(2)
    expect(existsSync(lockPath())).toBe(true)
  })

  it.each(['disable', 'enable'])(
    'do not keep %s from switching; it says that the receipt does not know',
    async command => {
      await run('apply')
      writeFileSync(lockPath(), lockOf(process.pid))
      const { code, output } = await run(command)
      expect(output).toMatch(new RegExp(`^${command}d +.* agent identity "weather-agent"$`, 'm'))
      expect(output).toMatch(/^failed +.* agent identity "weather-agent"\n +Another run works with/m)
      expect(code).toBe(1)
      expect(existsSync(lockPath())).toBe(true)
      rmSync(lockPath())
      expect(tenant.workplace.receipt.disabledAgents).toEqual([])
    },
  )

  it.each(['plan', 'status'])('do not stop the second one if its command only reads: %s', async command => {
    await run('apply')
    writeFileSync(lockPath(), lockOf(process.pid))
    expect((await run(command)).code).toBe(0)
  })

  it('are not assumed if the run with the lock was killed; the next run then takes over the lock', async () => {
    writeFileSync(lockPath(), lockOf(freeProcessId))
    expect((await run('apply')).code).toBe(0)
    expect(existsSync(lockPath())).toBe(false)
  })

  it('are not assumed, either, if the run that was about to take over the lock was killed, too', async () => {
    writeFileSync(lockPath(), lockOf(freeProcessId))
    writeFileSync(`${lockPath()}.removal`, lockOf(freeProcessId))
    expect((await run('apply')).code).toBe(0)
    expect(readdirSync(tenant.workplace.folder).filter(name => name.includes('.lock'))).toEqual([])
  })

  it('are assumed if the lock is from another machine; the error names the lock file', async () => {
    writeFileSync(lockPath(), lockOf(freeProcessId, 'another-host'))
    const { said } = await run('apply')
    expect(said).toContain('Another run works with')
    expect(said).toContain(`If there is no such run, delete ${lockPath()}`)
  })

  it.each(['', 'garbage', 'null', '{"id": "a"}'])(
    'are neither assumed nor excluded if the lock is %j: the error names the file and says what to do',
    async text => {
      writeFileSync(lockPath(), text)
      const { code, said } = await run('apply')
      expect(said).toContain(`${lockPath()} does not name the run that it belongs to`)
      expect(said).toContain('delete it')
      expect(said).not.toContain('Another run works')
      expect(code).toBe(2)
    },
  )
})

describe('a receipt that got lost or cannot be read', () => {
  async function loseReceipt() {
    await run('apply --blueprint-name B --page-name P', ...options)
    const { setUpId, objects } = tenant.workplace.receipt
    rmSync(tenant.workplace.receiptPath)
    return { setUpId, objects }
  }

  it('is written anew from the tenant, and then apply and destroy work', async () => {
    const { setUpId, objects } = await loseReceipt()
    const before = portrait()
    const { code, output } = await run('status --yes --adopt', setUpId)
    expect(output).toContain(`The receipt of the set-up ${setUpId} was written anew`)
    expect(code).toBe(0)
    const ids = (all: typeof objects) =>
      Object.entries(all)
        .map(([key, { id }]) => [key, id])
        .toSorted()
    expect(ids(tenant.workplace.receipt.objects)).toEqual(ids(objects))
    expect((await run('apply')).output).not.toMatch(/^(created|corrected)/m)
    expect(portrait()).toBe(before)
    expect((await run('destroy --yes')).code).toBe(0)
  })

  it('is written anew only after a “yes” to everything that would be taken for asked for', async () => {
    const { setUpId } = await loseReceipt()
    const { applications } = content()
    const blueprint = applications.find(({ displayName }) => displayName === 'B')
    const page = applications.find(({ displayName }) => displayName === 'P')
    const evil = { issuer: 'https://evil.example/', subject: 'system:serviceaccount:x:y' }
    const audiences = ['api://AzureADTokenExchange']
    blueprint?.federatedIdentityCredentials.push({ ...evil, id: 'evil', name: 'their-name', audiences })
    blueprint?.owners.push(seedIds.ben)
    blueprint?.web.redirectUris.push('https://evil.example/consent')
    page?.spa.redirectUris.push('https://evil.example/auth')
    const before = portrait()
    for (const command of ['status', 'apply']) {
      const { code, output, said } = await run(`${command} --adopt`, setUpId)
      const taken = [...output.matchAll(/^adopt +(\S.*)$/gm)].map(([, title]) => title)
      expect(taken).toEqual([
        `sponsor Ada Osei (${seedIds.ada})`,
        `owner Ada Osei (${seedIds.ada})`,
        `owner Ben Lindqvist (${seedIds.ben})`,
        'redirect URI https://evil.example/auth of the page',
        'redirect URI https://evil.example/consent of the blueprint',
        'federated credential for system:serviceaccount:a:b of https://i.example',
        'federated credential for system:serviceaccount:x:y of https://evil.example/',
        'client secret of the blueprint',
      ])
      expect(said).toContain('Nothing was taken over, and no receipt was written.')
      expect([code, tenant.workplace.hasReceipt]).toEqual([2, false])
    }
    const asked = ['--sponsor', 'ada@contoso.example', '--client-secret', ...options.slice(1)]
    const { output } = await run('apply --adopt', setUpId, ...asked)
    expect(output).not.toContain('sponsor Ada')
    expect(output).not.toContain('https://i.example')
    expect(output).not.toContain('client secret')
    expect(output).toContain('owner Ben')
    expect(portrait()).toBe(before)
    expect((await run('status --yes --adopt', setUpId)).code).toBe(0)
    expect((await run('apply')).output).not.toMatch(/^(created|corrected)/m)
    expect(portrait()).toBe(before)
  })

  it('is written anew with owners and domain as they were asked for', async () => {
    const asked = ['--owner', seedIds.ben, '--agent', 'one:autonomous+agent-user', '--agent', 'two']
    await run('apply', ...asked)
    const { setUpId, settings, makers } = tenant.workplace.receipt
    rmSync(tenant.workplace.receiptPath)
    expect((await run('status --yes --adopt', setUpId, '--agent', 'one', '--agent', 'two')).code).toBe(0)
    const { owners, agentUserDomain } = tenant.workplace.receipt.settings
    expect([owners, agentUserDomain, tenant.workplace.receipt.makers]).toEqual([
      settings.owners,
      settings.agentUserDomain,
      makers,
    ])
  })

  it('is written anew with the agents that `--agent` names, and the output lists agents that were left out', async () => {
    const { setUpId, objects } = await loseReceipt()
    const { servicePrincipals } = content()
    const ours = servicePrincipals.find(({ id }) => id === objects['agent/weather-agent']?.id)
    if (!ours) throw new Error('There is no agent.')
    const theirs = '99999999-0000-4000-8000-000000000099'
    servicePrincipals.push({ ...ours, id: theirs, appId: theirs, displayName: 'theirs' })
    const { code, output } = await run('status --yes --adopt', setUpId)
    expect(output).toContain('Left out: the agent identity "theirs"')
    expect(code).toBe(3)
    const { said } = await run('destroy --yes')
    expect(said).toContain('deletes 1 of its agents that the receipt does not know')
    rmSync(tenant.workplace.receiptPath)
    const names = ['--agent', 'weather-agent', '--agent', 'theirs']
    await run('status --yes --adopt', setUpId, ...names)
    expect(tenant.workplace.receipt.objects['agent/theirs']?.id).toBe(theirs)
    expect((await run('status --agent theirs')).said).toContain('goes with --adopt')
  })

  it('had a set-up id, which apply shows when it finds a name taken', async () => {
    const { setUpId } = await loseReceipt()
    const { said } = await run('apply --blueprint-name B')
    expect(said).toContain(`--adopt ${setUpId}`)
  })

  it('is kept beside the new receipt if it exists but cannot be read', async () => {
    const { setUpId } = await loseReceipt()
    for (const text of ['{ "half": ', '{"version":1}']) {
      writeFileSync(tenant.workplace.receiptPath, text)
      expect((await run('status')).said).toContain('status --adopt <set-up id>')
      expect((await run('status --yes --adopt', setUpId)).code).toBe(0)
      expect(readFileSync(`${tenant.workplace.receiptPath}.unreadable`, 'utf8')).toBe(text)
    }
  })

  it('is never written anew over the receipt of another set-up, nor for a set-up that the tenant does not have', async () => {
    await run('apply')
    const other = await run('status --yes --adopt 00000000')
    expect(other.said).toContain('is the receipt of the set-up')
    rmSync(tenant.workplace.receiptPath)
    const unknown = await run('status --yes --adopt 00000000')
    expect(unknown.said).toContain('The tenant has no blueprint that is described as')
    expect(tenant.workplace.hasReceipt).toBe(false)
  })
})
