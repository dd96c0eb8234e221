import { createServer, type AddressInfo } from 'node:net'
import type { OddAnswer } from './cases.ts'

/** A request for a page, as far as it says so: browsers ask for more. */
interface Asked {
  readonly index: number
  readonly path: string
}

/** Serves every case below a path of its own, byte by byte as it is written. */
export class OddSite implements AsyncDisposable {
  readonly #server
  #asked: Asked[] = []

  constructor(cases: readonly OddAnswer[]) {
    this.#server = createServer((socket) => {
      let head = ''
      socket.setEncoding('latin1').on('error', () => {})
      socket.on('data', (text) => {
        head += String(text)
        if (!head.includes('\r\n\r\n')) return
        const [, path = '', index = '', rest = ''] = /^\S+ (\/(\d+)\/([^? ]*)\S*) /.exec(head) ?? []
        const found = cases[Number(index)]
        const isPage = /^sec-fetch-dest: document/im.test(head) || !/^sec-fetch-dest:/im.test(head)
        if (found !== undefined && isPage) this.#asked.push({ index: Number(index), path })
        const answer = found?.answers[rest] ?? found?.answers['*']
        socket.end(answer ?? 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n')
        head = ''
      })
    })
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
  }

  urlOf(index: number): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${index}/`
  }

  /** What was asked for of a case since this was last called: each once, without what stands before it. */
  takeAsked(index: number): string[] {
    const asked = this.#asked.filter((each) => each.index === index).map(({ path }) => path)
    this.#asked = []
    return [...new Set(asked)].map((path) => path.slice(`/${index}/`.length))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
