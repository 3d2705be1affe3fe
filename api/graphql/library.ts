import { letterOf, loadLibrary } from '../../letters/catalogue.ts'
import { changesBetween, changesText, readHistory } from '../../letters/history.ts'
import { nextOf, type Letter } from '../../letters/letter.ts'
import type { History, Revision } from '../../letters/replay.ts'
import { resolveArrayConnection } from '@pothos/plugin-relay'
import { builder } from './builder.ts'

interface Version {
  revision: Revision
  before: Revision | undefined
  blobs: History['blobs']
}

const VersionType = builder.objectRef<Version>('LetterVersion').implement({
  description: 'A letter as a commit left it, from its Git repository or from history.json where there is none.',
  fields: (t) => ({
    number: t.int({ description: 'From 1, the oldest.', resolve: ({ revision }) => revision.number }),
    commit: t.string({ resolve: ({ revision }) => revision.commit }),
    date: t.string({
      description: 'ISO 8601, as its author’s clock had it.',
      resolve: ({ revision }) => revision.date,
    }),
    author: t.string({ resolve: ({ revision }) => revision.author }),
    reviewer: t.string({ nullable: true, resolve: ({ revision }) => revision.reviewer || null }),
    reason: t.string({ description: 'First line of the commit.', resolve: ({ revision }) => revision.subject }),
    version: t.string({
      description: 'The SHA-256 that documents are recorded with.',
      resolve: ({ revision }) => revision.version,
    }),
    changes: t.stringList({
      description: '« texte », « clause l111-8 », « mise en page ».',
      resolve: ({ revision }) => revision.changes,
    }),
    diff: t.string({
      description:
        'What changed since the version before, word by word: [-removed-] and {+added+}. Empty for the first.',
      resolve: ({ revision, before, blobs }) => (before ? changesText(changesBetween(before, revision, blobs)) : ''),
    }),
  }),
})

// One reading of the history for all the letters of a request.
async function loadVersions(ids: string[]): Promise<Version[][]> {
  const { letters, blobs } = await readHistory(undefined, ids.length === 1 ? ids[0] : undefined)
  return ids.map((id) => (letters.get(id) ?? []).map((revision, i, all) => ({ revision, before: all[i - 1], blobs })))
}

export const LetterType = builder.objectRef<Letter>('Letter')

builder.node(LetterType, {
  description: 'A letter of the library, as its editors wrote it. Words are theirs, in French.',
  id: { resolve: (letter) => letter.id },
  authScopes: { known: true },
  loadOne: (id) => loadLibrary().letters.get(id) ?? null,
  fields: (t) => ({
    key: t.exposeString('id', { description: '« mise-en-demeure-pro »: its file’s name, and its name in scenarios.' }),
    title: t.exposeString('titre'),
    family: t.exposeString('famille'),
    step: t.exposeString('etape'),
    moment: t.exposeString('moment', { nullable: true }),
    tone: t.exposeInt('ton', { description: '1 courteous … 7 judicial.' }),
    channels: t.exposeStringList('canaux'),
    recipient: t.exposeString('destinataire'),
    law: t.exposeString('droit', { description: 'FR, MG or EU.' }),
    usage: t.exposeString('usage'),
    bases: t.exposeStringList('bases', { description: 'Legal bases; « ? » until a lawyer confirmed them.' }),
    data: t.exposeStringList('donnees'),
    next: t.stringList({
      description: 'What usually comes next, one for each kind of debtor where it differs; empty: the manager chooses.',
      resolve: nextOf,
    }),
    subject: t.exposeString('objet'),
    firstLetter: t.exposeString('premiere_lettre', {
      description: 'May or must it carry the mentions of CPCE R124-4: jamais, possible, toujours.',
    }),
    version: t.exposeString('version', { description: 'SHA-256 of the letter, its clauses and its layout.' }),
    clauses: t.exposeStringList('clauses'),
    versions: t.loadableList({
      type: VersionType,
      nullable: true,
      complexity: { field: 5, multiplier: 8 },
      description: 'Oldest first; empty until the letter is committed.',
      load: loadVersions,
      resolve: ({ id }) => id,
    }),
    body: t.string({ description: 'Markdown and LiquidJS.', resolve: ({ body }) => body.text }),
  }),
})

builder.queryFields((t) => ({
  letters: t.connection({
    type: LetterType,
    nullable: true,
    authScopes: { known: true },
    complexity: ({ first, last }) => ({ field: 1, multiplier: first ?? last ?? 50 }),
    args: {
      family: t.arg.string(),
      recipient: t.arg.string(),
      channel: t.arg.string(),
      text: t.arg.string({ description: 'In the id, the title or the usage.' }),
    },
    resolve: (_root, args) =>
      resolveArrayConnection(
        { args, maxSize: 500, defaultSize: 50 },
        [...loadLibrary().letters.values()].filter((letter) => matches(letter, args)),
      ),
  }),
  letter: t.field({
    type: LetterType,
    nullable: true,
    authScopes: { known: true },
    args: { id: t.arg.id({ required: true, description: 'Its key, or its global id.' }) },
    resolve: (_root, { id }) => {
      const [type, key] = Buffer.from(id, 'base64').toString('utf8').split(':')
      return letterOf(loadLibrary(), type === 'Letter' && key ? key : id)
    },
  }),
}))

export interface Wanted {
  family?: string | null
  recipient?: string | null
  channel?: string | null
  text?: string | null
}

export function matches(letter: Letter, { family, recipient, channel, text }: Wanted): boolean {
  const lower = text?.toLocaleLowerCase('fr')
  return (
    (!family || letter.famille === family) &&
    (!recipient || letter.destinataire === recipient) &&
    (!channel || (letter.canaux as string[]).includes(channel)) &&
    (!lower || [letter.id, letter.titre, letter.usage].some((where) => where.toLocaleLowerCase('fr').includes(lower)))
  )
}
