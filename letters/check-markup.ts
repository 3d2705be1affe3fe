import type { Library } from './catalogue.ts'
import type { Add } from './check-subject.ts'
import { renderedClauses, type Section } from './letter.ts'

const blocs =
  'factures termes decompte decompte-termes segments paiement coupon echeancier pieces signature signatures'.split(' ')

function eachLine(section: Section, visit: (row: string, line: number) => void): void {
  section.text.split('\n').forEach((row, i) => visit(row, section.line + i))
}

/** HTML, Typst code, links and images: none is printed. */
export function checkMarkup(section: Section, add: Add): void {
  eachLine(section, (row, line) => {
    const outside = row.replace(/\{\{.*?\}\}|\{%.*?%\}/g, '')
    if (/<\/?[a-zA-Z!]|&(nbsp|amp|lt|gt|eacute|#\d+);/.test(outside))
      add(line, 'html', 'le HTML est interdit : écrivez en Markdown')
    if (
      /#(let|set|show|import|include|panic|eval|text|image|box|block|align|table|grid|pagebreak|linebreak|v|h)\b[ (:[]|#\{|@(preview|local)\//.test(
        outside,
      )
    ) {
      add(line, 'typst', 'le code Typst est interdit dans un courrier')
    }
    if (/!\[[^\]]*\]\(|\]\(/.test(outside))
      add(line, 'lien', 'les liens et les images Markdown ne sont pas rendus : écrivez l’adresse')
  })
}

/** Clauses and blocks that do not exist. */
export function checkNames(section: Section, library: Library, add: Add): void {
  eachLine(section, (row, line) => {
    for (const id of renderedClauses(row))
      if (!library.clauses.has(id)) add(line, 'clause-inconnue', `aucune clause « ${id} »${nearest(id, library)}`)
    if (/\{%-?\s*render\s+[^'"\s]/.test(row))
      add(line, 'clause-inconnue', "une clause s'appelle par son nom : {% render 'nom' %}")
    for (const match of row.matchAll(/\{%-?\s*bloc\s+['"]?([\w-]*)/g)) {
      if (!blocs.includes(match[1]!)) add(line, 'bloc-inconnu', `aucun bloc « ${match[1]} » (${blocs.join(', ')})`)
    }
  })
}

function nearest(id: string, { clauses }: Library): string {
  const words = id.split('-').filter((word) => word.length > 3)
  const near = [...clauses.keys()].filter((key) => words.some((word) => key.includes(word))).slice(0, 3)
  return near.length ? ` ; peut-être ${near.join(', ')}` : ''
}
