/**
 * An exhibit as bordereau and table name it: « FACTURE n° FA-1 du 13/11/2017 ». A reference in words is no number
 * (« ÉCHANGE, courriel de relance »), and a day that it says already is not said again.
 */
export function exhibitTitle(type: string, reference?: string, date?: string | null): string {
  const words = reference?.trim()
  const isNumber = words !== undefined && /^\S*\d/.test(words) && !/\.[a-z]\w{1,4}$/i.test(words)
  const day = date?.split('-').toReversed().join('/')
  const named = words ? `${isNumber ? ' n° ' : ', '}${words}` : ''
  return `${type}${named}${day && !words?.includes(day) ? ` du ${day}` : ''}`
}
