import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { describe, expect, it } from 'vitest'
import { seedIds } from '../../../../emulators/entra/src/directory/seed.ts'
import { portray } from './support/portrait.ts'
import { useTenant } from './support/tenant.ts'

const tenant = useTenant()
const { content, run, expectShown } = tenant

const portrait = () => portray(content())
const credentials = '--client-secret --cluster-issuer https://i.example --service-account a:b'
const setUp = `apply ${credentials}`
const lockPath = () => `${tenant.workplace.receiptPath}.lock`
const lock = (process: number, host = hostname(), path = lockPath()) =>
  writeFileSync(path, JSON.stringify({ id: 'other', process, host, since: '2026-11-28T06:00:00.000Z' }))
const lockFiles = () => readdirSync(tenant.workplace.folder).filter(name => name.includes('.lock'))
/** A process id that is too high for any system. */
const freeProcessId = 2 ** 30

describe('two runs at once', () => {
  it('make every object only once, and the second run says why it stops', async () => {
    await run(setUp)
    const whole = portrait()
    for (let trial = 0; trial < 3; trial++) {
      tenant.begin()
      const runs = await Promise.all([run(setUp), run(setUp)])
      expect(runs.map(({ code }) => code).toSorted()).toEqual([0, 2])
      expect(runs.find(({ code }) => code === 2)?.said).toContain(
        `Another run works with ${tenant.workplace.receiptPath}: process ${process.pid}`,
      )
      expect(portrait()).toBe(whole)
    }
    expect(lockFiles()).toEqual([])
  })

  it('stop the second one if its command is destroy, do not keep `disable` and `enable` from switching, and do not stop `plan` and `status`', async () => {
    await run('apply')
    lock(process.pid)
    await expectShown('locked', 'destroy --yes', 'disable', 'enable', 'plan', 'status')
    expect(existsSync(lockPath())).toBe(true)
    expect(tenant.workplace.receipt.disabledAgents).toEqual([])
  })

  it('are not assumed if the run with the lock was killed; the next run then takes over the lock', async () => {
    lock(freeProcessId)
    expect((await run('apply')).code).toBe(0)
    expect(lockFiles()).toEqual([])
  })

  it('are not assumed, either, if the run that was about to take over the lock was killed, too', async () => {
    lock(freeProcessId)
    lock(freeProcessId, hostname(), `${lockPath()}.removal`)
    expect((await run('apply')).code).toBe(0)
    expect(lockFiles()).toEqual([])
  })

  it('are assumed if the lock is from another machine; the error names the lock file', async () => {
    lock(1234, 'another-host')
    await expectShown('locked-elsewhere', 'apply')
  })

  it.each(['', 'garbage', 'null', '{"id": "a"}'])(
    'are neither assumed nor excluded if the lock is %j: the error names the file and says what to do',
    async text => {
      writeFileSync(lockPath(), text)
      await expectShown('lock-not-understood', 'apply')
    },
  )
})

describe('a receipt that got lost or cannot be read', () => {
  async function loseReceipt(line = `${setUp} --blueprint-name B --page-name P`) {
    await tenant.show(line)
    const [{ receipt }, ids] = [tenant.workplace, tenant.recordedIds()]
    rmSync(tenant.workplace.receiptPath)
    return { ...receipt, ids }
  }

  it('is written anew from the tenant, and then apply and destroy work', async () => {
    const { setUpId, ids } = await loseReceipt()
    const before = portrait()
    await expectShown('adopt', `status --yes --adopt ${setUpId}`, 'apply')
    expect(tenant.recordedIds()).toEqual(ids)
    expect(portrait()).toBe(before)
    expect((await run('destroy --yes')).code).toBe(0)
  })

  it('is written anew only after a “yes” to everything that would be taken for asked for', async () => {
    const { setUpId } = await loseReceipt()
    const evil = { issuer: 'https://evil.example/', subject: 'system:serviceaccount:x:y' }
    const audiences = ['api://AzureADTokenExchange']
    for (const one of content().applications) {
      if (one.displayName === 'P') one.spa.redirectUris.push('https://evil.example/auth')
      if (one.displayName !== 'B') continue
      one.federatedIdentityCredentials.push({ ...evil, id: 'evil', name: 'their-name', audiences })
      one.owners.push(seedIds.ben)
      one.web.redirectUris.push('https://evil.example/consent')
    }
    const before = portrait()
    const askedFor = `apply --adopt ${setUpId} --sponsor ada@contoso.example ${credentials}`
    await expectShown('adopt-asks', `status --adopt ${setUpId}`, `apply --adopt ${setUpId}`, askedFor)
    expect(tenant.workplace.hasReceipt).toBe(false)
    expect((await run(`status --yes --adopt ${setUpId}`)).code).toBe(0)
    expect((await run('apply')).output).not.toMatch(/^(created|corrected)/m)
    expect(portrait()).toBe(before)
  })

  it('is written anew with owners and domain as they were asked for', async () => {
    const { setUpId, settings, makers } = await loseReceipt(
      `apply --owner ${seedIds.ben} --agent one:autonomous+agent-user --agent two`,
    )
    await run(`status --yes --adopt ${setUpId} --agent one --agent two`)
    const { owners, agentUserDomain } = settings
    expect(tenant.workplace.receipt).toMatchObject({ settings: { owners, agentUserDomain }, makers })
  })

  it('is written anew with the agents that `--agent` names, and the output lists agents that were left out', async () => {
    const { setUpId, objects } = await loseReceipt()
    const { servicePrincipals } = content()
    const theirs = '99999999-0000-4000-8000-000000000099'
    const ours = servicePrincipals.filter(({ id }) => id === objects['agent/weather-agent']?.id)
    servicePrincipals.push(...ours.map(one => ({ ...one, id: theirs, appId: theirs, displayName: 'theirs' })))
    await expectShown('adopt-without-agent', `status --yes --adopt ${setUpId}`, 'destroy --yes')
    rmSync(tenant.workplace.receiptPath)
    await run(`status --yes --adopt ${setUpId} --agent weather-agent --agent theirs`)
    expect(tenant.idOf('agent/theirs')).toBe(theirs)
  })

  it('had a set-up id, which apply shows when it finds a name taken', async () => {
    const { setUpId } = await loseReceipt()
    expect((await run('apply --blueprint-name B')).said).toContain(`--adopt ${setUpId}`)
  })

  it('is kept beside the new receipt if it exists but cannot be read', async () => {
    const { setUpId } = await loseReceipt()
    for (const text of ['{ "half": ', '{"version":1}']) {
      writeFileSync(tenant.workplace.receiptPath, text)
      expect((await run('status')).said).toContain('status --adopt <set-up id>')
      expect((await run(`status --yes --adopt ${setUpId}`)).code).toBe(0)
      expect(readFileSync(`${tenant.workplace.receiptPath}.unreadable`, 'utf8')).toBe(text)
    }
  })

  it('is never written anew over the receipt of another set-up, nor for a set-up that the tenant does not have', async () => {
    await run('apply')
    await expectShown('adopt-over-another', 'status --yes --adopt 00000000')
    rmSync(tenant.workplace.receiptPath)
    await expectShown('adopt-unknown', 'status --yes --adopt 00000000')
    expect(tenant.workplace.hasReceipt).toBe(false)
  })
})
