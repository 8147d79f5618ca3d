/** Resolves at Ctrl-C (or SIGTERM); a second Ctrl-C ends the process at once. */
export const untilInterrupted = (): Promise<void> =>
  new Promise(resolve => {
    const end = () => {
      process.once('SIGINT', () => process.exit(130))
      resolve()
    }
    process.once('SIGINT', end)
    process.once('SIGTERM', end)
  })
