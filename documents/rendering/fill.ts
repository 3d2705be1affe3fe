import type { Library } from '../../letters/catalogue.ts'
import { sectionFor, type Channel, type Letter } from '../../letters/letter.ts'
import { DomainError } from '../../schema/errors.ts'
import { validate } from '../../schema/validate.ts'
import type { Block } from './blocks.ts'
import { discreetFacts, tellsStill, tellsTrade } from './discreet.ts'
import type { Facts } from '../facts.ts'
import { addressKeyOf, recipientOf, senderOf, type Party } from './parties.ts'
import { blocksOfMarkdown } from './markdown.ts'
import { missingFact, renderTemplate } from './template.ts'
import { typographyFr } from './typography.ts'

/** How it is dressed: an ordinary letter, an act headed by its title, a form, or a sheet for a telephone operator. */
export type Presentation = 'lettre' | 'acte' | 'formulaire' | 'appel'

export interface FilledLetter {
  id: string
  version: string
  titre: string
  ton: number
  channel: Channel
  presentation: Presentation
  /** Goes to somebody who must not learn of a debt: nothing printed may tell the trade. */
  discreet: boolean
  objet: string
  sender: Party
  recipient?: Party
  blocks: Block[]
  facts: Facts
}

/**
 * A letter with a case's facts, as blocks that every format prints. Pure. Refuses with missing_fact (naming the key
 * and the letter's line), bad_letter, invalid_file (facts that do not fit the schema) or channel_refused.
 */
export function fill(library: Library, letter: Letter, facts: unknown, channel: Channel): FilledLetter {
  const section = sectionFor(letter, channel)
  const discreet = letter.discret === 'oui'
  const given = validate<Facts>('facts', facts, 'Les faits du courrier')
  if (discreet && channel === 'email' && tellsTrade(given)) throw tellingAddress(letter)
  const checked = discreet ? discreetFacts(given) : given
  const told = outside.test(letter.destinataire) ? withoutReasons(checked) : checked
  const presentation = presentationOf(channel)
  const blocks = blocksOfMarkdown(renderTemplate(library, letter, section, told), told)
  const addressed = channel === 'lettre' || channel === 'lrar' || channel === 'lre'
  const recipient = addressed ? recipientOf(letter, checked) : recipientIfAny(letter, checked)
  if ((channel === 'lettre' || channel === 'lrar') && !recipient!.located) {
    throw missingFact(addressKeyOf(recipient!), letter, 1)
  }
  const objet = fillObjet(library, letter, checked)
  const sender = senderOf(letter, checked)
  const tells = discreet ? tellsStill([objet, blocks, sender, checked.agence, checked.references.dossier]) : undefined
  if (tells !== undefined) throw tellingWord(letter, tells)
  return {
    id: letter.id,
    version: letter.version,
    titre: typographyFr(letter.titre),
    ton: letter.ton,
    channel,
    presentation,
    discreet,
    objet,
    sender,
    ...(recipient ? { recipient } : {}),
    blocks,
    facts: checked,
  }
}

const tellingAddress = (letter: Letter): DomainError =>
  new DomainError(
    'channel_refused',
    `Le courrier « ${letter.id} » doit taire l’activité du cabinet, que le nom ou l’adresse d’un courriel révélerait.`,
    {
      remedy: 'Envoyez-le par lettre : ni son enveloppe ni son en-tête ne disent l’activité.',
      facts: { letter: letter.id },
    },
  )

// Whatever fact brought it: a handler called « Service recouvrement », an address, a reason typed by hand.
const tellingWord = (letter: Letter, word: string): DomainError =>
  new DomainError(
    'tells_trade',
    `Le courrier « ${letter.id} » doit taire l’activité du cabinet, et dirait « ${word} ».`,
    {
      remedy:
        'Corrigez la donnée qui le dit (le nom du gestionnaire, une adresse, un motif), ou n’écrivez pas à ce tiers.',
      facts: { letter: letter.id, word },
    },
  )

// Who is asked to pay, or stands beside. The creditor, the courts and who acts for them are told what is doubtful.
const outside = /^(debiteur|caution|codebiteur|heritier|tiers)/

/** A value that is not confirmed is shown as such; why the house has not confirmed it is its own affair. */
const withoutReasons = ({ totaux, ...facts }: Facts): Facts => {
  if (!totaux) return facts
  const doutes = (totaux.doutes ?? []).flatMap((doubt) => /^.*?, à vérifier\./.exec(doubt)?.[0] ?? [])
  return { ...facts, totaux: { ...totaux, doutes } }
}

/** The letter's object as one line of plain text. */
export function fillObjet(library: Pick<Library, 'clauses'>, letter: Letter, facts: Facts): string {
  const { text, resolve } = renderTemplate(library, letter, { text: letter.objet, line: letter.objetLine }, facts)
  return resolve(typographyFr(text))
    .replace(/\s+/g, (space) => (space.includes('\u00a0') ? '\u00a0' : ' '))
    .trim()
}

function recipientIfAny(letter: Letter, facts: Facts): Party | undefined {
  try {
    return recipientOf(letter, facts)
  } catch (error) {
    if (error instanceof DomainError) return undefined
    throw error
  }
}

function presentationOf(channel: Channel): Presentation {
  if (channel === 'acte-prive') return 'acte'
  if (channel === 'formulaire') return 'formulaire'
  if (channel === 'script-telephone' || channel === 'visite') return 'appel'
  return 'lettre'
}
