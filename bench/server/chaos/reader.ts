// node reader.ts <port>: asks for 20 MB, and says when the first of it has come.
import { connect } from 'node:net'

const socket = connect(Number(process.argv[2]), '127.0.0.1')
socket.write('GET /large HTTP/1.1\r\nhost: x\r\n\r\n')
socket.once('data', () => {
  socket.pause()
  process.send?.('reads')
})
