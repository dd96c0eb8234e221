import { conflate, Room, websocket } from '@corral/ws'
import type { WebSocketAcceptor } from '@corral/ws'
import type { Login } from './login.ts'

/** What is told of a site as it happens. */
export interface SiteNews {
  readonly site: string
  /** Of the job: `running`, `done` and so on. */
  readonly state: string
  readonly progress?: unknown
}

/** News for those who look: a room for each user that has somebody in it. Who reads slowly gets the newest of each site. */
export class LiveFeed {
  readonly acceptor: WebSocketAcceptor<string>
  readonly #rooms = new Map<string, Room<SiteNews>>()

  constructor(login: Login) {
    this.acceptor = websocket<string>(
      async (socket) => {
        using _seat = this.#room(socket.user).join(socket)
        for await (const _ of socket); // nothing is expected: it waits for the end
      },
      {
        authorize: () => login.user,
        maxMessageBytes: 1024,
        messagesPerSecond: 5,
        maxConnectionsPerKey: 2000,
        drainSpread: 2000,
      },
    )
  }

  /** Tells whoever of the user looks. */
  tell(user: string, news: SiteNews): void {
    const room = this.#rooms.get(user)
    if (room === undefined) return
    if (room.size === 0) {
      this.#rooms.delete(user)
      room.close()
    } else {
      room.send(news)
    }
  }

  #room(user: string): Room<SiteNews> {
    let room = this.#rooms.get(user)
    if (room === undefined) {
      const slow = conflate<SiteNews>(({ site }) => site)
      room = new Room({ name: `user ${user}`, slow })
      this.#rooms.set(user, room)
    }
    return room
  }
}
