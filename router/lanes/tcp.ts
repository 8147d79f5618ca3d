/**
 * Carries a connection as it is: TLS and whatever else is not HTTP in the clear, and all connections of ports with protocol `tcp`.
 * Split per connection.
 */
import { connect, type Socket } from 'node:net'
import { chooseVersion } from '../choose-version.ts'
import { Dispatch, type Place } from '../dispatch.ts'
import type { Connection, Lane, LaneContext } from './connection.ts'
import { splice } from './splice.ts'

export const makeTcpLane = (context: LaneContext): Lane => ({ accept: connection => carry(context, connection), stop: () => {} })

const carry = (context: LaneContext, connection: Connection) => {
  const { route, port, peer, socket } = connection
  const { connectTimeoutMs, idleTimeoutMs, maxEjectedPercent } = route.limits(context.limits)
  const choice = chooseVersion(route, { headers: {} }, { peer, random: context.random })
  if (!choice) return void socket.destroy()
  connection.busy += 1
  const dispatch = new Dispatch(route, {
    port: port.name ?? '',
    version: choice.version,
    now: context.clock.now,
    peer,
    maxEjectedPercent,
    place: context.place,
  })
  let pod: Socket | undefined
  const end = () => {
    dispatch.done()
    connection.busy -= 1
  }
  const abandoned = () => {
    pod?.destroy()
    dispatch.finish('clientAborts', -1)
    end()
  }
  socket.once('close', abandoned)
  const tryNext = () => {
    const place = dispatch.next()
    if (!place) {
      socket.removeListener('close', abandoned)
      end()
      return void socket.destroy()
    }
    pod = dial(place, connectTimeoutMs, connected => {
      if (socket.destroyed) return
      if (!connected || !pod) {
        dispatch.unreachable()
        return tryNext()
      }
      socket.removeListener('close', abandoned)
      place.upstream.markUp()
      // Counted when it was made: connections last for hours, and what is judged is whether the version takes them.
      dispatch.finish('status2xx', -1)
      splice(socket, pod, dispatch, {
        idleMs: idleTimeoutMs,
        onClosed: failed => {
          if (failed === 'pod') dispatch.fail()
          end()
        },
      })
    })
  }
  tryNext()
}

/** Calls back once: true when the pod accepted, false when it refused or did not answer in time. */
const dial = ({ upstream }: Place, timeoutMs: number, done: (connected: boolean) => void): Socket => {
  const socket = connect({
    host: upstream.host,
    port: upstream.port,
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 15_000,
  })
  const finish = (connected: boolean) => {
    socket.removeListener('error', refused)
    socket.setTimeout(0)
    socket.removeListener('timeout', silent)
    done(connected)
  }
  const refused = (): void => finish(false)
  const silent = () => {
    finish(false)
    socket.destroy()
  }
  socket.once('connect', () => finish(true))
  socket.once('error', refused)
  socket.setTimeout(timeoutMs, silent)
  return socket
}
