import type { Namespace } from './namespace.ts'

/** Runs a script in a container by `kubectl exec`, and returns what it assigns to `result`. The script is the body of an ES module. */
export async function runIn<Result>(
  namespace: Namespace,
  { pod, container, script }: { readonly pod: string; readonly container: string; readonly script: string },
): Promise<Result> {
  const source = `let result; ${script}; console.log(JSON.stringify(result ?? null)); process.exit()`
  const node = ['/nodejs/bin/node', '--input-type=module', '--eval', source]
  return JSON.parse(await namespace.kubectl('exec', pod, '-c', container, '--', ...node))
}
