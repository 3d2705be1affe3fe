const nbsp = '\u00a0'

/**
 * French typography for what editors wrote: no-break spaces before « : ; ! ? € % » » and after « « », typographic
 * apostrophes. Never applied to data: a name keeps its own spaces.
 */
export function typographyFr(text: string): string {
  return (
    text
      .replace(/\.\.\./g, '…')
      // Two clauses side by side, of which one says nothing in this case.
      .replace(/ {2,}/g, ' ')
      .replace(/(?<=[\p{L}\p{N}\uE001])['’](?=[\p{L}\p{N}«\uE000]|$)/gu, '’')
      .replace(/[ \u00a0\u202f]+(?=[:;!?€%»])/g, nbsp)
      .replace(/«[ \u00a0\u202f]*/g, `«${nbsp}`)
      .replace(/(?<![\u00a0\u202f])»/g, `${nbsp}»`)
      // Set tight by mistake: only before a space or the end, so that times and addresses stay whole.
      .replace(/(?<=[\p{L}\p{N}\uE001)])([:;!?])(?=\s|$)/gu, `${nbsp}$1`)
      .replace(/\bn° ?(?=[\p{L}\p{N}\uE000])/gu, `n°${nbsp}`)
      .replace(/(?<![\p{L}\p{N}])(L|R|D|A)\. ?(?=\d)/gu, `$1.${nbsp}`)
      .replace(
        /(?<![\p{L}\p{N}])(article|articles|art\.|alinéa|alinéas|M\.|Mme|Me) (?=[\p{L}\p{N}\uE000])/gu,
        `$1${nbsp}`,
      )
  )
}
