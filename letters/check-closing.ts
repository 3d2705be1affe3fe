import { clauseNodes, nodesOf } from './check-engine.ts'
import { always, type Node } from './check-paths.ts'
import type { Subject } from './check-subject.ts'

const formula =
  /salutations|(?:notre|haute) considération|nos sentiments|vous salu(?:ons|e)|bonne journée|bien à vous|cordialement|\p{L}*freundlichen Grüßen|atentamente|cordiali saluti|distinti saluti|vriendelijke groet|(?:sincerely|faithfully|regards)/iu
// A form is filled in, an agreement is signed, a visit or a call is spoken: none of them ends as a letter does.
const otherwise = new Set(['formulaire', 'acte-prive', 'visite', 'script-telephone'])
const posted = new Set(['lettre', 'lrar', 'lre'])

/** A letter that goes by post takes its leave of its reader, whichever way its conditions go. */
export function checkClosing({ letter, library, add }: Subject): void {
  if (!letter.canaux.some((channel) => posted.has(channel)) || letter.canaux.some((channel) => otherwise.has(channel)))
    return
  const closes = ({ str }: Node) => str !== undefined && formula.test(str)
  if (always(nodesOf(letter.body.text, library), closes, {}, clauseNodes(library))) return
  const rows = letter.body.text.trimEnd().split('\n')
  const signature = rows.findIndex((row) => row.includes("bloc 'signature'"))
  const last = letter.body.line + (signature < 0 ? rows.length - 1 : signature)
  add(last, 'politesse', 'la lettre ne prend pas congé de son lecteur : une formule de politesse avant la signature')
}
