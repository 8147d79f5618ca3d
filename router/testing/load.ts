/** Clients that ask without pause and note everything that went wrong. */
import { Agent, type AgentOptions } from 'node:http'
import type { Duplex } from 'node:stream'
import { type Ask, ask } from './pods.ts'

export type Load = {
  readonly requests: () => number
  /** One line for each request that got no answer or one above 499. */
  readonly failures: string[]
  /** How often each body was answered. */
  readonly bodies: Map<string, number>
  /** Ends after the requests under way. */
  readonly stop: () => Promise<void>
}

export type LoadOptions = {
  /** Where the next request goes; the next connection, when clients are faithful. */
  readonly port: () => number
  /** Clients stay with a connection until it is closed, as those of a Service do, whatever `port` says meanwhile. */
  readonly faithful?: boolean
  readonly workers?: number
  /**
   * Kept connections are those of a client that uses one for all its requests; each third worker makes a new one every time,
   * each fourth request has a body.
   */
  readonly withBodies?: boolean
}

/** A number by which an agent knows its connections, wherever they lead. */
const ANYWHERE = 1

/** Keeps one connection; each is made to where `port` says at that time. */
const agentFor = (port: (() => number) | undefined): Agent => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  if (!port) return agent
  const create = agent.createConnection.bind(agent)
  agent.createConnection = (options: AgentOptions, done?: (error: Error | null, stream: Duplex) => void) =>
    create({ ...options, port: port() }, done)
  return agent
}

export const startLoad = ({ port, faithful = false, workers = 12, withBodies = true }: LoadOptions): Load => {
  const failures: string[] = []
  const bodies = new Map<string, number>()
  let requests = 0
  let stopping = false
  const askOnce = async (target: number, request: Ask, agent: Agent | false): Promise<void> => {
    const which = `${request.method ?? 'GET'} ${request.path} on a ${agent ? 'kept' : 'new'} connection`
    try {
      const got = await ask(target, request, agent)
      bodies.set(got.body, (bodies.get(got.body) ?? 0) + 1)
      if (got.status > 499) failures.push(`${which}: ${got.status} ${got.body.trim()}`)
    } catch (error) {
      failures.push(`${which}: ${error instanceof Error ? error.message : String(error)}`)
    }
    requests += 1
  }
  const work = async (worker: number): Promise<void> => {
    const agent = worker % 3 !== 0 && agentFor(faithful ? port : undefined)
    const target = agent && faithful ? () => ANYWHERE : port
    for (let i = 0; !stopping; i++) {
      const body = withBodies && i % 4 === 3 ? { method: 'POST', body: 'x'.repeat(20_000) } : {}
      await askOnce(target(), { path: `/${worker}/${i}`, ...body }, agent)
    }
    if (agent) agent.destroy()
  }
  const working = Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)))
  return {
    requests: () => requests,
    failures,
    bodies,
    stop: async () => {
      stopping = true
      await working
    },
  }
}
