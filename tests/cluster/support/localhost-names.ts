/**
 * Imported into a Node program by `--import`: names under `.localhost` are those of this machine, as in browsers. Not all
 * systems look them up so.
 */
import dns from 'node:dns'

const { lookup } = dns
const lookupHere = (name: string, ...how: readonly unknown[]) =>
  Reflect.apply(lookup, dns, [name.endsWith('.localhost') ? 'localhost' : name, ...how])
dns.lookup = Object.assign(lookupHere, lookup) as typeof lookup
