import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { zipSync } from 'fflate'
import { houseClock } from '../../api/cron.ts'
import { personalData } from '../../procedures/cases/personal-data/personal-data.ts'
import { type Command, sayWritten, UsageError } from '../command.ts'
import { personsNamed } from '../named.ts'
import { startOffice } from '../office.ts'

export const command: Command = {
  name: 'personal-data',
  summary: 'rassemble tout ce qui est connu d’un débiteur, pour sa demande (RGPD, art. 15)',
  help: `Usage : courtois personal-data --debtor QUI --out FICHIER.zip [--all] [--json]

Écrit un ZIP : donnees.json (identité, dossiers, paiements, appels, courriers, pièces, journal, qui
les a lus), les documents eux-mêmes, et un mot qui les présente. QUI est un numéro de dossier, un
identifiant, un nom exact, une adresse électronique ou un numéro de téléphone. Chaque créancier a sa
propre fiche d’une personne : où plusieurs répondent, elles sont nommées. Un codébiteur, que seuls
les actes nomment, se demande par son nom exact.

Assurez-vous de qui demande avant de répondre (RGPD, article 12, paragraphe 6). Le dossier
« a-relire » tient ce qui a été écrit à d’autres : lisez-le avant tout envoi. Le journal garde la
trace de cette remise.

  --debtor QUI       la personne
  --out FICHIER.zip  où écrire
  --all              toutes les fiches qui répondent : c’est bien une seule personne
  --json             donne { "file", "bytes" } de ce qui a été écrit

Exemple
  courtois personal-data --debtor 2026-0001 --out demande.zip`,
  async run(argv) {
    const { values } = parseArgs({
      args: argv,
      options: {
        debtor: { type: 'string' },
        out: { type: 'string' },
        all: { type: 'boolean' },
        json: { type: 'boolean' },
      },
    })
    if (!values.debtor || !values.out?.endsWith('.zip'))
      throw new UsageError('--debtor QUI et --out FICHIER.zip sont nécessaires')
    const opened = await startOffice()
    try {
      const { debtorIds, codebtors } = await personsNamed(opened.sql, values.debtor, values.all === true)
      const today = houseClock().today()
      const entries = await personalData(opened.office, today, debtorIds, 'personal-data', codebtors)
      await mkdir(dirname(resolve(values.out)), { recursive: true })
      // A person's whole file: for nobody else's eyes.
      const zip = zipSync(entries)
      await writeFile(values.out, zip, { mode: 0o600 })
      sayWritten(values.out, zip.length, values.json)
    } finally {
      await opened.close()
    }
  },
}
