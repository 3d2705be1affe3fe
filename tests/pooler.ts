import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** What PgBouncer does, as far as a client sees it: sessions of the server, lent for a whole connection or for one transaction. */
export async function poolerBefore(url: string, lends: 'session' | 'transaction') {
  const { hostname, port, username, pathname } = new URL(url)
  const host = new URL(url).searchParams.get('host') ?? decodeURIComponent(hostname)
  const where = host.startsWith('/')
    ? { path: `${host}/.s.PGSQL.${port || 5432}` }
    : { host, port: Number(port || 5432) }
  const sockets = new Set<Socket>()
  const idle: Socket[] = []

  async function sessionOfTheServer(): Promise<Socket> {
    const given = idle.pop()
    if (given) return given
    const server = connect(where)
    sockets.add(server.on('error', () => {}))
    const names = ['user', decodeURIComponent(username), 'database', decodeURIComponent(pathname.slice(1)), '', '']
    const asked = Buffer.from(names.join('\0'))
    const length = Buffer.alloc(8)
    length.writeInt32BE(asked.length + 8)
    length.writeInt32BE(196_608, 4)
    server.write(Buffer.concat([length, asked]))
    await untilReady(server, () => {})
    return server
  }

  async function lend(hear: (said: Buffer) => void, giveBack: () => void): Promise<Socket> {
    const server = await sessionOfTheServer()
    if (lends === 'session') return server.on('data', hear)
    void untilReady(server, hear).then(() => {
      giveBack()
      idle.push(server)
    })
    return server
  }

  const pooler = createServer((client) => {
    sockets.add(client.on('error', () => {}))
    let lent: Promise<Socket> | undefined
    let isGreeted = false
    client.on('data', (said: Buffer) => {
      // A number that is no process's, as a pooler gives; and it waits for a question.
      if (!isGreeted)
        client.write(Buffer.from('R\0\0\0\x08\0\0\0\0K\0\0\0\x0c\0\0\0\x01\0\0\0\x01Z\0\0\0\x05I', 'latin1'))
      else {
        const mine = (lent ??= lend(
          (heard) => client.write(heard),
          () => (lent = undefined),
        ))
        void mine.then((server) => server.write(said))
      }
      isGreeted = true
    })
  })
  await once(pooler.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `postgres://${username}@127.0.0.1:${(pooler.address() as AddressInfo).port}${pathname}`,
    close: () => {
      for (const socket of sockets) socket.destroy()
      pooler.close()
    },
  }
}

/** Hands on what the server says, until it waits for a question outside any transaction. */
function untilReady(server: Socket, hear: (said: Buffer) => void): Promise<void> {
  return new Promise((resolve) => {
    let left = Buffer.alloc(0)
    const listen = (said: Buffer): void => {
      hear(said)
      left = Buffer.concat([left, said])
      while (left.length > 4 && left.length > left.readInt32BE(1)) {
        const isReady = left.subarray(0, 1).toString() === 'Z' && left.subarray(5, 6).toString() === 'I'
        left = left.subarray(1 + left.readInt32BE(1))
        if (!isReady) continue
        server.off('data', listen)
        resolve()
      }
    }
    server.on('data', listen)
  })
}
