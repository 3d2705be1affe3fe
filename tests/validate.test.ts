import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { validate } from '../schema/validate.ts'

const refusal = (schema: string, value: unknown): string => {
  try {
    validate(schema, value, 'Fichier')
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('it was accepted')
}

describe('a refused file is told in French', () => {
  const invoice = {
    number: 'F-1',
    issued_on: '2026-05-11',
    currency: 'EUR',
    total: '100.00',
    seller: { name: 'A' },
    buyer: { name: 'B' },
  }
  test.each([
    ['what is missing', { ...invoice, total: undefined }, '(racine) n’a pas « total », qui est obligatoire'],
    ['what is unknown', { ...invoice, prix: 1 }, '(racine) a une clé inconnue « prix »'],
    ['a wrong type', { ...invoice, number: 1 }, '/number doit être un texte'],
    ['an empty text', { ...invoice, number: '' }, '/number est vide'],
    ['a wrong shape', { ...invoice, issued_on: '11/05/2026' }, '/issued_on n’a pas la forme attendue'],
    ['a wrong word', { ...invoice, kind: 'facture' }, '/kind doit être l’une de ces valeurs (invoice, credit_note)'],
    ['too much', { ...invoice, payment_reference: 'x'.repeat(1001) }, 'a plus de 1000 caractères'],
  ])('%s', (_what, value, words) => {
    const plain = JSON.parse(JSON.stringify(value)) as unknown
    expect(refusal('invoice', plain)).toContain(words)
  })

  test('and no schema of the house answers in English, whatever it is given', () => {
    const names = readdirSync(new URL('../schema/', import.meta.url)).filter((name) => name.endsWith('.schema.json'))
    for (const name of names) {
      for (const value of [null, 1, '', [], {}, { id: 1, titre: 2, etapes: [{}], valeurs: [{}], jours: [{}] }]) {
        try {
          validate(name.slice(0, -'.schema.json'.length), value, 'Fichier')
        } catch (error) {
          expect((error as Error).message, name).not.toMatch(/\b(must|should|schema|property|null or)\b/)
        }
      }
    }
  })

  test('a legal value names the lawyer only where it is confirmed', () => {
    const line = { du: '2026-01-01', au: null, valeur: '1', source: 'x', verifie_le: '2026-01-01' }
    const file = (more: object) => ({ id: 'x', titre: 'x', unite: 'x', valeurs: [{ ...line, ...more }] })
    validate('law-value', file({ confirme: 'oui', confirme_par: 'Me Blanc' }), 'Fichier')
    expect(refusal('law-value', file({ confirme: 'non', confirme_par: 'Me Blanc' }))).toContain('doit être « oui »')
  })
})
