import { serve } from '@entra-bedrock-agent/service-kit'
import { buildApp } from './app.ts'
import { readConfig } from './config.ts'

await serve(() => {
  const config = readConfig(process.env)
  const [address = { host: '::', port: 8080 }] = config.addresses
  return { app: buildApp(config), ...address, portVariable: 'ASPNETCORE_URLS' }
})
