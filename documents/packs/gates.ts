import type { PDF } from '@libpdf/core'
import { DomainError } from '../../schema/errors.ts'
import { counted } from '../../schema/words.ts'
import type { Citation } from './citations.ts'
import { countOf, frontName } from './layout.ts'
import { isPackName, manifestName } from './zip.ts'
import type { PackInput, PackPart } from './pack.ts'

// What a pack is refused for before it is sealed.

export function refuseIncomplete({ missing, reason, parts }: PackInput): void {
  if (parts.length === 0) throw incoherent('il ne contient aucune pièce ni aucun acte')
  if (missing.length === 0 || reason) return
  throw new DomainError(
    'pack_incomplete',
    `Il manque au dossier\u00a0: ${missing.map(({ what, from }) => `${what} (${from})`).join('\u00a0; ')}.`,
    {
      remedy: `${missing.map(({ remedy }) => remedy).join(' ')} Ou indiquez qui l’établit ainsi, et pourquoi.`,
      facts: { missing },
    },
  )
}

// What the sizes and offsets of a ZIP can say, and its count of files, with cover and manifest.
const maxBytes = 4_000_000_000
const maxFiles = 65_535 - 2

export function refuseTooLarge(files: readonly { bytes: number }[]): void {
  if (files.length > maxFiles) {
    throw new DomainError('pack_too_big', `Ce dossier a ${files.length} fichiers, et ne peut dépasser ${maxFiles}.`, {
      remedy: 'Réunissez en une seule pièce celles qui vont ensemble, ou retirez celles qui ne prouvent rien.',
      facts: { files: files.length, maxFiles },
    })
  }
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  if (bytes <= maxBytes) return
  throw new DomainError(
    'pack_too_big',
    `Ce dossier pèse ${Math.ceil(bytes / 1e9)}\u00a0Go, et ne peut dépasser 4\u00a0Go.`,
    {
      remedy: 'Numérisez moins finement les plus lourdes de ses pièces, et remplacez-les.',
      facts: { bytes, maxBytes },
    },
  )
}

export function refuseBadNames(files: readonly { name: string }[]): void {
  const seen = new Set([frontName, manifestName])
  for (const { name } of files) {
    if (!isPackName(name))
      throw incoherent(
        `le nom de fichier «\u00a0${name.slice(0, 120)}\u00a0» n’est pas permis (lettres sans accent, chiffres, point, tiret)`,
      )
    if (seen.has(name.toLowerCase())) throw incoherent(`deux fichiers portent le nom «\u00a0${name}\u00a0»`)
    seen.add(name.toLowerCase())
  }
}

export function refuseBadNumbers(parts: readonly PackPart[]): void {
  let last: [number, number] = [0, 0]
  for (const { role, name, exhibit } of parts) {
    if (role === 'exhibit' && !exhibit) throw incoherent(`la pièce «\u00a0${name}\u00a0» n’a pas de numéro`)
    if (!exhibit) continue
    const [, major, minor] = /^([1-9]\d*)(?:-([1-9]\d*))?$/.exec(exhibit.number) ?? []
    if (major === undefined)
      throw incoherent(`«\u00a0${exhibit.number.slice(0, 20)}\u00a0» n’est pas un numéro de pièce`)
    const next: [number, number] = [Number(major), Number(minor ?? 0)]
    if (next[0] < last[0] || (next[0] === last[0] && next[1] <= last[1])) {
      throw incoherent(
        `la pièce n° ${exhibit.number} vient après la pièce n° ${last[0]}${last[1] ? `-${last[1]}` : ''}`,
      )
    }
    last = next
  }
}

/** CPC 54, 56 and 1407: what is cited is listed and joined, with its true number of pages, and the other way round. */
export function refuseBadCitations(parts: readonly PackPart[], citations: Citation[][]): void {
  const numbers = parts.flatMap(({ exhibit }) => exhibit?.number ?? [])
  parts.forEach((part, i) => {
    for (const { number, pages } of citations[i]!) {
      // « Pièce n° 7 » is that exhibit; where there is none, it stands for 7-1, 7-2… together.
      const named = parts.filter(({ exhibit }) => exhibit?.number === number)
      const joined = named.length > 0 ? named : parts.filter(({ exhibit }) => exhibit?.number.split('-')[0] === number)
      if (joined.length === 0)
        throw incoherent(`«\u00a0${part.title}\u00a0» cite la pièce n° ${number}, qui n’y est pas`)
      const count = joined.reduce((sum, one) => sum + one.pages, 0)
      if (part.role === 'bordereau' && pages !== undefined && count !== pages) {
        throw incoherent(`le bordereau annonce ${counted(pages, 'page')} pour la pièce n° ${number}, qui en a ${count}`)
      }
    }
    if (part.role !== 'bordereau') return
    const listed = new Set(citations[i]!.map(({ number }) => number))
    const mothers = new Set(numbers)
    const isListed = (number: string): boolean => {
      const [mother] = number.split('-') as [string]
      return listed.has(number) || (!mothers.has(mother) && listed.has(mother))
    }
    const absent = numbers.find((number) => !isListed(number))
    if (absent !== undefined) throw incoherent(`la pièce n° ${absent} est jointe, mais le bordereau ne la liste pas`)
  })
}

/** An exhibit that the bordereau lists and no act speaks of proves nothing: it is joined, and somebody is told. */
export function uncited(parts: readonly PackPart[], citations: Citation[][]): string[] {
  const acts = parts.flatMap((part, i) =>
    part.role === 'application' || part.role === 'instruction' ? citations[i]!.map(({ number }) => number) : [],
  )
  if (acts.length === 0) return []
  const cited = new Set(acts)
  return parts.flatMap(({ exhibit }) =>
    !exhibit || cited.has(exhibit.number) || cited.has(exhibit.number.split('-')[0]!)
      ? []
      : [`La pièce n° ${exhibit.number} est jointe, mais aucun acte ne la cite.`],
  )
}

/** Reads the table again, behind the cover: the pages it prints, line after line, are those on which the parts begin. */
export function checkTable(front: PDF, parts: readonly PackPart[], starts: readonly number[]): void {
  const text = front
    .getPages()
    .slice(1)
    .map((page) => page.extractText().text.replaceAll(/\s+/g, ''))
    .join('')
  let from = 0
  parts.forEach((part, i) => {
    const line = `${countOf(part)}${starts[i]}`.replaceAll(/\s+/g, '')
    from = text.indexOf(line, from)
    if (from < 0) throw incoherent(`le sommaire n’annonce pas «\u00a0${part.title}\u00a0» à la page ${starts[i]}`)
    from += line.length
  })
}

export function incoherent(fault: string): DomainError {
  return new DomainError('pack_incoherent', `Le dossier ne peut pas être scellé\u00a0: ${fault}.`, {
    remedy: 'Corrigez ce point puis assemblez de nouveau le dossier\u00a0; rien n’a été écrit.',
  })
}
