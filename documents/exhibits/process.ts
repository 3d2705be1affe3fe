import type { Doubt } from '../../schema/errors.ts'
import { type Limits, Readers, usualLimits } from '../apart.ts'
import type { Content } from '../archive.ts'
import { refuse } from './refusal.ts'

export interface ExhibitTask {
  content: Content
  name: string
  password?: string | undefined
  /** SHA-256 that becomes the identifier of the PDF: the original's, whatever it was turned into on the way. */
  seed: string
}

/** What is printed of a text or a message: strings only, for letters/layout/exhibit.typ. */
export interface Printed {
  title: string
  notice: string
  rows: { label: string; value: string }[]
  lines: string[]
  joined: { name: string; detail: string }[]
}
export interface Attachment {
  name: string
  bytes: Uint8Array
}

export type ExhibitReply = { mediaType: string; flags: Doubt[] } & (
  | { as: 'pages'; length: number; pageSizes: { width: number; height: number }[] }
  | { as: 'printed'; printed: Printed; attachments: Attachment[] }
  | { as: 'picture' }
  | { as: 'office' }
  | { as: 'data' }
)
/** The pages, once they are taken from where the process wrote them. */
export type ExhibitPages = Extract<ExhibitReply, { as: 'pages' }> & { pdf: Content }
export type ExhibitRead = Exclude<ExhibitReply, { as: 'pages' }> | ExhibitPages

const readers = new Readers<ExhibitTask, ExhibitReply>(new URL('./worker.ts', import.meta.url))

/** Reads one file apart, or refuses it (`exhibit_unreadable`). Large pages are left in `folder`, where one is given. */
export const readApart = (
  task: ExhibitTask,
  { limits = usualLimits, folder }: { limits?: Limits; folder?: string | undefined } = {},
): Promise<ExhibitRead> =>
  readers.read<ExhibitRead>(
    { task, limits },
    {
      take: async (reply, scratch) =>
        reply.as === 'pages' ? { ...reply, pdf: await scratch.take(reply.length, folder) } : reply,
      stopped: (why) =>
        refuse(
          'exhibit_unreadable',
          task.name,
          `ne peut pas être lue en sûreté\u00a0: ${why}`,
          'Imprimez-la en PDF depuis le programme qui l’ouvre, ou numérisez-la, puis joignez cette copie.',
        ),
    },
  )
