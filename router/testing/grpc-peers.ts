/** A real gRPC server and client (@grpc/grpc-js) with a method of each kind; messages are text. */
import {
  Client,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
  type ServiceError,
  type sendUnaryData,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js'

const text = {
  requestSerialize: (value: string) => Buffer.from(value),
  requestDeserialize: (bytes: Buffer) => bytes.toString(),
  responseSerialize: (value: string) => Buffer.from(value),
  responseDeserialize: (bytes: Buffer) => bytes.toString(),
}
const method = (name: string, requestStream: boolean, responseStream: boolean) => ({
  path: `/shop.Echo/${name}`,
  requestStream,
  responseStream,
  ...text,
})
const SERVICE = {
  say: method('Say', false, false),
  gather: method('Gather', true, false),
  count: method('Count', false, true),
  talk: method('Talk', true, true),
  /** Fails with the status that the message names, before anything else is sent. */
  fail: method('Fail', false, false),
  /** Never answers. */
  hang: method('Hang', false, false),
} satisfies ServiceDefinition

export type GrpcPod = {
  readonly port: number
  /** Calls of `Hang` that the caller gave up. */
  readonly cancelled: () => number
  /** Takes no new calls, finishes those under way, then closes. */
  readonly leave: () => Promise<void>
  readonly close: () => void
}

/** Answers begin with `name`. */
export const startGrpcPod = async (name: string): Promise<GrpcPod> => {
  let cancelled = 0
  const handlers: UntypedServiceImplementation = {
    say: (call: ServerUnaryCall<string, string>, done: Done) => {
      const trailers = new Metadata()
      trailers.set('x-trailing', String(call.metadata.get('x-asked')[0] ?? ''))
      trailers.set('x-bytes-bin', Buffer.from([0, 255, 10]))
      done(null, `${name}:${call.request}`, trailers)
    },
    gather: (call: ServerReadableStream<string, string>, done: Done) => {
      const parts: string[] = []
      call.on('data', part => parts.push(part))
      call.on('end', () => done(null, `${name}:${parts.join('+')}`))
    },
    count: (call: ServerWritableStream<string, string>) => {
      for (let i = 0; i < Number(call.request); i++) call.write(`${name}:${i}`)
      call.end()
    },
    talk: (call: ServerDuplexStream<string, string>) => {
      call.on('data', part => call.write(`${name}:${part}`))
      call.on('end', () => call.end())
    },
    fail: (call: ServerUnaryCall<string, string>, done: Done) =>
      done({ code: status[call.request as keyof typeof status], details: `${name} cannot` }),
    hang: (call: ServerUnaryCall<string, string>) =>
      call.on('cancelled', () => {
        cancelled += 1
      }),
  }
  const server = new Server()
  server.addService(SERVICE, handlers)
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  )
  return {
    port,
    cancelled: () => cancelled,
    leave: () => new Promise(resolve => server.tryShutdown(() => resolve())),
    close: () => server.forceShutdown(),
  }
}

type Done = sendUnaryData<string>

export type Said = { readonly text: string; readonly trailers: Metadata }

/** A client of the first of these ports that answers. */
export const dialGrpc = (...ports: readonly number[]) => {
  // Without a connection that another client of this process has made.
  const client = new Client(`ipv4:${ports.map(port => `127.0.0.1:${port}`).join(',')}`, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
  })
  const { requestSerialize, responseDeserialize } = text
  const unary = (path: string, request: string, { metadata = new Metadata(), deadlineMs = 20_000 } = {}) => {
    let trailers = new Metadata()
    let cancel = (): void => {}
    const said = new Promise<Said>((resolve, reject) => {
      const deadline = Date.now() + deadlineMs
      const call = client.makeUnaryRequest<string, string>(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        metadata,
        { deadline },
        (error: ServiceError | null, value?: string) => {
          if (error) reject(error)
          // The status comes after the value.
          else setImmediate(() => resolve({ text: value ?? '', trailers }))
        },
      )
      call.on('status', ({ metadata: got }) => {
        trailers = got
      })
      cancel = () => call.cancel()
    })
    return { said, cancel: () => cancel() }
  }
  return {
    say: (request: string, options?: Parameters<typeof unary>[2]) => unary(SERVICE.say.path, request, options).said,
    fail: (code: keyof typeof status) => unary(SERVICE.fail.path, code).said,
    hang: (options?: Parameters<typeof unary>[2]) => unary(SERVICE.hang.path, 'x', options),
    gather: (parts: readonly string[]) =>
      new Promise<string>((resolve, reject) => {
        const call = client.makeClientStreamRequest<string, string>(
          SERVICE.gather.path,
          requestSerialize,
          responseDeserialize,
          (error: ServiceError | null, value?: string) => (error ? reject(error) : resolve(value ?? '')),
        )
        for (const part of parts) call.write(part)
        call.end()
      }),
    count: async (to: number): Promise<readonly string[]> =>
      client
        .makeServerStreamRequest<string, string>(SERVICE.count.path, requestSerialize, responseDeserialize, String(to))
        .toArray(),
    talk: () => client.makeBidiStreamRequest<string, string>(SERVICE.talk.path, requestSerialize, responseDeserialize),
    close: () => client.close(),
  }
}

export type GrpcClient = ReturnType<typeof dialGrpc>
