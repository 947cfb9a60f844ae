import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { expect, it } from 'vitest'
import { seedIds } from '../../../../emulators/entra/src/testing/seed-ids.ts'
import type { Receipt } from '../../src/entra/receipt.ts'
import { portray } from './support/portrait.ts'
import { type Scenes, useTenant } from './support/tenant.ts'

const tenant = useTenant()
const { content, run, quietly, remember, expectRemembered, expectNoReceipt, expectScenes } = tenant

const portrait = () => portray(content())
const credentials = '--client-secret --cluster-issuer https://i.example --service-account a:b'
const setUp = `apply ${credentials}`
const lockPath = () => `${tenant.workplace.receiptPath}.lock`
const lockBy = (process: number, host = hostname(), ending = '') => {
  const holder = JSON.stringify({ id: 'other', process, host, since: '2026-11-28T06:00:00.000Z' })
  return () => writeFileSync(`${lockPath()}${ending}`, holder)
}
const expectNoLock = () =>
  expect(readdirSync(tenant.workplace.folder).filter(name => name.includes('.lock'))).toEqual([])
/** A process id that is too high for any system. */
const freeProcessId = 2 ** 30

it('two runs at once make every object only once, and the second run says why it stops', async () => {
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
  expectNoLock()
})

// biome-ignore format: table
const locks: Scenes = [
  ['stop apply and destroy, but neither `disable` and `enable` from switching, nor `plan` and `status`', quietly('apply'), lockBy(process.pid), 'destroy --yes', 'disable', 'enable', 'plan', 'status', () => expect([existsSync(lockPath()), tenant.workplace.receipt.disabledAgents]).toEqual([true, []])],
  ['are taken over if the run with the lock was killed', lockBy(freeProcessId), quietly('apply'), expectNoLock],
  ['are taken over if the run that was about to take over the lock was killed, too', lockBy(freeProcessId), lockBy(freeProcessId, hostname(), '.removal'), quietly('apply'), expectNoLock],
  ['of another machine are kept; the error names the lock file', lockBy(1234, 'another-host'), 'apply'],
  ...['', 'garbage', 'null', '{"id": "a"}'].map(text => [`that are not understood, such as ${JSON.stringify(text)}, are kept`, () => writeFileSync(lockPath(), text), 'apply'] as const),
]

it('locks of other runs stop changes, and are taken over only if that run cannot go on', () =>
  expectScenes('locks', locks))

let lost: Receipt & { readonly ids: readonly string[] }
const loseReceipt = () => {
  lost = { ...tenant.workplace.receipt, ids: tenant.recordedIds() }
  rmSync(tenant.workplace.receiptPath)
}
const losing = [quietly(`${setUp} --blueprint-name B --page-name P`), loseReceipt] as const
const expectIds = () => expect(tenant.recordedIds()).toEqual(lost.ids)
const expectOurSettings = () => {
  const asked = (receipt: Receipt) => {
    const { owners, agentUserDomain, agentFlows, alerts, unattendedAlerts } = receipt.settings
    return { owners, agentUserDomain, agentFlows, alerts, unattendedAlerts, makers: receipt.makers }
  }
  expect(asked(tenant.workplace.receipt)).toEqual(asked(lost))
}
/** The id of what somebody else made. */
const theirs = '99999999-0000-4000-8000-000000000099'
const addWhatNobodyAskedFor = () => {
  const evil = { issuer: 'https://evil.example/', subject: 'system:serviceaccount:x:y' }
  const audiences = ['api://AzureADTokenExchange']
  for (const one of content().applications) {
    if (one.displayName === 'P') one.spa.redirectUris.push('https://evil.example/auth')
    if (one.displayName !== 'B') continue
    one.federatedIdentityCredentials.push({ ...evil, id: theirs, name: 'their-name', audiences })
    one.owners.push(seedIds.ben)
    one.web.redirectUris.push('https://evil.example/consent')
  }
}
const addTheirAgent = () => {
  const { servicePrincipals } = content()
  const ours = servicePrincipals.filter(({ id }) => id === lost.objects['agent/weather-agent']?.id)
  servicePrincipals.push(...ours.map(one => ({ ...one, id: theirs, appId: theirs, displayName: 'theirs' })))
}
const writeReceipt = (text: string) => () => writeFileSync(tenant.workplace.receiptPath, text)
const expectKept = (text: string) => () =>
  expect(readFileSync(`${tenant.workplace.receiptPath}.unreadable`, 'utf8')).toBe(text)
const unreadable = (text: string) =>
  [writeReceipt(text), 'status', quietly('status --yes --adopt <set-up>'), expectKept(text)] as const

// biome-ignore format: table
const adoptions: Scenes = [
  ['is written anew from the tenant, and then apply and destroy work', ...losing, remember, 'status --yes --adopt <set-up>', 'apply', expectIds, expectRemembered, quietly('destroy --yes')],
  ['is written anew only after a “yes” to everything that would be taken for asked for', ...losing, addWhatNobodyAskedFor, remember, 'status --adopt <set-up>', 'apply --adopt <set-up>', `apply --adopt <set-up> --sponsor ada@contoso.example ${credentials}`, expectNoReceipt, quietly('status --yes --adopt <set-up>'), 'apply', expectRemembered],
  ['is written anew with owners, domain and rights as they were asked for, and then there is nothing to correct', quietly(`apply --owner ${seedIds.ben} --agent one:autonomous+agent-user --agent two:obo --agent three:none --alerts all-users --unattended-alerts one`), loseReceipt, quietly('status --yes --adopt <set-up> --agent one --agent two --agent three'), expectOurSettings, expectIds, 'apply'],
  ['is written anew with a consent that each user gives', quietly('apply --alerts each-user'), loseReceipt, quietly('status --yes --adopt <set-up>'), expectOurSettings, 'apply'],
  ['is written anew with the agents that `--agent` names, and the output lists agents that were left out', ...losing, addTheirAgent, 'status --yes --adopt <set-up>', 'destroy --yes', () => rmSync(tenant.workplace.receiptPath), 'status --yes --adopt <set-up> --agent weather-agent --agent theirs', () => expect(tenant.idOf('agent/theirs')).toBe(theirs)],
  ['had a set-up id, which apply shows when it finds a name taken', ...losing, 'apply --blueprint-name B'],
  ['is kept beside the new receipt if it exists but cannot be read', ...losing, ...unreadable('{ "half": '), ...unreadable('{"version":1}')],
  ['is never written anew over the receipt of another set-up', quietly('apply'), 'status --yes --adopt 00000000'],
  ['is never written anew for a set-up that the tenant does not have', quietly('apply'), loseReceipt, 'status --yes --adopt 00000000', expectNoReceipt],
]

it('a receipt that got lost or cannot be read is written anew from the tenant by --adopt', () =>
  expectScenes('adopt', adoptions))
