import { importInsolvencies, type InsolvencyImport } from '../procedures/cases/insolvency/insolvency-import.ts'
import { type CourtImport, importCourts } from '../procedures/judicial/courts/court-directory.ts'
import type { Day } from '../schema/days.ts'
import { readNamed } from './command.ts'
import { startOffice } from './office.ts'

export const listKinds = ['insolvabilites', 'juridictions'] as const
export type ListKind = (typeof listKinds)[number]

export const listHelp = `TYPE est l’un de :
  insolvabilites  procédures collectives, surendettements et décès, un débiteur par ligne : dossier,
                  SIREN, SIRET, ou débiteur avec code postal ; nature (liquidation judiciaire,
                  surendettement, décès, rien) ; date ; publication ; mandataire ; vérifié le.
                  « rien » note que le débiteur a été recherché.
  juridictions    les juridictions par commune, telles que data.gouv.fr les donne : code INSEE,
                  commune, TJ, TPRX ; TC ou greffe quand il est connu.
Les titres des colonnes se reconnaissent quels que soient leur casse et leurs accents. Une ligne
fautive est nommée par son numéro et n’arrête pas les autres ; le même fichier relu ne change rien.

  --source TEXTE   d’où vient le fichier (par défaut : son nom)
  --preview        dit la même chose et ne garde rien
  --day DATE       le jour de l’import (par défaut : aujourd’hui à Paris)
  --json           le compte rendu entier`

/** Takes in a CSV file; answers 0 when every row was read, 1 when one was not. */
export async function importList(
  kind: ListKind,
  path: string,
  options: { onDay: Day; source?: string | undefined; preview: boolean; json: boolean },
): Promise<number> {
  const input = { file: readNamed(path), source: options.source ?? path.split('/').at(-1)!, preview: options.preview }
  const office = await startOffice()
  try {
    const report =
      kind === 'juridictions'
        ? await importCourts(office.sql, options.onDay, input, 'courtois import')
        : await importInsolvencies(office.sql, office.office.random, options.onDay, input, 'courtois import')
    console.log(options.json ? JSON.stringify(report, null, 2) : told(report, input.preview))
    return report.errors.length > 0 ? 1 : 0
  } finally {
    await office.close()
  }
}

function told(report: CourtImport | InsolvencyImport, isPreview: boolean): string {
  const { recognised, ignored, rows, known, errors } = report
  return [
    isPreview ? 'Aperçu\u00a0: rien n’est gardé.' : null,
    `Colonnes lues\u00a0: ${recognised.join(', ')}${ignored.length > 0 ? `\u00a0; laissées\u00a0: ${ignored.join(', ')}` : ''}.`,
    `${rows} lignes.`,
    ...('changed' in report
      ? [`Communes nouvelles ou changées\u00a0: ${report.changed}\u00a0; déjà connues\u00a0: ${known}.`]
      : [
          ...report.recorded.map(
            ({ row, case: number, debtor, what }) => `ligne ${row}\u00a0: dossier ${number}, ${debtor}\u00a0: ${what}`,
          ),
          `Vérifications sans résultat\u00a0: ${report.checked}\u00a0; déjà connu\u00a0: ${known}.`,
          ...report.unmatched.map(({ row, message }) => `ligne ${row}\u00a0: ${message}`),
        ]),
    ...errors.map(({ row, message }) => `ligne ${row}, refusée\u00a0: ${message}`),
  ]
    .filter((line) => line !== null)
    .join('\n')
}
