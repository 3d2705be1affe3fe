import { readdir, readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { houseClock } from '../../api/cron.ts'
import { type ReadBounce, recordBounce } from '../../procedures/cases/bounces.ts'
import { type Command, UsageError } from '../command.ts'
import { startOffice } from '../office.ts'

const maxBytes = 25 << 20

export const command: Command = {
  name: 'bounces',
  summary: 'reads the notices of e-mails that came back',
  help: `Usage: courtois bounces --maildir DIR [--json]
       courtois bounces FILE.eml… [--json]

Reads notices of non-delivery (RFC 3464) and finds the letter by the identifier of its e-mail. An address
that does not exist is marked, never used again, and its case goes to the research cell; a message refused
for another reason waits for a person; a late one is noted. Any other message is left alone. The same
notice read twice changes nothing, so the command may run every quarter of an hour.

  --maildir DIR   a Maildir: what is in DIR/new is read, then moved to DIR/cur as seen
  --json          prints one line a message: { "file", "outcome", "reference" }`,
  async run(argv) {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: { maildir: { type: 'string' }, json: { type: 'boolean' } },
    })
    if (!values.maildir === (positionals.length === 0)) throw new UsageError('give --maildir DIR, or files')
    const files = values.maildir ? await newIn(values.maildir) : positionals
    const opened = await startOffice({ baseUrl: process.env['BASE_URL'] })
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
