import { Worker } from 'node:worker_threads'
import { type Content, damaged, isStored, type StoredFile } from '../archive.ts'

export interface ZipPart {
  name: string
  content: Content
}
export type ZipOrder = { begin: string } | { add: ZipPart[] } | 'end'
export type ZipAnswer =
  | { damaged: { path: string; sha256: string } }
  | { failed: string }
  | { written: { sha256: string; bytes: number } | null }

// A thread takes longer to begin than most packs to be written: it is kept a while for the next one.
const restful = 30_000
const idle: Worker[] = []

/**
 * A ZIP written entry after entry, in a thread of its own, from the files as they lie: its size costs no memory. Each stored
 * file is checked against its hash (`archive_damaged`). The entries come in the order of `packZip`.
 */
export class ZipFile {
  private readonly path: string
  private readonly thread: Worker
  private ended = false

  private constructor(path: string, thread: Worker) {
    this.path = path
    this.thread = thread
  }

  static async create(path: string): Promise<ZipFile> {
    const thread = idle.pop() ?? new Worker(new URL('./zip-thread.ts', import.meta.url))
    thread.ref()
    const file = new ZipFile(path, thread)
    await file.ask({ begin: path })
    return file
  }

  async add(parts: readonly ZipPart[]): Promise<void> {
    // A view is sent with all the memory it looks at: a copy is of its own size.
    const add = parts.map(({ name, content }) => ({ name, content: isStored(content) ? content : content.slice() }))
    await this.ask({ add })
  }

  async end(): Promise<StoredFile> {
    const written = await this.ask('end')
    this.ended = true
    return { path: this.path, ...written! }
  }

  private async ask(order: ZipOrder): Promise<{ sha256: string; bytes: number } | null> {
    const { thread } = this
    const answer = await new Promise<ZipAnswer>((done, failed) => {
      thread.once('error', failed)
      thread.once('message', (answered: ZipAnswer) => {
        thread.off('error', failed)
        done(answered)
      })
      thread.postMessage(order)
    })
    if ('damaged' in answer) throw damaged(answer.damaged)
    if ('failed' in answer) throw new Error(answer.failed)
    return answer.written
  }

  /** Lets the thread go: to rest when the ZIP is whole, away with what it was writing otherwise. */
  async close(): Promise<void> {
    const { thread } = this
    thread.unref()
    if (!this.ended) return void (await thread.terminate())
    idle.push(thread)
    setTimeout(() => {
      const at = idle.indexOf(thread)
      if (at >= 0) void idle.splice(at, 1)[0]!.terminate()
    }, restful).unref()
  }
}
