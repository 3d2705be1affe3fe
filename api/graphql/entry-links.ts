import type { Sql } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import type { Viewer } from '../auth.ts'
import { builder } from './builder.ts'
import { once } from './once.ts'
import { createEntryLink, entryAddress, entryHours, revokeEntryLink } from '../pages/entry.ts'
import { rowId } from './values.ts'

export interface KnownLink {
  id: string
  role: string
  name: string
  createdAt: Temporal.Instant
  createdBy: string
  expiresAt: Temporal.Instant
  usedAt: Temporal.Instant | null
  revokedAt: Temporal.Instant | null
}

export const EntryLinkType = builder.objectRef<KnownLink>('EntryLink').implement({
  description: `A link into /portail or /etude for one person, which opens once, within ${entryHours} hours; or to one request of consent (/accord). Its secret is not kept. Instants are ISO 8601, UTC.`,
  fields: (t) => ({
    id: t.exposeID('id'),
    role: t.exposeString('role', { description: 'creditor, bailiff, or a cell of the agency.' }),
    name: t.exposeString('name', { description: 'Who enters by it, as the journal names them.' }),
    createdAt: t.string({ resolve: ({ createdAt }) => createdAt.toString() }),
    createdBy: t.exposeString('createdBy'),
    expiresAt: t.string({ resolve: ({ expiresAt }) => expiresAt.toString() }),
    usedAt: t.string({ nullable: true, resolve: ({ usedAt }) => usedAt?.toString() ?? null }),
    revokedAt: t.string({ nullable: true, resolve: ({ revokedAt }) => revokedAt?.toString() ?? null }),
  }),
})

export const linkColumns = (sql: Sql) => sql`id, role, name, created_at, created_by, expires_at, used_at, revoked_at`

export const linksOf = (sql: Sql, id: string | null): Promise<KnownLink[]> => sql<KnownLink[]>`
  select ${linkColumns(sql)} from entry_links
  where ${id}::uuid is null or id = ${id} order by created_at desc, id limit 200`

builder.queryFields((t) => ({
  entryLinks: t.field({
    type: [EntryLinkType],
    nullable: true,
    description: 'The links into the pages, the newest first, two hundred at most; those over for a month are gone.',
    authScopes: { may: 'createEntryLink' },
    resolve: (_root, _args, { sql }) => linksOf(sql, null),
  }),
}))

builder.relayMutationField(
  'createEntryLink',
  {
    inputFields: (t) => ({
      creditorId: t.id({ description: 'Into that creditor’s space (/portail).' }),
      bailiffId: t.id({ description: 'Or into that office’s (/etude).' }),
      name: t.string({ required: true, description: 'The person who will enter, as the journal will name them.' }),
    }),
  },
  {
    description: `Makes a link for one person of a creditor or of an office. It serves once, within ${entryHours} hours, and opens a session of eight; its address is shown this once.`,
    authScopes: { may: 'createEntryLink' },
    errors: {},
    resolve: (_root, { input }, ctx) => {
      // Without a key, for what is answered to a key is kept, and its address is not.
      const asked = { idempotencyKey: null, name: input.name }
      return once(ctx, 'createEntryLink', asked, async (office, author) => {
        const viewer = await personOf(office.sql, input)
        const on = { day: ctx.day, at: ctx.clock.now() }
        const { id, token } = await createEntryLink(office.sql, office.random, on, viewer, author)
        const space = viewer.role === 'creditor' ? 'portail' : 'etude'
        return { linkId: id, url: entryAddress(office.baseUrl, space, token) }
      })
    },
  },
  {
    outputFields: (t) => ({
      link: t.field({
        type: EntryLinkType,
        resolve: async ({ linkId }, _args, { sql }) => (await linksOf(sql, linkId))[0]!,
      }),
      url: t.string({ description: 'Its whole address, shown this once.', resolve: ({ url }) => url }),
    }),
  },
)

async function personOf(
  sql: Sql,
  input: { creditorId?: string | null; bailiffId?: string | null; name: string },
): Promise<Viewer> {
  const name = input.name.trim()
  const creditorId = input.creditorId ? rowId('Creditor', input.creditorId) : null
  const bailiffId = input.bailiffId ? rowId('Bailiff', input.bailiffId) : null
  if (name === '' || (creditorId === null) === (bailiffId === null)) {
    throw new DomainError(
      'entry_for_nobody',
      'Un lien d’entrée est pour une personne, d’un créancier ou d’une étude.',
      {
        remedy: 'Donnez son nom (name), et creditorId ou bailiffId, l’un des deux.',
      },
    )
  }
  const [known] = creditorId
    ? await sql`select 1 from creditors where id = ${creditorId}`
    : await sql`select 1 from bailiffs where id = ${bailiffId}`
  if (!known) {
    throw new DomainError('entry_for_nobody', 'Ce créancier ou cette étude n’existe pas.', {
      remedy: 'Vérifiez son identifiant.',
    })
  }
  return { role: creditorId ? 'creditor' : 'bailiff', name, creditorId, bailiffId }
}

builder.relayMutationField(
  'revokeEntryLink',
  { inputFields: (t) => ({ linkId: t.id({ required: true }), idempotencyKey: t.string() }) },
  {
    description: 'Takes a link back, opened or not: the session that it opened ends at once.',
    authScopes: { may: 'revokeEntryLink' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'revokeEntryLink', input, async (office, author) => {
        const linkId = rowId('EntryLink', input.linkId)
        await revokeEntryLink(office.sql, { day: ctx.day, at: ctx.clock.now() }, { id: linkId }, author)
        return { linkId }
      }),
  },
  {
    outputFields: (t) => ({
      link: t.field({
        type: EntryLinkType,
        resolve: async ({ linkId }, _args, { sql }) => (await linksOf(sql, linkId))[0]!,
      }),
    }),
  },
)
