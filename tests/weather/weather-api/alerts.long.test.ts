import { setTimeout as delay } from 'node:timers/promises'
import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import { onBehalfOfClaims } from '@entra-agents/tokens/testing/agent-claims'
import { createIssuer } from '@entra-agents/tokens/testing/token-issuer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { postJson } from '../../support/post-json.ts'
import { startProcess } from './weather-process.ts'

/** How many times the process is killed; `KILLS=100` takes some minutes. */
const killCount = Number(process.env['KILLS'] ?? 10)
const untilDate = new Date(Date.now() + 30 * 24 * 3_600_000).toISOString().slice(0, 10)
const alertFields = (celsius: number) => ({
  city: 'Oslo',
  when: { kind: 'temperature-below' as const, celsius },
  untilDate,
})

type AlertList = { alerts: readonly { id: string; when: { celsius: number } }[] }

const issuer = await forFile(createIssuer())

describe('an alert', () => {
  const file = temporaryFile('alerts.sqlite')
  /** Starts a process. All processes use the same file. */
  async function start() {
    const service = startProcess({
      AGENT_CLIENT_ID: identities.agentId,
      ENTRA_AUTHORITY: issuer.url,
      WEATHER_PROVIDER: 'climate-normals',
      ALERTS_FILE: file,
    })
    return { ...service, url: await service.url() }
  }

  const tokenOf = (oid: string) =>
    issuer.sign(onBehalfOfClaims({ authority: issuer.url, claims: { oid, scp: 'Alerts.ReadWrite' } }))

  it('is kept once its creation was answered, and never exists twice, however often the process is killed', {
    timeout: 900_000,
  }, async ({ annotate }) => {
    const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)
    await annotate(`SEED=${seed}`)
    const moments = fc.sample(fc.double({ min: 0, max: 1, noNaN: true }), { seed, numRuns: killCount })
    const answered = new Map<string, string>()
    let cutOff = 0
    let service = await start()
    // How long five calls took last time. The process is killed after a fraction of that time.
    let callsTakeMs = 100
    for (const [round, moment] of moments.entries()) {
      const oid = `owner-${round}`
      const create = async (celsius: number) => {
        const headers = { 'idempotency-key': `key-${celsius}` }
        const posted = { token: tokenOf(oid), headers }
        const response = await postJson(`${service.url}/alerts`, alertFields(celsius), posted)
        expect(response.status).toBe(201)
        return ((await response.json()) as { id: string }).id
      }
      const early = Promise.allSettled([0, 1, 2, 3, 4].map(create))
      await delay(moment * callsTakeMs)
      service.child.kill('SIGKILL')
      await service.exited
      const ids = (await early).map(answer => (answer.status === 'fulfilled' ? answer.value : undefined))
      cutOff += ids.filter(id => id === undefined).length
      service = await start()
      const startedMs = performance.now()
      for (const [celsius, firstId] of ids.entries()) {
        const id = await create(celsius)
        expect(id).toBe(firstId ?? id)
        answered.set(`${oid}/${celsius}`, id)
      }
      callsTakeMs = performance.now() - startedMs
    }
    await annotate(`${cutOff} of ${answered.size} calls were cut off.`)
    const kept: (readonly [string, string])[] = []
    for (const round of moments.keys()) {
      const oid = `owner-${round}`
      const headers = { authorization: `Bearer ${tokenOf(oid)}` }
      const { alerts } = (await (await fetch(`${service.url}/alerts`, { headers })).json()) as AlertList
      for (const { id, when } of alerts) kept.push([`${oid}/${when.celsius}`, id])
    }
    service.child.kill('SIGTERM')
    await service.exited
    expect(kept).toHaveLength(answered.size)
    expect(new Map(kept)).toEqual(answered)
  })
})
