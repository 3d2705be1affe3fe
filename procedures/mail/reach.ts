import { mobileNumber } from '../../documents/send/mobile-number.ts'
import { postalAddress } from '../../documents/send/postal-address.ts'
import { DomainError } from '../../schema/errors.ts'
import { wishesOf } from '../cases/exchanges/contact-preferences.ts'
import type { LetterOrder } from './correspondence.ts'
import type { CaseFile } from '../cases/file/file.ts'
import { isReturned } from './returned.ts'

/** Where a letter goes; a missing address, or one that sent something back, is a reason to search, not to write to nobody. */
export function addressOf(file: CaseFile, order: LetterOrder): Record<string, unknown> {
  if (order.recipient === 'creancier') return creditorAddress(file, order) ?? refuseUnreachable(file, order)
  if (order.recipient !== 'debiteur') return { name: order.recipient }
  const { name, email, phone, address } = file.debtor
  switch (order.channel) {
    case 'lre':
    case 'email':
      if (order.channel === 'lre') requireElectronicConsent(file)
      return email && !isReturned(file.debtor, 'email') ? { name, email } : refuseUnreachable(file, order)
    case 'sms': {
      const mobile = phone && mobileNumber(phone, address?.country ?? 'FR')
      return mobile ? { name, phone: mobile } : refuseUnreachable(file, order)
    }
    default: {
      if (!isPosted(file)) return refuseUnreachable(file, order)
      const { fault } = postalAddress({ name, ...address! }, address!.country)
      return fault === null ? { name, ...address! } : refuseUnreachable(file, order, `\u00a0: ${fault}`)
    }
  }
}

function creditorAddress({ creditor }: CaseFile, { channel }: LetterOrder): Record<string, unknown> | null {
  const { address, contact } = creditor.identity
  if (channel === 'email') return contact?.email ? { name: creditor.name, email: contact.email } : null
  return address ? { name: creditor.name, ...address } : null
}

/** Who is not a professional receives a registered letter by electronic means only after agreeing to it. */
function requireElectronicConsent(file: CaseFile): void {
  if (file.debtor.kind !== 'consumer') return
  const wish = wishesOf(file).get('lre')
  if (wish === 'accepte' || wish === 'prefere') return
  throw new DomainError(
    'lre_without_consent',
    'Ce débiteur n’a pas accepté de recevoir des lettres recommandées électroniques.',
    {
      remedy:
        'Envoyez la lettre recommandée sur papier, ou recueillez son accord et enregistrez-le (recordContactPreference).',
      article: 'C. postes L100',
    },
  )
}

function refuseUnreachable(file: CaseFile, { channel, recipient }: LetterOrder, why = ''): never {
  throw new DomainError(
    'no_address',
    `Le dossier ${file.case.number} n'a pas d'adresse pour un envoi par ${channel}${why}.`,
    {
      remedy: 'Confiez le dossier à la cellule de recherche, puis validez une adresse (validateAddress).',
      facts: { channel, recipient },
    },
  )
}

/** A debtor's postal address, from which nothing came back. */
export function isPosted({ debtor }: CaseFile): boolean {
  return Boolean(debtor.address?.lines.length && debtor.address.city) && !isReturned(debtor, 'postal')
}

/** How somebody is reached in writing: by e-mail where there is one, else by post; null when there is no address at all. */
export function reachOf(file: CaseFile, recipient: 'debiteur' | 'creancier'): 'email' | 'lettre' | null {
  if (recipient === 'debiteur') {
    if (file.debtor.email && !isReturned(file.debtor, 'email')) return 'email'
    return isPosted(file) ? 'lettre' : null
  }
  const { contact, address } = file.creditor.identity
  if (contact?.email) return 'email'
  return address?.lines.length && address.city ? 'lettre' : null
}
