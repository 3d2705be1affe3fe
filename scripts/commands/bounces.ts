import { readdir, readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { houseClock } from '../../api/cron.ts'
import { type ReadBounce, recordBounce } from '../../procedures/mail/bounces.ts'
import { type Command, UsageError } from '../command.ts'
import { startOffice } from '../office.ts'

const maxBytes = 25 << 20

export const command: Command = {
  name: 'bounces',
  summary: 'lit les avis des courriels revenus',
  help: `Usage : courtois bounces --maildir RÉPERTOIRE [--json]
        courtois bounces FICHIER.eml… [--json]

Lit les avis de non-remise (RFC 3464) et retrouve la lettre par l’identifiant de son courriel. Une
adresse qui n’existe pas est marquée, n’est plus jamais employée, et son dossier passe à la cellule
de recherche ; un message refusé pour une autre raison attend une personne ; un retard est noté.
Tout autre message est laissé. Le même avis lu deux fois ne change rien : la commande peut tourner
tous les quarts d’heure.

  --maildir RÉPERTOIRE   une boîte Maildir : ce qui est dans RÉPERTOIRE/new est lu, puis passe dans
                         RÉPERTOIRE/cur, marqué comme vu
  --json                 une ligne par message : { "file", "outcome", "reference" }

Exemple
  courtois bounces --maildir /var/mail/courtois`,
  async run(argv) {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: { maildir: { type: 'string' }, json: { type: 'boolean' } },
    })
    if (!values.maildir === (positionals.length === 0))
      throw new UsageError('donnez --maildir RÉPERTOIRE, ou des fichiers')
    const files = values.maildir ? await newIn(values.maildir) : positionals
    const opened = await startOffice()
    try {
      const { sql, office } = opened
      const today = houseClock().today()
      for (const file of files) {
        // Nobody's notice is that long, and a mailbox takes anything.
        const isRead = (await stat(file)).size <= maxBytes
        const read: ReadBounce = isRead
          ? await recordBounce(sql, office.random, today, await readFile(file), 'courriel')
          : { outcome: 'other', reference: null }
        if (values.maildir) await rename(file, join(values.maildir, 'cur', seen(file)))
        if (values.json) console.log(JSON.stringify({ file, ...read }))
        else if (read.outcome !== 'other') console.log(`${read.reference ?? file} : ${words[read.outcome]}`)
      }
      if (files.length === 0 && !values.json) console.log('Aucun message à lire.')
      return 0
    } finally {
      await opened.close()
    }
  },
}

async function newIn(maildir: string): Promise<string[]> {
  const names = (await readdir(join(maildir, 'new'))).filter((name) => !name.startsWith('.')).sort()
  return names.map((name) => join(maildir, 'new', name))
}

const seen = (file: string): string =>
  `${file
    .split('/')
    .at(-1)!
    .replace(/:2,[A-Z]*$/, '')}:2,S`

const words: Record<Exclude<ReadBounce['outcome'], 'other'>, string> = {
  address: 'l’adresse n’existe pas ; le dossier passe à la recherche',
  refused: 'le message a été refusé ; une personne doit regarder',
  delayed: 'le message est en retard ; le serveur essaie encore',
  unknown: 'le message est revenu sans que l’avis prouve pourquoi ; une personne doit regarder',
  stranger: 'aucun courriel de la maison ne porte cet identifiant',
  known: 'avis déjà lu',
}
