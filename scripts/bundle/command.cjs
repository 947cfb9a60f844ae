#!/usr/bin/env node
// The command of an archive. An old Node cannot parse main.js; it can parse this, which says so.
const { name, engines } = require('./package.json')
const { node: found } = process.versions

const [leastMajor, leastMinor] = engines.node.match(/\d+/g).map(Number)
const [major, minor] = found.split('.').map(Number)
if (major < leastMajor || (major === leastMajor && minor < leastMinor)) {
  const command = name.replace(/.*\//, '')
  console.error(`${command} needs Node ${leastMajor}.${leastMinor} or later; this is ${found}.`)
  process.exitCode = 1
} else import('./main.js')
