import { after, before, parseDay, type Day } from '../../schema/days.ts'
import type { Doubt } from '../../schema/errors.ts'
import { readYaml } from '../../schema/validate.ts'
import { lawTerms } from './terms.ts'

export interface Court {
  nom: string
  formation: string
  /** Empty when the seat must be looked up: then `doubts` says so. */
  ville: string
  adresse?: { lignes: string[]; codePostal: string; ville: string; pays: string } | null
  article: string
  doubts: Doubt[]
}

interface Commune {
  commune: string
  codes_postaux: string[]
  commerce?: string
  commerce_nom?: string
  tae_du?: string
  civil: string
  proximite?: string
  instance?: string
}

/** The communes of the sample, for reviewers. */
export function communes(): Commune[] {
  return directory().communes
}

interface Directory {
  source: string
  confirme: 'oui' | 'non'
  communes: Commune[]
}
let sample: Directory | undefined

function directory(): Directory {
  sample ??= readYaml<Directory>(new URL('./fr/juridictions.yaml', import.meta.url), 'courts')
  return sample
}

// The experiment lasts four years from 1 January 2025 (loi 2023-1059, art. 26; arrêté of 5 July 2024).
const endOfExperiment = '2028-12-31'

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
}): Court {
  const { debtor, commercial, on } = request
  const place = findCommune(request.postalCode, request.city)
  if (debtor === 'public') return administrativeCourt(request.city)
  const court =
    debtor === 'consumer' || !commercial
      ? civilCourt(place, request)
      : /^(57|67|68)/.test(request.postalCode)
        ? chamberOfAlsaceMoselle(place, request)
        : commercialCourt(place, request, on)
  if (place === undefined || directory().confirme === 'oui') return court
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
  const tae =
    place?.tae_du !== undefined && !before(on, parseDay(place.tae_du)) && !after(on, parseDay(endOfExperiment))
  const kind = overseas
    ? 'tribunal mixte de commerce'
    : tae
      ? 'tribunal des activités économiques'
      : 'tribunal de commerce'
  const name = place?.commerce_nom ?? seat
  const possible = !overseas && !before(on, parseDay('2025-01-01'))
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
    nom: place ? `${kind} ${of(place.civil)}` : kind,
    formation: 'président de la chambre commerciale',
    ville: place?.civil ?? '',
    article: 'CPC 1406, C. com. L. 731-1 et L. 731-2',
    doubts: place ? [] : [toLookUp(request.city)],
  }
}

function civilCourt(place: Commune | undefined, request: { debtor: string; city: string; on: Day }): Court {
  const kind = lawTerms(request.on).tribunalCivil as string
  const judicial = !before(request.on, parseDay('2020-01-01'))
  const seat = judicial ? place?.civil : place?.instance
  const doubts: Doubt[] = seat === undefined ? [toLookUp(request.city)] : []
  if (judicial && place?.proximite !== undefined) {
    const message = `Jusqu’à 10\u202f000\u00a0€, la chambre de proximité ${of(place.proximite)} peut être compétente\u00a0: à vérifier.`
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
  const wanted = plain(city)
  return communes().find(
    (place) =>
      (wanted === plain(place.commune) || wanted.startsWith(`${plain(place.commune)} `)) &&
      place.codes_postaux.some((range) => {
        const [first, last = first] = range.split('-') as [string, string?]
        return postalCode >= first && postalCode <= last
      }),
  )
}

/** « Saint-Étienne CEDEX 2 » and « SAINT ETIENNE » are one town. */
const plain = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim()

function of(town: string): string {
  if (town.startsWith('Le ')) return `du ${town.slice(3)}`
  return /^[AEIOUÉÈ]/.test(town) ? `d’${town}` : `de ${town}`
}
