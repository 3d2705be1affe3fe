import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { loadSecret, roles, signToken, type Viewer } from '../../api/auth.ts'
import { houseClock } from '../../api/cron.ts'
import { createEntryLink, entryAddress } from '../../api/pages/entry.ts'
import { rowId } from '../../api/graphql/values.ts'
import { connect } from '../../schema/db.ts'
import { systemRandom } from '../../schema/random.ts'
import { type Command, listed, UsageError } from '../command.ts'
import { dataDir, openDatabase } from '../database.ts'
import { refuseStranger } from '../named.ts'

export const command: Command = {
  name: 'token',
  summary: 'signe un jeton de développement pour l’API, ou donne un lien vers les pages',
  help: `Usage : courtois token --role RÔLE [--creditor ID] [--bailiff ID] [--name NOM] [--link] [--json]

Signe un jeton de trente jours avec COURTOIS_SECRET, ou avec le secret que « courtois serve » garde
sous DATA_DIR (./data). Un créancier ou un commissaire de justice
que la base ne connaît pas est refusé.

  --role RÔLE     ${listed(roles, 18)}
  --creditor ID   le créancier dont les dossiers se voient (nécessaire pour ce rôle)
  --bailiff ID    le commissaire de justice dont les dossiers se voient (nécessaire pour ce rôle)
  --name NOM      qui agit, pour le journal
  --link          donne à la place l’adresse par laquelle cette personne entre dans ses pages, une
                  seule fois et dans les vingt-quatre heures
  --json          donne { "token", "role", "name" }, ou { "url", "role", "name" }

Exemple
  curl -H "Authorization: Bearer $(courtois token --role legal)" localhost:4000/graphql …`,
  async run(argv) {
    const { values } = parseArgs({
      args: argv,
      options: {
        role: { type: 'string' },
        creditor: { type: 'string' },
        bailiff: { type: 'string' },
        name: { type: 'string' },
        link: { type: 'boolean' },
        json: { type: 'boolean' },
      },
    })
    const role = roles.find((known) => known === values.role)
    if (!role) throw new UsageError(`--role attend un rôle parmi ${roles.join(', ')}`)
    if (role === 'creditor' && !values.creditor) throw new UsageError('le rôle creditor va avec --creditor ID')
    if (role === 'bailiff' && !values.bailiff) throw new UsageError('le rôle bailiff va avec --bailiff ID')
    const name = values.name ?? `${role} (développement)`
    const viewer = {
      role,
      name,
      creditorId: role === 'creditor' ? rowId('Creditor', values.creditor!) : null,
      bailiffId: role === 'bailiff' ? rowId('Bailiff', values.bailiff!) : null,
    }
    if (values.link) {
      const url = await linkFor(viewer)
      console.log(values.json ? JSON.stringify({ url, role, name }) : url)
      return
    }
    await refuseStrangers(viewer)
    const token = await signToken(loadSecret(dataDir()), viewer, houseClock().now())
    console.log(values.json ? JSON.stringify({ token, role, name }) : token)
  },
}

const spaces: Partial<Record<Viewer['role'], string>> = { creditor: 'portail', bailiff: 'etude' }

/** The link is a row: it needs the database that the pages are served from. */
async function linkFor(viewer: Viewer): Promise<string> {
  if (viewer.role === 'editor') throw new UsageError('le rôle editor n’a pas de pages')
  const database = await openDatabase()
  const sql = connect(database.url, { max: 1 })
  try {
    const { creditorId, bailiffId } = viewer
    const id = creditorId ?? bailiffId
    if (id !== null) await refuseStranger(sql, creditorId ? 'creditors' : 'bailiffs', id)
    const clock = houseClock()
    const on = { day: clock.today(), at: clock.now() }
    const { token } = await createEntryLink(sql, systemRandom, on, viewer, 'admin:ligne de commande')
    const base = process.env['BASE_URL'] || `http://localhost:${process.env['PORT'] || 4000}`
    return entryAddress(base, spaces[viewer.role] ?? 'bureau', token)
  } finally {
    await sql.end({ timeout: 5 })
    await database.stop()
  }
}

/** Whoever sees only its own must be somebody; where there is no database yet, nobody can tell. */
async function refuseStrangers({ creditorId, bailiffId }: Pick<Viewer, 'creditorId' | 'bailiffId'>): Promise<void> {
  const id = creditorId ?? bailiffId
  if (id === null || !(process.env['DATABASE_URL'] || existsSync(join(dataDir(), 'postgres')))) return
  const database = await openDatabase()
  const sql = connect(database.url, { max: 1 })
  try {
    await refuseStranger(sql, creditorId ? 'creditors' : 'bailiffs', id)
  } finally {
    await sql.end({ timeout: 5 })
    await database.stop()
  }
}
