/**
 * The entry of the container image: `controller`, `webhook`, `router` or `dashboard-server` as the first argument starts that process
 * with the arguments that follow; everything else is the command line. Each is loaded only when it is asked for.
 */
const PROCESSES: { readonly [name: string]: (() => Promise<unknown>) | undefined } = {
  controller: () => import('../controller/main.ts'),
  webhook: () => import('../webhook/main.ts'),
  router: () => import('../router/main.ts'),
  // `dashboard` is the command that serves it on a laptop.
  'dashboard-server': () => import('../dashboard/main.ts'),
}

const word = process.argv[2]
const start = word !== undefined && Object.hasOwn(PROCESSES, word) ? PROCESSES[word] : undefined
if (start !== undefined) {
  // Each process reads its flags from behind the script.
  process.argv.splice(2, 1)
  await start()
} else {
  if (word === undefined) process.argv.push('--help')
  process.env['SLUICE_INVOKED_AS'] ??= 'sluice'
  await import('../cli/main.ts')
}
