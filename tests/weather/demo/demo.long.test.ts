import { describe, expect, it } from 'vitest'
import { demoCommand, isOpenToOthers, startDemo } from './support/start-demo.ts'

describe('make demo', () => {
  it('opens page, Entra and metrics to other machines if HOST is set, applies ALLOWED_HOSTS and the rate limit, and ends with exit code 0 on SIGTERM', async () => {
    const demo = await startDemo(demoCommand, {
      HOST: '0.0.0.0',
      ALLOWED_HOSTS: 'agent.example,127.0.0.1',
      RATE_LIMIT_PER_MINUTE: '1',
    })
    await demo.printed('Ready:')
    const open = await Promise.all(Object.values(demo.ports).map(isOpenToOthers))
    expect(Object.keys(demo.ports).filter((_, index) => open[index])).toEqual([
      'PORT',
      'ENTRA_PORT',
      'METRICS_PORT',
    ])
    const ask = async (host: string) => {
      const response = await fetch(`http://${host}:${demo.ports['PORT']}/api/chat`, { method: 'POST' })
      return response.status
    }
    expect(await ask('localhost')).toBe(421)
    expect(await ask('127.0.0.1')).toBe(400)
    expect(await ask('127.0.0.1')).toBe(429)
    demo.process.kill('SIGTERM')
    expect(await demo.ended).toBe(0)
  })

  it('ends with exit code 1 when one process dies, and prints the reason', async () => {
    const demo = await startDemo(demoCommand, { WEATHER_PROVIDER: 'crystal-ball' })
    await demo.printed('WEATHER_PROVIDER must be one of')
    await demo.printed('weather-api ended (exit code 1)')
    expect(await demo.ended).toBe(1)
  })
})
