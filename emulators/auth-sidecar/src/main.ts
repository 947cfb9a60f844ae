import { serve } from '@entra-bedrock-agent/service-kit'
import { buildApp } from './app.ts'
import { readConfig } from './config.ts'
import { listenAlso } from './listen.ts'

await serve(async () => {
  const config = readConfig(process.env)
  const app = buildApp(config)
  const [first, ...others] = config.addresses
  await listenAlso(app, others)
  return { app, host: first.host, port: first.port, portVariable: 'ASPNETCORE_URLS' }
})
