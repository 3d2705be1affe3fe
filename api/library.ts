import { letterOf, loadLibrary } from '../letters/catalogue.ts'
import type { Letter } from '../letters/letter.ts'
import { resolveArrayConnection } from '@pothos/plugin-relay'
import { builder } from './builder.ts'

const LetterType = builder.objectRef<Letter>('Letter')

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
    next: t.exposeString('suite', { nullable: true }),
    subject: t.exposeString('objet'),
    firstLetter: t.exposeString('premiere_lettre', {
      description: 'May or must it carry the mentions of CPCE R124-4: jamais, possible, toujours.',
    }),
    version: t.exposeString('version', { description: 'SHA-256 of the letter, its clauses and its layout.' }),
    clauses: t.exposeStringList('clauses'),
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

interface Wanted {
  family?: string | null
  recipient?: string | null
  channel?: string | null
  text?: string | null
}

function matches(letter: Letter, { family, recipient, channel, text }: Wanted): boolean {
  const lower = text?.toLocaleLowerCase('fr')
  return (
    (!family || letter.famille === family) &&
    (!recipient || letter.destinataire === recipient) &&
    (!channel || (letter.canaux as string[]).includes(channel)) &&
    (!lower || [letter.id, letter.titre, letter.usage].some((where) => where.toLocaleLowerCase('fr').includes(lower)))
  )
}
