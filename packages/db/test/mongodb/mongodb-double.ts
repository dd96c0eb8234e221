import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { BSON } from 'mongodb'
import type { Document } from 'mongodb'

/** Speaks as much of MongoDB's wire protocol as a client needs to ask for documents. */
export interface MongodbDouble extends AsyncDisposable {
  readonly url: string
  /** Names of the commands that came. */
  readonly commands: string[]
  /** How many connections were closed while a command had no answer. */
  broken: number
}

const opReply = 1
const opQuery = 2004
const opMsg = 2013

/** A `find` with `{ slow: true }` has no answer; every other gives one document. */
export async function openMongodbDouble(): Promise<MongodbDouble> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    let waiting = false
    let received = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('close', () => {
      sockets.delete(socket)
      if (waiting) double.broken += 1
    })
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      while (received.length >= 4 && received.length >= received.readInt32LE(0)) {
        const message = received.subarray(0, received.readInt32LE(0))
        received = received.subarray(message.length)
        waiting = !answer(socket, message, double.commands)
      }
    })
  })
  const listening = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', listening.resolve)
  await listening.promise
  const double: MongodbDouble = {
    url: `mongodb://127.0.0.1:${(server.address() as AddressInfo).port}/shop?directConnection=true`,
    commands: [],
    broken: 0,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return double
}

/** False when there is none. */
function answer(socket: Socket, message: Buffer, commands: string[]): boolean {
  const id = message.readInt32LE(4)
  const code = message.readInt32LE(12)
  const command = code === opQuery ? queryOf(message) : BSON.deserialize(message.subarray(21))
  const name = Object.keys(command)[0] ?? ''
  commands.push(name)
  if (name === 'find' && (command['filter'] as Document)['slow'] === true) return false
  const reply = BSON.serialize(replyTo(name))
  const head = code === opQuery ? replyHead() : Buffer.alloc(5) // no flags, a section of one document
  const header = Buffer.alloc(16)
  header.writeInt32LE(16 + head.length + reply.length, 0)
  header.writeInt32LE(id, 8)
  header.writeInt32LE(code === opQuery ? opReply : opMsg, 12)
  socket.write(Buffer.concat([header, head, reply]))
  return true
}

/** What comes first is of an older kind: flags, the name of the collection, two numbers, then the document. */
function queryOf(message: Buffer): Document {
  const end = message.indexOf(0, 20)
  return BSON.deserialize(message.subarray(end + 9))
}

function replyHead(): Buffer {
  const head = Buffer.alloc(20)
  head.writeInt32LE(1, 16)
  return head
}

function replyTo(name: string): Document {
  if (name === 'find') {
    const cursor = { id: BSON.Long.fromNumber(0), ns: 'shop.users', firstBatch: [{ name: 'Ada' }] }
    return { ok: 1, cursor }
  }
  return {
    ok: 1,
    isWritablePrimary: true,
    ismaster: true,
    helloOk: true,
    maxBsonObjectSize: 16_777_216,
    maxMessageSizeBytes: 48_000_000,
    maxWriteBatchSize: 100_000,
    minWireVersion: 0,
    maxWireVersion: 25,
  }
}
