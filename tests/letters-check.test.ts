import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { checkClause, checkLetter } from '../letters/check.ts'
import { readLibrary } from '../letters/check-library.ts'
import type { Fault } from '../letters/check-subject.ts'
import { shinglesOf } from '../letters/check-twins.ts'
import { factsFor } from '../scripts/commands/letter.ts'
import { say, seeds, some } from './fixtures/letter-faults.ts'

const { library, faults: unreadable } = readLibrary()
const { first, formal, last, firstConsumer, formalConsumer, lastConsumer, anyDebtor } = some
const courtois = fileURLToPath(new URL('../scripts/courtois.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'courtois-check-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const lineOf = (text: string, words: string): number => text.split('\n').findIndex((row) => row.includes(words)) + 1
function firstChange(before: string, after: string): number {
  const [old, now] = [before.split('\n'), after.split('\n')]
  return now.findIndex((row, i) => row !== old[i]) + 1
}

describe('each fault seeded into a good letter is caught by its rule, on its line', () => {
  test('there are at least sixty of them, of every kind', () => {
    expect(seeds.length).toBeGreaterThanOrEqual(60)
    expect(new Set(seeds.map(({ rule }) => rule)).size).toBeGreaterThanOrEqual(25)
  })

  test.each(seeds.map((each, i) => ({ ...each, name: `${i + 1} ${each.rule} in ${each.letter}` })))(
    '$name',
    ({ rule, letter: id, edit, at }) => {
      const letter = library.letters.get(id)!
      const text = edit(letter.source)
      const found = checkLetter(text, letter.file, library).map((fault) => `${fault.line} ${fault.rule}`)
      expect(found).toContain(`${at ? lineOf(text, at) : firstChange(letter.source, text)} ${rule}`)
    },
  )
})

test('a clause that no longer bears the law word for word, or one of the five mentions, is caught', () => {
  const law = library.clauses.get('l111-8')!
  const altered = law.text.replace('restent à la charge', 'sont à la charge')
  expect(checkClause(altered, law.file, library).map(({ rule }) => rule)).toEqual(['l111-8'])
  const mentions = library.clauses.get('premiere-lettre-r124-4')!
  for (const [from, to] of [
    ['{{ totaux.interets | euros }}', 'compris'],
    ['qui exerce une activité de recouvrement amiable', 'qui vous écrit'],
    ["{% render 'l111-8' %}", ''],
    [
      "{{ creancier.adresse.lignes | join: ', ' }}, {{ creancier.adresse.codePostal }} {{ creancier.adresse.ville }}",
      '',
    ],
  ] as const) {
    const rules = checkClause(mentions.text.replaceAll(from, to), mentions.file, library).map(({ rule }) => rule)
    expect(rules).toContain('premiere-lettre')
  }
  const clauses = new Map(library.clauses).set('l111-8', { ...law, body: { ...law.body, text: 'Rien.' } })
  const letter = library.letters.get(first)!
  expect(checkLetter(letter.source, letter.file, { ...library, clauses }).map(({ rule }) => rule)).toContain('l111-8')
})

test('a clause is held to what its readers may read', () => {
  const clause = library.clauses.get('aucun-frais')!
  const text = clause.text.replace('Aucuns frais', 'Un huissier passera chez vous. Des frais')
  expect(checkClause(text, clause.file, library).map(({ rule }) => rule)).toEqual(
    expect.arrayContaining(['menace', 'frais', 'mot-judiciaire']),
  )
})

test('a clause that sets « de » before the name it is given is caught, one that elides it is not', () => {
  const clause = library.clauses.get('de-nom')!
  const always = clause.text.replace(/\{%- if voyelles[^]*$/, 'de {{ nom }}')
  expect(checkClause(always, clause.file, library).map(({ rule }) => rule)).toEqual(['elision'])
  expect(checkClause(clause.text, clause.file, library)).toEqual([])
})

test('what a courteous letter may say is not a fault', () => {
  const fine: [string, string][] = [
    [formal, 'Aucuns frais de recouvrement ne vous sont réclamés, et cette lettre n’est pas un acte de procédure.'],
    [formal, 'Le sens de ce mot signifie que vous pouvez répondre ; votre commande est au dossier.'],
    [lastConsumer, 'Si un juge était saisi, il pourrait vous accorder des délais.'],
    [last, '{{ creancier.nom }} pourrait demander une provision en référé.'],
    [formalConsumer, 'Vous pouvez saisir gratuitement le médiateur de la consommation, ou un juge.'],
    [
      anyDebtor,
      "{% if debiteur.type == 'professionnel' %}Les pénalités de retard courent (article {{ droit.penalitesArticle }}).{% endif %}",
    ],
    [anyDebtor, "{% unless debiteur.type == 'consommateur' %}L'indemnité forfaitaire est due.{% endunless %}"],
    [anyDebtor, 'La loi n° 78-17 du 6 janvier 1978 vous donne un droit d’accès.'],
    [first, 'Une visite reste possible, si vous l’acceptez ; rien ne sera dit à un tiers.'],
    [first, "Le dossier {% render 'de-creancier' %} a été ouvert au {{ agence.gestionnaire.telephone }}."],
    [firstConsumer, "Vous êtes tenu{% if debiteur.civilite == 'Madame' %}e{% endif %} au courant."],
    [formal, "L'article 1344, premier alinéa, du code civil, et l'article 5 du contrat, le disent."],
    [
      formal,
      "{% if dateLimite %}Vous avez jusqu'au {{ dateLimite.date | date_longue }}.{% endif %}{% if dateLimite %} Après cette date, écrivez-nous.{% endif %}",
    ],
    [
      first,
      '| a | b |\n|---|---|\n| Facture | {% if totaux.interetParJour %}{{ totaux.interetParJour | euros }}{% else %}–{% endif %} |',
    ],
    [first, '| a | b |\n|---|---|\n| Factures | {% for f in factures %}{{ f.numero }} {% endfor %} |'],
    [first, 'Écrivez à contact@exemple.fr ou sur https://exemple.fr/mail?x=1 : « bon pour accord » suffit.'],
  ]
  for (const [id, words] of fine) {
    const letter = library.letters.get(id)!
    expect(checkLetter(say(words)(letter.source), letter.file, library), words).toEqual([])
  }
})

test('a letter that says the same as another is named with it', () => {
  const letter = library.letters.get(formal)!
  const copy = letter.source
    .replace(`id: ${formal}`, 'id: mise-en-demeure-bis')
    .replace('restent impayées', 'sont impayées')
  const found = checkLetter(copy, 'mise-en-demeure-bis.md', library).filter(({ rule }) => rule === 'doublon')
  expect(found).toHaveLength(1)
  expect(found[0]!.message).toContain(`« ${formal} »`)
  expect(shinglesOf('un deux trois quatre cinq six').size).toBe(2)
  expect(shinglesOf("un {{ a.b }} trois {% render 'x' %} quatre cinq").size).toBe(1)
})

test('every letter and every clause of the library is accepted', () => {
  const faults: Fault[] = [...unreadable]
  for (const clause of library.clauses.values())
    faults.push(...checkClause(clause.text, clause.file, library, factsFor))
  for (const letter of library.letters.values())
    faults.push(...checkLetter(letter.source, letter.file, library, factsFor))
  expect(faults.map(({ file, line, rule, message }) => `${file}:${line} ${rule} ${message}`)).toEqual([])
})

test('one unreadable file does not hide the faults of the others', () => {
  mkdirSync(join(folder, 'library/essais'), { recursive: true })
  const good = library.letters.get(first)!.source
  writeFileSync(join(folder, 'library/essais/sans-tete.md'), 'Bonjour.\n')
  writeFileSync(join(folder, 'library/essais/ton-neuf.md'), good.replace(/^ton:.*$/m, 'ton: 9'))
  writeFileSync(join(folder, 'library/essais/relance-cordiale-pro.md'), good)
  writeFileSync(join(folder, 'library/essais/copie.md'), good)
  const read = readLibrary(folder)
  expect([...read.library.letters.keys()]).toEqual([first])
  expect(read.library.clauses.has('l111-8')).toBe(true)
  expect(read.faults.map(({ file, line, rule }) => `${file.split('/').pop()}:${line} ${rule}`).sort()).toEqual([
    'relance-cordiale-pro.md:2 identifiant',
    'sans-tete.md:1 en-tete',
    'ton-neuf.md:7 en-tete',
  ])
})

test('the command prints file:line rule message and exits 1, or prints nothing', async () => {
  const run = promisify(execFile)
  const bad = join(folder, 'relance-cordiale-pro.md')
  const letter = library.letters.get(first)!
  writeFileSync(bad, say('Répondez par mail.')(letter.source))
  const refused = await run(process.execPath, [courtois, 'letters', 'check', bad]).catch((error: unknown) => error)
  expect(refused).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/relance-cordiale-pro\.md:\d+ anglicisme « mail »/),
  })
  const { stdout } = await run(process.execPath, [courtois, 'letters', 'check', letter.file])
  expect(stdout).toBe('')
})
