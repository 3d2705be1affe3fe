import type { Day } from '../../../schema/days.ts'
import type { Sql } from '../../../schema/db.ts'
import { DomainError } from '../../../schema/errors.ts'
import type { CaseFile } from '../../cases/file/file.ts'
import { anyBench, branchOf, type Court, competentCourt } from '../../law/court.ts'
import { commercialClaim } from '../../law/legal-form.ts'
import { findPlace } from '../courts/court-directory.ts'
import type { Dossier, Procedure } from '../engine/procedure.ts'

/**
 * The court that hears the claim, where the debtor lives: the legal forms of both say whether it is the commercial one, and a
 * consumer is sued before the civil one. One entered by hand stands, marked as to be checked.
 */
export async function courtOf(sql: Sql, file: CaseFile, onDay: Day): Promise<Court> {
  const { court, zone } = file.case
  if (court) {
    const message = `Juridiction saisie à la main (${court.source})\u00a0: à vérifier avant le dépôt.`
    const { nom, formation, ville, isBenchTyped = formation !== anyBench } = court
    const doubts = [{ code: 'court_by_hand', message }]
    return { nom, formation, ville, article: 'CPC 1406', doubts, ...(isBenchTyped ? { isBenchTyped } : {}) }
  }
  const postalCode = file.debtor.address?.postalCode ?? ''
  const city = file.debtor.address?.city ?? ''
  const imported = zone === 'madagascar' ? null : await findPlace(sql, postalCode, city)
  const place = { debtor: file.debtor.kind, postalCode, city, on: onDay, zone, imported }
  if (file.debtor.kind !== 'business' || zone === 'madagascar')
    return competentCourt({ ...place, commercial: file.debtor.kind === 'business' })
  const { commercial, article, doubts } = commercialClaim(creditorParty(file), partyOf(file.debtor), onDay)
  const found = competentCourt({ ...place, commercial })
  return { ...found, article: article ?? found.article, doubts: [...doubts, ...found.doubts] }
}

const partyOf = ({ name, identity }: CaseFile['creditor'] | CaseFile['debtor']) => ({
  name,
  legalForm: identity.legalForm,
})
const creditorParty = ({ creditor }: CaseFile) => ({
  ...partyOf(creditor),
  isNaturalPerson: creditor.kind === 'particulier',
})

/** The key of the pack that the creditor agrees to. DomainError `no_papers`, `procedure_not_open`. */
export function signedKind(procedure: Procedure): string {
  if (procedure.statut !== 'publie') {
    throw new DomainError('procedure_not_open', `La procédure « ${procedure.titre} » n'est pas encore ouverte.`, {
      remedy: 'Ses textes d’application restent à lire : choisissez une autre procédure.',
      facts: { procedure: procedure.id },
    })
  }
  if (procedure.tiree_de) {
    throw new DomainError(
      'nothing_to_open',
      `«\u00a0${procedure.titre}\u00a0» ne s’ouvre pas\u00a0: ses étapes sont celles des courriers.`,
      {
        remedy:
          'Laissez partir la mise en demeure du parcours, ou enregistrez celle que le créancier a envoyée (recordOutsideNotice).',
        facts: { procedure: procedure.id },
      },
    )
  }
  const kind = procedure.papiers?.signe
  if (kind !== undefined && procedure.dossiers?.[kind]?.papiers?.length) return kind
  throw new DomainError('no_papers', `La procédure « ${procedure.titre} » n'a pas encore de modèles d'actes.`, {
    remedy: 'Choisissez une procédure dont les modèles sont écrits, par exemple injonction-de-payer.',
  })
}

/** Whether a pack is put to a court, rather than to an office or to whoever heads an insolvency. */
export const goesToCourt = (procedure: Procedure, kind: string): boolean =>
  procedure.dossiers![kind]!.papiers?.some((paper) => paper.nature === 'requete' || paper.nature === 'projet') ?? false

/** Who receives a pack: the court that the case's rules name, or whoever its file says. */
export function addressee(procedure: Procedure, kind: string, court: Court): string {
  const { destinataire } = procedure.dossiers![kind]!
  return goesToCourt(procedure, kind) ? court.nom : destinataire.charAt(0).toUpperCase() + destinataire.slice(1)
}

/** The court as that pack addresses it: its president, the whole of it, or the juge de l’exécution. What a person entered stands. */
export function atBench({ execution, isBenchTyped, ...court }: Court, { juge }: Pick<Dossier, 'juge'>): Court {
  if (isBenchTyped) return court
  const { formation } = court
  if (juge === 'fond') return { ...court, formation: formation.replace(/^président (?:du tribunal$|de la )/, '') }
  const isPresident = /^(?:président |juge d’instance)/.test(formation)
  return juge === 'execution' && isPresident && branchOf(court) === 'judiciaire'
    ? { ...court, ...execution, formation: 'juge de l’exécution' }
    : court
}

/** The step that files the signed pack: once it is recorded, a change in the case no longer voids the consent. */
export function filingStep(procedure: Procedure): string {
  const kind = signedKind(procedure)
  return procedure.etapes.find((step) => step.dossier === kind)?.id ?? procedure.etapes[0]!.id
}
