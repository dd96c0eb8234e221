// What a client does, with the WebSocket of a platform: run by Node, and by a page in a browser.

/** A connection whose messages are awaited one by one. */
function open(WebSocket, url, protocols) {
  const socket = new WebSocket(url, protocols)
  socket.binaryType = 'arraybuffer'
  const came = []
  let wake
  const closed = new Promise((resolve) => {
    socket.onclose = ({ code }) => resolve(code)
  })
  socket.onerror = () => {}
  socket.onmessage = ({ data }) => {
    came.push(data)
    wake?.()
  }
  const next = async () => {
    while (came.length === 0) {
      await new Promise((resolve) => {
        wake = resolve
      })
    }
    return came.shift()
  }
  const opened = new Promise((resolve) => {
    socket.onopen = resolve
  })
  return { socket, opened, closed, next }
}

export const MESSAGES = ['ü€𝄞', '', 'x'.repeat(100_000), new Uint8Array(70_000).map((_, i) => i)]

export function isSame(message, echo) {
  if (typeof message === 'string') return echo === message
  const bytes = new Uint8Array(echo)
  return bytes.length === message.length && bytes.every((byte, i) => byte === message[i])
}

async function echoes(WebSocket, url) {
  const { socket, opened, closed, next } = open(WebSocket, `${url}/echo`, [])
  await opened
  let right = 0
  for (const message of MESSAGES) {
    socket.send(message)
    if (isSame(message, await next())) right += 1
  }
  socket.close(1000)
  return `echoes ${right} of 4, closed ${await closed}`
}

/** Enters the room of `corral.v1`; `rooms` is how far it has read. */
async function enter(WebSocket, url, rooms) {
  const { socket, opened, closed, next } = open(WebSocket, `${url}/chat`, ['corral.v1'])
  const say = (envelope) => socket.send(JSON.stringify(envelope))
  const take = async (op) => {
    const envelope = JSON.parse(await next())
    if (envelope.op !== op) throw new Error(`${envelope.op} in place of ${op}`)
    return envelope
  }
  await opened
  say({ op: 'hello', client: 'somebody', rooms })
  await take('welcome')
  return { socket, closed, say, take, subscribed: await take('subscribed') }
}

async function recovers(WebSocket, url) {
  const first = await enter(WebSocket, url, {})
  first.say({ op: 'message', data: 'hello' })
  const { data, epoch, offset } = await first.take('message')
  first.say({ op: 'message', data: 'cut' })
  const code = await first.closed
  const again = await enter(WebSocket, url, { chat: { [epoch]: offset } })
  const missed = []
  while (missed.length < 3) missed.push((await again.take('message')).data)
  again.socket.close(1000)
  await again.closed
  return `heard ${data}, cut off ${code}, recovered ${again.subscribed.recovered}: ${missed.join(' ')}`
}

export async function talk(WebSocket, url) {
  return `${await echoes(WebSocket, url)}; ${await recovers(WebSocket, url)}`
}
