import type { Entra } from './entra.ts'
import { refusal } from './errors/entra-error.ts'

const looksLikeTenant =
  /^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[a-z0-9-]+(\.[a-z0-9-]+)+|common|organizations|consumers)$/i

/** This server has one tenant; any other name in the address is refused. */
export function checkTenant(entra: Entra, tenant: string): void {
  if (tenant.toLowerCase() === entra.config.tenantId) return
  throw refusal(looksLikeTenant.test(tenant) ? 90002 : 900023, { tenant })
}
