import { invoiceFromJson, type ReadInvoice } from '../../documents/invoices/einvoice.ts'
import type { DebtorKind } from '../../procedures/cases/debtors.ts'
import { amount } from '../../schema/money.ts'
import { h, type Html } from './page.ts'
import { countryField, typedAddress } from './typed-address.ts'
import { requiredAmount, requiredDay, requiredText, textOf, type Typed } from './typed.ts'

/** Who a debtor may be, as a creditor says it. */
export const debtorKinds: [DebtorKind, string][] = [
  ['business', 'Un professionnel ou une société'],
  ['consumer', 'Un particulier'],
  ['public', 'Une administration ou une collectivité'],
]

/** What a PDF without data does not tell us, as the creditor types it from its own paper. */
export function typedInvoice(typed: Typed, seller: string): ReadInvoice {
  const siret = textOf(typed, 'siret', 20).replace(/\s/g, '')
  const { postalCode, ...address } = typedAddress(typed, ' du débiteur')
  return invoiceFromJson({
    number: requiredText(typed, 'numero', 'le numéro de la facture', 100),
    issued_on: requiredDay(typed, 'emission', 'la date d’émission').toString(),
    due_on: requiredDay(typed, 'echeance', 'la date d’échéance').toString(),
    currency: 'EUR',
    total: amount(requiredAmount(typed, 'total', 'le total TTC')),
    prepaid: textOf(typed, 'acompte') ? amount(requiredAmount(typed, 'acompte', 'l’acompte')) : null,
    seller: { name: seller },
    buyer: {
      name: requiredText(typed, 'debiteur', 'le nom du débiteur', 150),
      siret: siret || null,
      address: { ...address, postal_code: postalCode },
    },
  })
}

/** The fields of an invoice, to be typed beside the PDF that is kept as its original. */
export function typedFields(was: (name: string) => string): Html {
  const field = (name: string, label: string, type = 'text', isRequired = true) =>
    h`<p><label for="${name}">${label}</label><input id="${name}" name="${name}" type="${type}" value="${was(name)}" maxlength="150"${isRequired ? ' required' : ''}></p>`
  return h`<div class="fields">
${field('numero', 'Numéro de la facture')}${field('emission', 'Émise le', 'date')}${field('echeance', 'Échéance', 'date')}
${field('total', 'Total TTC, en euros')}${field('acompte', 'Acompte déjà versé (facultatif)', 'text', false)}
${field('debiteur', 'Nom du débiteur')}${field('siret', 'Son SIRET (facultatif)', 'text', false)}
<p class="all"><label for="rue">Son adresse</label><textarea id="rue" name="rue" rows="2" required maxlength="300">${was('rue')}</textarea></p>
${field('cp', 'Code postal', 'text', false)}${field('ville', 'Ville')}${countryField('pays', was('pays') || 'FR')}</div>`
}
