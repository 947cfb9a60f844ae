import { spawn } from 'node:child_process'
import { Worker } from 'node:worker_threads'
import { once } from 'node:events'
import { autonomousClaims } from '../../tests/support/agent-tokens.ts'
import { identities } from '../../tests/support/identities.ts'
import { createIssuer } from '../../tests/support/token-issuer.ts'
const issuer = await createIssuer()
const tokens = Array.from({ length: 2000 }, () => issuer.sign(autonomousClaims({ authority: issuer.url })))
const child = spawn(process.execPath, ['--cpu-prof', '--cpu-prof-dir='+process.argv[3], process.argv[2]], { env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: '18999', TENANT_ID: identities.tenantId, WEATHER_API_APP_ID: identities.weatherAppId, AGENT_CLIENT_ID: identities.agentId, ENTRA_AUTHORITY: issuer.url, WEATHER_PROVIDER: 'climate-normals' }, stdio: ['ignore', 'ignore', 'inherit'] })
await new Promise(r => setTimeout(r, 3000))
const w = new Worker(new URL('load-generator.ts', import.meta.url), { workerData: { connections: 64, port: 18999, tokens, durationMs: 20000 } })
console.log(await once(w, 'message'))
child.kill('SIGTERM'); await once(child, 'exit'); await issuer.close()
