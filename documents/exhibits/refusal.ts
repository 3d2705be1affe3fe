import { DomainError } from '../../schema/errors.ts'

/** A refusal that names the exhibit, what is wrong with it, and what to ask for. */
export function refuse(code: string, name: string, fault: string, remedy: string, cause?: unknown): DomainError {
  return new DomainError(code, `La pièce «\u00a0${name.slice(0, 120)}\u00a0» ${fault}.`, {
    remedy,
    facts: { fileName: name.slice(0, 120) },
    cause,
  })
}
