/** Waits for a condition that no event announces. Rejects after a long time, so that a test says what it waited for. */
export const until = async (what: string, holds: () => boolean, timeoutMs = 20_000): Promise<void> => {
  const deadline = Date.now() + timeoutMs
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain until ${what}`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}
