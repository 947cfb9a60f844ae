/** The variables that every process of a test gets. With the folder of compiled code, each module is compiled only once. */
export function processEnv(): NodeJS.ProcessEnv {
  const { PATH, NODE_COMPILE_CACHE } = process.env
  return { PATH, NODE_COMPILE_CACHE }
}
