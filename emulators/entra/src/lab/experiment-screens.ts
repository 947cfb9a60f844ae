import { commonProblem } from '@entra-agents/service-kit'
import type { FastifyInstance } from 'fastify'
import type { Entra } from '../entra.ts'
import { html, type Markup } from '../sign-in/html.ts'
import { type Experiment, experiments, shellFor } from './experiments.ts'
import { list, schemaForm, sendScreen } from './screen.ts'

const nothing = { properties: {} }
const path = '/lab/experiments'

/** The list of experiments, a page for each, and the routes of its two buttons. */
export function serveExperiments(lab: FastifyInstance): void {
  lab.get(path, async ({ entra }, reply) => {
    const links = Object.entries(experiments).map(([name, { title }]) => {
      const state = entra.experiments.has(name) ? html` <small>set up</small>` : ''
      return html`<a href="/emulator${path}/${name}">${title}</a>${state}`
    })
    return sendScreen(reply, 'Experiments', [
      html`<p>Each one changes the tenant of the demo, so that its agents meet a failure or an attack.</p>`,
      list('What if', links),
    ])
  })
  lab.get<Named>(`${path}/:name`, async ({ entra, params: { name } }, reply) => {
    const experiment = find(name)
    return sendScreen(reply, experiment.title, show(entra, name, experiment))
  })
  lab.post<Named>(`${path}/:name/set-up`, async ({ entra, params: { name } }, reply) => {
    await setUp(entra, name, find(name))
    return reply.redirect(`/emulator${path}/${name}`, 303)
  })
  lab.post<Named>(`${path}/:name/more`, async ({ entra, params: { name } }, reply) => {
    const { title, more } = find(name)
    if (!more || !(more.isAlways || entra.experiments.has(name)))
      throw commonProblem('NOT_FOUND', 'The experiment has no such button now.')
    const happened = await more.act(lab, entra)
    const back = html`<p><a href="/emulator${path}/${name}">Back to the experiment</a></p>`
    return sendScreen(reply, title, [happened, back])
  })
  lab.post<Named>(`${path}/:name/undo`, async ({ entra, params: { name } }, reply) => {
    find(name)
    const undo = entra.experiments.get(name)
    entra.experiments.delete(name)
    await (await undo)?.()
    return reply.redirect(`/emulator${path}/${name}`, 303)
  })
}

type Named = { Params: { name: string } }

function find(name: string): Experiment {
  const experiment = Object.hasOwn(experiments, name) ? experiments[name] : undefined
  if (!experiment) throw commonProblem('NOT_FOUND', 'There is no experiment of this name.')
  return experiment
}

/** Twice is once: the second time, the change is there already. */
async function setUp(entra: Entra, name: string, experiment: Experiment): Promise<void> {
  const { experiments: begun } = entra
  const change = begun.get(name) ?? (async () => experiment.setUp(entra))()
  begun.set(name, change)
  try {
    await change
  } catch (error) {
    begun.delete(name)
    throw error
  }
}

function show(entra: Entra, name: string, experiment: Experiment): Markup {
  const { before, change, after, more, watch, why, real, back } = experiment
  const shell = shellFor(entra)
  const isSetUp = entra.experiments.has(name)
  const commands = (lines: readonly string[]) => lines.map(line => html`<pre>${line}</pre>`)
  return html`${before ? html`<h2>Before</h2>${commands(before(shell))}` : ''}
<h2>The change</h2><p>${change} ${isSetUp ? html`<strong>It is set up.</strong>` : ''}</p>
${isSetUp ? '' : schemaForm(`experiments/${name}/set-up`, 'Set up', nothing)}
<h2>What to type</h2>${commands(after(shell))}
${more && (more.isAlways || isSetUp) ? html`<p>${more.does}</p>${schemaForm(`experiments/${name}/more`, more.button, nothing)}` : ''}
${more?.after ? html`<p>After “${more.button}”:</p>${commands(more.after(shell))}` : ''}
<h2>What to watch</h2><p>${watch}</p>
<h2>Why</h2><p>${why}</p>
<h2>What the real Entra does</h2><p>${real}</p>
<h2>The way back</h2><p>${back}</p>
${isSetUp ? schemaForm(`experiments/${name}/undo`, 'Undo', nothing) : ''}`
}
