/** A pod's log as it comes. */
import { useEffect, useState } from 'preact/hooks'
import { addressOf } from './requests.ts'
import { appendLines, type LogLines, NO_LINES } from './view/log-lines.ts'

export type LogWish = { readonly namespace: string; readonly pod: string; readonly container: string; readonly previous: boolean }

export type ReadLog = { readonly lines: LogLines; readonly problem?: string; readonly ended: boolean }

const pathOf = ({ namespace, pod, container, previous }: LogWish): string => {
  const query = new URLSearchParams(previous ? { container, previous: 'true' } : { container, follow: 'true' })
  return addressOf(`pods/${encodeURIComponent(namespace)}/${encodeURIComponent(pod)}/log?${query}`)
}

const problemOf = async (response: Response): Promise<string> => {
  const body: unknown = await response.json().catch(() => undefined)
  const message = typeof body === 'object' && body !== null && 'message' in body ? body.message : undefined
  return typeof message === 'string' ? message : `the server answered ${response.status}`
}

/** Reads until the log ends or the wish is another one. */
export const useLog = (wish: LogWish): ReadLog => {
  const [read, setRead] = useState<ReadLog>({ lines: NO_LINES, ended: false })
  const { namespace, pod, container, previous } = wish
  useEffect(() => {
    const ending = new AbortController()
    const { signal } = ending
    setRead({ lines: NO_LINES, ended: false })
    const follow = async (): Promise<void> => {
      const response = await fetch(pathOf({ namespace, pod, container, previous }), { signal })
      if (!response.ok || response.body === null) {
        const problem = await problemOf(response)
        return setRead({ lines: NO_LINES, problem, ended: true })
      }
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        const { value } = part
        setRead(before => ({ ...before, lines: appendLines(before.lines, value) }))
      }
      setRead(before => ({ ...before, ended: true }))
    }
    follow().catch((error: unknown) => {
      if (!signal.aborted) setRead(before => ({ ...before, problem: String(error), ended: true }))
    })
    return () => ending.abort()
  }, [namespace, pod, container, previous])
  return read
}
