import { type FieldProblem, ValidationError } from '@dailyfeed/contract/errors'

/** `ko` and `en`: the message in either language. */
export const fieldProblem = (field: string, ko: string, en: string): FieldProblem => ({
  field,
  ko,
  en,
})

/** Throws one ValidationError with all problems, if there are any. */
export function throwProblems(...problems: (FieldProblem | undefined)[]): void {
  const found = problems.filter((one) => one !== undefined)
  if (found.length > 0) throw new ValidationError(found)
}
