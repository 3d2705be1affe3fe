/** « Éts Dupont » → « Ets Dupont »: letters without their accents, case and marks as they were. */
export const unaccented = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '')

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
/** As PostgreSQL writes the id of a row. */
export const isUuid = (text: string): boolean => uuid.test(text)

/** The name that a sender gave to a file, without folder or control characters; its end is kept, where it is longer. */
export const plainFileName = (given: string | null | undefined, otherwise: string, most = 200): string =>
  (given ?? '').replaceAll(/[\p{Cc}/\\]/gu, '_').slice(-most) || otherwise

/** « 1 page », « 2 pages », « 3 dossiers suspendus »: each word of the noun takes its s. */
export const counted = (count: number, noun: string): string =>
  `${count} ${count > 1 ? noun.replaceAll(/[^s ](?= |$)/g, '$&s') : noun}`

/** « à Lyon », « au Havre », « aux Sables-d’Olonne ». */
export function atTown(town: string): string {
  const [, article, name] = /^(les?) (.+)$/iu.exec(town) ?? []
  return name === undefined ? `à ${town}` : `${article!.length === 2 ? 'au' : 'aux'} ${name}`
}

/** « N° de dossier » → « n de dossier »: what two spellings of a name or a title have in common. */
export const plainWords = (text: string): string =>
  unaccented(text)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim()

/** Between guillemets; those that it has itself become the inner ones. */
export const quoted = (text: string): string =>
  `«\u00a0${text.replace(/«[\s\u00a0\u202f]*/g, '“').replace(/[\s\u00a0\u202f]*»/g, '”')}\u00a0»`
