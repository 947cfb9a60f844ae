import type { Change } from '@entra-agents/approval'
import type { EnvironmentReader } from '@entra-agents/service-kit'
import type { NewAlert } from './alert.ts'
import { tellNewAlert } from './sentences.ts'

/**
 * What the tools that change alerts do. The API carries a call out once, however often the agent sends it: the API knows the
 * call's idempotency key, or the alert is gone already.
 */
const alertChanges = {
  create_alert: {
    effect: 'create',
    title: 'Create alert',
    tell: newAlert => tellNewAlert(newAlert as NewAlert),
    isIdempotent: true,
  },
  delete_alert: { effect: 'delete', title: 'Delete alert', isIdempotent: true },
} as const satisfies Record<string, Change>

export type AlertChanges = Readonly<Record<keyof typeof alertChanges, Change>>

/** Returns the changes; WEATHER_API_UNATTENDED_TOOLS names those that the agent may make in flows without a user. */
export function readAlertChangeSettings(env: EnvironmentReader): AlertChanges {
  const unattended = env.list('WEATHER_API_UNATTENDED_TOOLS', [])
  for (const name of unattended) {
    if (!Object.hasOwn(alertChanges, name))
      env.fault(
        `WEATHER_API_UNATTENDED_TOOLS may list ${Object.keys(alertChanges).join(', ')}; "${name}" is none of them.`,
      )
  }
  const of = (name: keyof typeof alertChanges): Change => ({
    ...alertChanges[name],
    ...(unattended.includes(name) ? { unattended: true } : {}),
  })
  return { create_alert: of('create_alert'), delete_alert: of('delete_alert') }
}
