/** `npx --no-install agentctl entra plan|apply|status|blast-radius|disable|enable|destroy`: what the agent needs in Microsoft Entra. */
import { setTimeout as delay } from 'node:timers/promises'
import { Kubectl } from './doctor/kube/kubectl.ts'
import { readAzureAs } from './entra/blast-radius/azure.ts'
import { runEntra } from './entra/command.ts'
import { askYesNo } from './set-up/ask.ts'
import './set-up/proxy.ts'

process.exitCode = await runEntra(process.argv.slice(2), {
  env: process.env,
  fetch,
  readAzure: tenantId => readAzureAs(tenantId, fetch),
  cluster: new Kubectl(undefined),
  // Loaded when needed, since only `blast-radius` uses it.
  readRole: async arn =>
    (await import('./doctor/aws/role.ts')).readRole(arn, process.env['AWS_REGION'] || 'us-east-1'),
  // Unlike the time of day, this clock never jumps.
  clock: { nowMs: () => performance.timeOrigin + performance.now(), wait: ms => delay(ms) },
  print: line => console.log(line),
  say: line => console.error(line),
  ask: askYesNo,
})
