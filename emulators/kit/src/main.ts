#!/usr/bin/env node
import { enableCompileCache } from 'node:module'

// Before the rest is loaded, so that there is less to compile at the next start.
enableCompileCache()
const { run } = await import('./command.ts')
await run(process.argv.slice(2), process.env)
