// The program of the processes that open strangers' exhibits.
import { readSync, writevSync } from 'node:fs'
import { DomainError } from '../../schema/errors.ts'
import { serve } from '../reader.ts'
import type { ExhibitReply, ExhibitTask } from './process.ts'
import { type ExhibitOut, readExhibit } from './read.ts'

serve<ExhibitTask, ExhibitReply>(
  (task) => readExhibit(task, scratch()),
  (error, { name }) =>
    new DomainError('bad_exhibit', `La pièce «\u00a0${name.slice(0, 120)}\u00a0» est illisible.`, {
      remedy: 'Demandez de nouveau ce document, ou imprimez-le en PDF.',
      facts: { fileName: name.slice(0, 120), detail: String(error).slice(0, 300) },
    }),
)

/** The one file that this process may write: its fifth descriptor, given by the one that started it. */
function scratch(): ExhibitOut {
  let at = 0
  return {
    writev: async (chunks) => {
      const bytesWritten = writevSync(4, chunks, at)
      at += bytesWritten
      return { bytesWritten }
    },
    written(length) {
      const bytes = new Uint8Array(length)
      let read = 0
      while (read < length) {
        const more = readSync(4, bytes, read, length - read, read)
        if (more === 0) throw new RangeError('cut short')
        read += more
      }
      return bytes
    },
  }
}
