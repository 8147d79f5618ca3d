/**
 * The users, in a pod: asks URLs at a steady rate when told to.
 *   POST /start?url=URL&rate=N   begins, `rate` requests per second for each `url` that is given; answers at once
 *   POST /stop                   ends, waits for what is under way, answers all answers of that run as JSON
 *   GET  /count                  requests so far and how many of them got no answer
 */
import { createServer } from 'node:http'
import { isDropped } from '../../../demo/tally.ts'
import { startTraffic, type Traffic } from '../../../demo/traffic.ts'

let traffic: readonly Traffic[] = []

const start = (query: URLSearchParams): object => {
  traffic = query.getAll('url').map(url => startTraffic(url, Number(query.get('rate') ?? 100)))
  return {}
}

const stop = async (): Promise<object> => {
  const answers = await Promise.all(traffic.map(one => one.stop()))
  traffic = []
  return answers.flat().sort((a, b) => a.at - b.at)
}

const count = (): object => {
  const answers = traffic.flatMap(one => one.answers)
  return { requests: answers.length, dropped: answers.filter(isDropped).length }
}

const act = async (method: string, { pathname, searchParams }: URL): Promise<object | undefined> => {
  if (method === 'POST' && pathname === '/start') return start(searchParams)
  if (method === 'POST' && pathname === '/stop') return stop()
  return method === 'GET' && pathname === '/count' ? count() : undefined
}

createServer((request, answer) => {
  void act(request.method ?? '', new URL(request.url ?? '/', 'http://pod')).then(
    body => answer.writeHead(body === undefined ? 404 : 200).end(JSON.stringify(body ?? {})),
    (error: unknown) => answer.writeHead(500).end(String(error)),
  )
}).listen(9090, () => console.log('ready'))
process.on('SIGTERM', () => process.exit(0))
