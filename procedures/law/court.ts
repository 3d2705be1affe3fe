import { before, parseDay, type Day } from '../../schema/days.ts'
import type { Doubt } from '../../schema/errors.ts'
import { amountFr, parseAmount } from '../../schema/money.ts'
import { readYaml } from '../../schema/validate.ts'
import { plainWords } from '../../schema/words.ts'
import { lawTerms } from './terms.ts'
import { findEntry, legalValue } from './values.ts'

export interface Court {
  nom: string
  formation: string
  /** Empty when the seat must be looked up: then `doubts` says so. */
  ville: string
  adresse?: { lignes: string[]; codePostal: string; ville: string; pays: string } | null
  article: string
  doubts: Doubt[]
  /** A person typed the bench: it stands, whoever the act is for. */
  isBenchTyped?: boolean
  /** Where its juge de l’exécution sits, when that is another court. */
  execution?: Pick<Court, 'nom' | 'ville' | 'doubts'>
}

/** The bench of a court that a person entered without one: each act says to whom of that court it goes. */
export const anyBench = 'président du tribunal'

/** Whose rules of procedure, registry fees and letters hold before that court, however it was named. */
export function branchOf({
  nom,
  formation,
}: Pick<Court, 'nom' | 'formation'>): 'commerce' | 'judiciaire' | 'administratif' {
  if (/administrati/i.test(nom)) return 'administratif'
  return /commerc|activités économiques/i.test(`${nom} ${formation}`) ? 'commerce' : 'judiciaire'
}

/** What the imported list says of a commune (procedures/judicial/courts/court-directory.ts); null where it says nothing. */
export interface ImportedPlace {
  commune: string
  civil: string | null
  proximity: string | null
  commercial: string | null
  source: string
}

interface Commune {
  commune: string
  codes_postaux: string[]
  commerce?: string
  commerce_nom?: string
  tae_du?: string
  /** Of the sample, always; of an imported commune, where the list says it. */
  civil?: string
  proximite?: string
  instance?: string
}

/** The communes of the sample, for reviewers. */
export function communes(): Commune[] {
  return directory().communes
}

/** The sample's own line: where it was read, when, and whether anybody confirmed it. */
export const courtSample = (): Pick<Directory, 'source' | 'verifie_le' | 'confirme'> => directory()

interface Directory {
  source: string
  verifie_le: string
  confirme: 'oui' | 'non'
  communes: Commune[]
}
let sample: Directory | undefined

function directory(): Directory {
  sample ??= readYaml<Directory>(new URL('./fr/juridictions.yaml', import.meta.url), 'courts')
  return sample
}

/** While the twelve tribunaux des activités économiques are tried (loi 2023-1059, art. 26). */
const isExperiment = (on: Day): boolean => findEntry('competence', on, 'activites-economiques') !== null

function isAlsaceMoselle(postalCode: string, on: Day): boolean {
  const departments = findEntry('competence', on, 'alsace-moselle')?.value ?? ''
  return departments.split(', ').includes(postalCode.slice(0, 2))
}

/**
 * The court of an order for payment: that of the place where the debtor lives or sits (CPC 1406, public order).
 * `commercial`: both sides are merchants or did an act of commerce (C. com. L. 721-3). An unknown place gives a court
 * without a town and a doubt, never an invention.
 */
export function competentCourt(request: {
  debtor: 'business' | 'consumer' | 'public'
  commercial: boolean
  postalCode: string
  city: string
  on: Day
  /** Whose law: the zone of the case. */
  zone?: string
  /** What the imported list says of that place; it comes before our sample. */
  imported?: ImportedPlace | null
}): Court {
  const { debtor, commercial, on, imported } = request
  if (request.zone === 'madagascar') return malagasyCourt(request)
  const sampled = findCommune(request.postalCode, request.city)
  const place = merge(sampled, imported)
  if (debtor === 'public') return administrativeCourt(request.city)
  const court =
    debtor === 'consumer' || !commercial
      ? civilCourt(place, request)
      : isAlsaceMoselle(request.postalCode, on)
        ? chamberOfAlsaceMoselle(place, request)
        : commercialCourt(place, request, on)
  // The seat that counts comes from the list, and was not written from memory.
  const isListed = court.ville !== '' && court.ville === (isCivil(court) ? imported?.civil : imported?.commercial)
  if (place === undefined || isListed || directory().confirme === 'oui') return court
  return {
    ...court,
    doubts: [
      ...court.doubts,
      {
        code: 'court_unconfirmed',
        message: `Siège à relire dans l’annuaire de la justice avant le dépôt\u00a0: ${court.nom}.`,
      },
    ],
  }
}

function commercialCourt(place: Commune | undefined, request: { postalCode: string; city: string }, on: Day): Court {
  const overseas = /^97/.test(request.postalCode)
  const seat = place?.commerce
  const tae = place?.tae_du !== undefined && !before(on, parseDay(place.tae_du)) && isExperiment(on)
  const kind = overseas
    ? 'tribunal mixte de commerce'
    : tae
      ? 'tribunal des activités économiques'
      : 'tribunal de commerce'
  const name = place?.commerce_nom ?? seat
  const possible = !overseas && isExperiment(on)
  return {
    nom: name === undefined ? kind : `${kind} ${of(name)}`,
    formation: 'président du tribunal',
    ville: seat ?? '',
    article: tae
      ? 'CPC 1406, C. com. L. 721-3, loi n° 2023-1059 du 20 novembre 2023, art. 26'
      : 'CPC 1406, C. com. L. 721-3',
    doubts:
      seat === undefined
        ? [
            toLookUp(
              request.city,
              possible ? ' Selon le ressort, ce peut être un tribunal des activités économiques.' : '',
            ),
          ]
        : [],
  }
}

function chamberOfAlsaceMoselle(place: Commune | undefined, request: { city: string; on: Day }): Court {
  const kind = lawTerms(request.on).parquet as string
  return {
    nom: place?.civil ? `${kind} ${of(place.civil)}` : kind,
    formation: 'président de la chambre commerciale',
    ville: place?.civil ?? '',
    article: 'CPC 1406, C. com. L. 731-1 et L. 731-2',
    doubts: place?.civil ? [] : [toLookUp(request.city)],
  }
}

function civilCourt(place: Commune | undefined, request: { debtor: string; city: string; on: Day }): Court {
  const kind = lawTerms(request.on).tribunalCivil as string
  const judicial = kind.includes('judiciaire')
  const seat = judicial ? place?.civil : place?.instance
  const doubts: Doubt[] = seat === undefined ? [toLookUp(request.city)] : []
  if (judicial && place?.proximite !== undefined) {
    const until = amountFr(parseAmount(legalValue('seuils', request.on, 'chambre-de-proximite').value), 'EUR')
    const message = `Jusqu’à ${until.replace(/,00(?=\D)/, '')}, la chambre de proximité ${of(place.proximite)} peut être compétente\u00a0: à vérifier.`
    doubts.push({ code: 'court_to_check', message })
  }
  if (judicial && request.debtor === 'consumer') {
    const message =
      'Crédit à la consommation ou bail d’habitation\u00a0: le juge des contentieux de la protection est compétent (COJ L. 213-4-1 et suivants).'
    doubts.push({ code: 'court_to_check', message })
  }
  return {
    nom: seat === undefined ? kind : `${kind} ${of(seat)}`,
    formation: judicial ? 'président du tribunal' : 'juge d’instance',
    ville: seat ?? '',
    article: 'CPC 1406',
    doubts,
    ...(judicial ? {} : { execution: executionCourt(place, request) }),
  }
}

/** The juge de l’exécution sits at the tribunal de grande instance before 2020, and not at that of the small claims. */
function executionCourt(place: Commune | undefined, { city, on }: { city: string; on: Day }): Court['execution'] {
  const { value: kind, doubt } = legalValue('competence', on, 'juge-execution')
  const seat = place?.civil
  return {
    nom: seat === undefined ? kind : `${kind} ${of(seat)}`,
    ville: seat ?? '',
    doubts: [...(seat === undefined ? [toLookUp(city)] : []), ...(doubt ? [doubt] : [])],
  }
}

function administrativeCourt(city: string): Court {
  const message =
    'Débiteur public\u00a0: un contrat administratif relève du tribunal administratif et l’injonction de payer n’y est pas ouverte\u00a0; nature du contrat à vérifier.'
  return {
    nom: 'tribunal administratif',
    formation: 'juge des référés',
    ville: '',
    article: 'CJA R. 541-1',
    doubts: [{ code: 'public_debtor', message }, toLookUp(city)],
  }
}

function toLookUp(city: string, more = ''): Doubt {
  const where = city.trim() === '' ? '' : ` pour ${city.trim()}`
  return {
    code: 'court_to_check',
    message: `Juridiction à vérifier${where}\u00a0: son siège n’est pas dans nos données.${more}`,
  }
}

function findCommune(postalCode: string, city: string): Commune | undefined {
  const wanted = plainWords(city)
  return communes().find(
    (place) =>
      (wanted === plainWords(place.commune) || wanted.startsWith(`${plainWords(place.commune)} `)) &&
      place.codes_postaux.some((range) => {
        const [first, last = first] = range.split('-') as [string, string?]
        return postalCode >= first && postalCode <= last
      }),
  )
}

/** The list's seats over the sample's; what neither tells stays unknown. */
function merge(sampled: Commune | undefined, imported: ImportedPlace | null | undefined): Commune | undefined {
  if (!imported) return sampled
  const civil = imported.civil ?? sampled?.civil
  const commerce = imported.commercial ?? sampled?.commerce
  // The twelve seats are known; a commune of their area follows its seat.
  const tae = communes().find((each) => each.commerce === commerce && each.tae_du !== undefined)?.tae_du
  const {
    proximite: _proximite,
    civil: _civil,
    commerce: _commerce,
    tae_du: _tae,
    commerce_nom,
    ...rest
  } = sampled ?? {
    commune: imported.commune,
    codes_postaux: [],
  }
  const proximite = imported.proximity ?? sampled?.proximite
  return {
    ...rest,
    ...(civil === undefined ? {} : { civil }),
    ...(commerce === undefined ? {} : { commerce }),
    ...(tae === undefined || commerce === undefined ? {} : { tae_du: tae }),
    // The name of a court that is not that of its seat goes with the sample's seat alone.
    ...(commerce_nom === undefined || commerce !== sampled?.commerce ? {} : { commerce_nom }),
    // A chambre de proximité at the very seat of the court is that court.
    ...(proximite === undefined || proximite === civil ? {} : { proximite }),
  }
}

const isCivil = ({ nom, formation }: Court): boolean => /judiciaire|instance/.test(nom) || formation.includes('chambre')

/** Malagasy courts are not on file: the kind is named, and the seat is for a person to enter. */
function malagasyCourt({ debtor, commercial, city }: { debtor: string; commercial: boolean; city: string }): Court {
  const isCommercial = commercial && debtor === 'business'
  const message = 'Juridiction malgache\u00a0: compétence et siège à vérifier avec un avocat du lieu.'
  return {
    nom: isCommercial ? 'tribunal de commerce' : 'tribunal de première instance',
    formation: 'président du tribunal',
    ville: '',
    article: 'code de procédure civile malgache, articles 243 à 246',
    doubts: [{ code: 'court_to_check', message }, toLookUp(city)],
  }
}

/** « Saint-Étienne CEDEX 2 », « St Etienne » and « Lyon 3e Arrondissement »: what a town's name is looked up by. */
export const plainTown = (text: string): string =>
  plainWords(text)
    .replace(/ cedex.*$/, '')
    .replace(/ \d+(er|e|eme)?( arrondissement)?$/, '')
    .replace(/\bste\b/g, 'sainte')
    .replace(/\bst\b/g, 'saint')

function of(town: string): string {
  if (town.startsWith('Le ')) return `du ${town.slice(3)}`
  return /^[AEIOUÉÈ]/.test(town) ? `d’${town}` : `de ${town}`
}
