// Run by `helm test`, in a pod that may reach the agent's page and nothing else of the release.
import { lookup } from 'node:dns/promises'
import { get } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const { AGENT, AGENT_PODS, WEATHER_API } = process.env
const patienceMs = 60_000

/** Resolves when the connection is made; rejects when it is refused or times out. */
function reach(host, port) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: 3_000 })
    socket.once('connect', () => resolve(socket.destroy()))
    socket.once('timeout', () => socket.destroy(new Error('timed out')))
    socket.once('error', reject)
  })
}

/** Fetches a path of the agent, under the host name that it always accepts. */
function fetchFromAgent(path) {
  return new Promise((resolve, reject) => {
    const request = get(
      { host: AGENT, port: 3001, path, headers: { host: 'localhost' }, timeout: 10_000 },
      async response => {
        let body = ''
        for await (const chunk of response.setEncoding('utf8')) body += chunk
        if (response.statusCode === 200) resolve({ body, type: response.headers['content-type'] })
        else reject(new Error(`GET ${path} of the agent: status ${response.statusCode}`))
      },
    )
    request.once('timeout', () => request.destroy(new Error(`GET ${path} of the agent timed out`)))
    request.once('error', reject)
  })
}

async function expectClosed(host, port) {
  const open = await reach(host, port).then(
    () => true,
    () => false,
  )
  if (!open) return
  throw new Error(
    `${host}:${port} lets in a pod that no rule allows. Does this cluster's network enforce NetworkPolicy?`,
  )
}

function expectReady({ state, problem }) {
  if (state === 'ready') return
  throw new Error([state, problem?.code, problem?.detail, problem?.hint].filter(Boolean).join(' · '))
}

async function fetchStatus() {
  return JSON.parse((await fetchFromAgent('/api/status')).body)
}

const checks = {
  'names are resolved': () => lookup(AGENT),
  'the page of the agent can be reached': async () => {
    const { type } = await fetchFromAgent('/')
    if (!type?.startsWith('text/html')) throw new Error(`GET / of the agent is ${type}`)
  },
  'a token is issued to the agent identity': async () => expectReady((await fetchStatus()).flows.autonomous),
  'the port of the sidecar is closed': async () => {
    const pods = await lookup(AGENT_PODS, { all: true })
    for (const { address } of pods) {
      await reach(address, 3001)
      await expectClosed(address, 5000)
    }
  },
  ...(WEATHER_API && {
    'the agent reaches the weather API': async () =>
      expectReady((await fetchStatus()).components.weather_api),
    'the weather API is closed': async () => {
      await lookup(WEATHER_API)
      await expectClosed(WEATHER_API, 8080)
    },
  }),
}

// Pods and policies may need a moment, so a check is repeated until it succeeds or the deadline has passed.
const deadline = Date.now() + patienceMs
for (const [sentence, check] of Object.entries(checks)) {
  let failure
  do {
    failure = await check().then(
      () => undefined,
      error => error,
    )
    if (failure) await sleep(1_000)
  } while (failure && Date.now() < deadline)
  console.log(failure ? `FAILED  ${sentence}: ${failure.message}` : `ok      ${sentence}`)
  if (failure) process.exitCode = 1
}
