#!/usr/bin/env node
/** The command of the archive, which runs on any Node from 22.19 on; in a clone, `agentctl.mjs` is the command. */
import { enableCompileCache } from 'node:module'

// Before the rest is loaded, so that there is less to compile at the next start, which counts for the kill switch.
enableCompileCache()
await import('./agentctl.ts')
