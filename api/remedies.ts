import type { Viewer } from './auth.ts'

/** What the agency is told to ask of its creditor, as the creditor is told it. */
const toldToCreditor: [of: string | RegExp, as: string][] = [
  ['Demandez-le au créancier', 'Donnez-le-nous'],
  ['Reprenez celui du mandat du créancier', 'Celui de votre convention est repris'],
  ['Reprenez l’adresse du mandat du créancier', 'Celle de votre convention est reprise'],
  [
    'Demandez l’accord du créancier, suspendez le dossier avec une date, ou fermez-le avec son motif',
    'Dites-nous ce que vous voulez pour ce dossier\u00a0: agir en justice, attendre une date, ou le clore',
  ],
  [', ou en JSON d’après schema/invoice.schema.json', ', ou un relevé de compte (CSV, XLSX)'],
  ['Demandez au créancier', 'Donnez-nous'],
  [/demandez (.+?) au créancier/, 'donnez-nous $1'],
]

/** A remedy is written for the agency; the creditor is not told to ask himself. */
export const toCreditor = (remedy: string): string =>
  toldToCreditor.reduce((said, [of, as]) => said.replace(of, as), remedy)

/** What a page says has no names of the API: « (withdrawRemission) » tells nothing to who fills in a form. */
export const withoutNames = (remedy: string): string =>
  remedy.replace(/\s*\((?:query )?(?:[a-z]+(?:[A-Z][a-z]+)+|remissions|outlays)\)/g, '')

export const remedyFor = (viewer: Viewer | null, remedy: string): string =>
  viewer?.role === 'creditor' ? toCreditor(remedy) : remedy
