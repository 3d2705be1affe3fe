import { DomainError } from '../../schema/errors.ts'

/** The longest text of an act: what names something, and what tells something. */
export const textLimits = { name: 300, text: 10_000 }

// What is printed on one line of a letter, or looked up.
const names =
  /(name|number|reference|siren|siret|vat|rcs|capital|iban|bic|phone|email|code|city|country|civility|means|form|quality|lines|source)$/i
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/

/**
 * Refuses, before an act begins, texts that no letter could carry or no database keep: too long, or with characters that
 * cannot be seen. DomainErrors `text_too_long` and `bad_character` name the field.
 */
export function checkTexts(value: unknown, path: string[] = []): void {
  if (typeof value === 'string') return checkText(value, path)
  if (Array.isArray(value)) return value.forEach((one: unknown, i) => checkTexts(one, [...path, String(i)]))
  if (typeof value !== 'object' || value === null || !isPlain(value)) return
  for (const [key, one] of Object.entries(value)) {
    checkText(key, path)
    checkTexts(one, [...path, key])
  }
}

function checkText(text: string, path: string[]): void {
  const field = path.join('.')
  const key = path.findLast((part) => !/^\d+$/.test(part)) ?? ''
  const most = names.test(key) ? textLimits.name : textLimits.text
  if (text.length > most) {
    throw new DomainError('text_too_long', `Le champ « ${field} » dépasse ${most} caractères (${text.length}).`, {
      remedy: 'Raccourcissez-le ; joignez un long texte comme pièce.',
      facts: { field, length: text.length, most },
    })
  }
  // Half of a pair of UTF-16 is no character, and the database keeps none.
  if (controls.test(text) || !text.isWellFormed()) {
    throw new DomainError('bad_character', `Le champ « ${field} » contient un caractère invisible.`, {
      remedy: 'Saisissez-le de nouveau, sans le copier depuis un autre document.',
      facts: { field },
    })
  }
}

// Days and the like come as objects of their own class.
const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
