import type { Rolldown } from 'vite'

/** Whether a module is loaded with the page itself or, with `start`, together with that module. */
export function isLoadedWith(
  id: string,
  modules: Rolldown.ChunkingContext,
  start?: string,
  seen = new Set<string>(),
): boolean {
  if (seen.has(id)) return false
  seen.add(id)
  const info = modules.getModuleInfo(id)
  if (!info) return false
  return (
    (start === undefined ? info.isEntry : id === start) ||
    info.importers.some(importer => isLoadedWith(importer, modules, start, seen))
  )
}
