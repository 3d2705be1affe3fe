import { readdirSync, readFileSync } from 'node:fs'
import { loadProcedure, type Procedure } from '../procedures/judicial/engine/procedure.ts'
import type { ProcedureEvent } from '../procedures/judicial/engine/time-limits.ts'
import { progressForAll } from '../procedures/judicial/engine/codebtors.ts'
import type { Progress } from '../procedures/judicial/engine/progress.ts'
import { parseZone } from '../procedures/law/calendar.ts'
import { parseDay } from '../schema/days.ts'
import { parseYaml } from '../schema/validate.ts'

/** A worked case of tests/cases/procedures: French for lawyers, worked out from the articles and not from the program. */
export interface WorkedCase {
  id: string
  genre: 'sans-incident' | 'incident' | 'echec'
  titre: string
  parties: string
  faits: string
  zone?: string
  evenements: {
    id?: string
    le: string
    quoi: string
    recit: string
    circonstances?: Record<string, unknown>
    /** It became known on that day only: before it, the case is read without it. */
    enregistre_le?: string
    corrige?: string
    annule?: string
  }[]
  constats: Finding[]
}

export interface Finding {
  le: string
  recit: string
  /** Acts done, oldest first; « acte (tardif) » when it missed its time limit. */
  fait?: string[]
  /** Time limits that run: last day and article. */
  court?: Record<string, Limit>
  /** Passed with nothing done, or done too late, without ending the path. */
  depasse?: Record<string, Limit>
  /** What the other side may no longer do. */
  eteint?: Record<string, Limit>
  /** What must wait: first day on which it is allowed. */
  pas_avant?: Record<string, Limit>
  alertes?: Record<string, number>
  /** Among the next acts, these. */
  ensuite?: string[]
  /** And these are not offered. */
  pas_ensuite?: string[]
  clos?: null | { le: string; motif: string; article: string }
  /** Procedures that may follow. */
  suites?: string[]
  doutes?: string[]
}

interface Limit {
  au?: string
  des?: string
  article: string
}

const folder = new URL('./cases/procedures/', import.meta.url)

export const workedProcedures = (): string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort()

export function workedCases(procedure: string): WorkedCase[] {
  const file = parseYaml(readFileSync(new URL(`${procedure}.yaml`, folder), 'utf8'), `${procedure}.yaml`)
  return (file as { cas: WorkedCase[] }).cas
}

/** The answer of the program for one finding, on what was recorded by its day. */
export function answer(
  id: string,
  worked: WorkedCase,
  finding: Finding,
  procedure: Procedure = loadProcedure(id),
): Progress {
  const on = parseDay(finding.le)
  const events = worked.evenements
    .filter((event) => event.enregistre_le === undefined || event.enregistre_le <= finding.le)
    .map((event): ProcedureEvent => ({
      ...(event.id === undefined ? {} : { id: event.id }),
      step: event.quoi,
      on: parseDay(event.le),
      ...(event.circonstances ? { facts: event.circonstances } : {}),
      ...((event.corrige ?? event.annule) === undefined ? {} : { corrects: (event.corrige ?? event.annule)! }),
      ...(event.annule === undefined ? {} : { void: true }),
    }))
  return progressForAll(procedure, events, on, worked.zone === undefined ? {} : { zone: parseZone(worked.zone) })
}

/** The same words as the finding, for what it states and nothing else. */
export function told(found: Progress, finding: Finding): Partial<Finding> {
  const last = (limits: Progress['late'], name: 'au' | 'des' = 'au') =>
    Object.fromEntries(
      limits.map((limit) => [
        limit.id,
        { [name]: (name === 'des' ? limit.opens! : limit.expires).toString(), article: limit.article },
      ]),
    )
  const next = found.next.map((step) => step.step)
  const closure = (closed: Progress['closed']) =>
    closed && {
      le: closed.on.toString(),
      motif: closed.sanction ?? closed.title,
      article: closed.article,
    }
  const whole: Required<Omit<Finding, 'le' | 'recit' | 'doutes'>> = {
    fait: found.done.map((act) => (act.late ? `${act.step} (tardif)` : act.step)),
    court: last(found.due),
    depasse: last(found.late),
    eteint: last(found.lapsed),
    pas_avant: last(found.notBefore, 'des'),
    alertes: Object.fromEntries(found.alerts.map(({ limit, mark }) => [limit.id, mark])),
    ensuite: (finding.ensuite ?? []).filter((step) => next.includes(step)),
    pas_ensuite: (finding.pas_ensuite ?? []).filter((step) => !next.includes(step)),
    clos: closure(found.closed),
    suites: [...new Set(found.nextProcedures.map((sequel) => sequel.procedure))],
  }
  return Object.fromEntries(Object.entries(whole).filter(([key]) => key in finding))
}
