/** The last requests of a version that has no share any more: its pods stay until they are answered, but not for ever. */
import type { Context } from './context.ts'
import { othersOf } from './goal.ts'
import { clock, parseTime } from './time.ts'
import type { Traffic } from './traffic.ts'
import { isActive } from './versions.ts'
import { RECHECK_MS, type Waiting } from './waiting.ts'

const REASON = 'Draining'

/** The latest time until which its pods stay; undefined when nothing is under way, or for too long already. */
export const drainingUntil = ({ status, now, seen }: Context, traffic: Traffic, hash: string): number | undefined => {
  if ((traffic.most[hash] ?? 0) > 0 || traffic.inFlight(hash) === 0) return undefined
  const told = status.conditions?.find(({ type, reason, status: is }) => type === 'Waiting' && reason === REASON && is === 'True')
  const until = (parseTime(told?.lastTransitionTime) ?? now) + seen.settings.maxDrainMs
  return until > now ? until : undefined
}

export const drainingWaits = (context: Context, traffic: Traffic): readonly Waiting[] =>
  othersOf(context)
    .filter(isActive)
    .flatMap(({ hash }) => {
      const until = drainingUntil(context, traffic, hash)
      if (until === undefined) return []
      return [
        {
          reason: REASON,
          what: `Requests of version ${hash} are finished`,
          ends: `ends when none is left, at the latest at ${clock(until)}`,
          until: Math.min(until, context.now + RECHECK_MS),
        },
      ]
    })
