/**
 * UNKNOWN until the first check has ended. FAILING: it does not work at present, but not for long
 * enough to make the service unready.
 */
export type ComponentState = 'UP' | 'FAILING' | 'DOWN' | 'UNKNOWN'

export interface ComponentStatus {
  state: ComponentState
  /** One sentence for operators. Anybody may read it: no addresses, secrets or messages of libraries. */
  detail?: string
  /** State of the circuit breaker of a callee. */
  circuit?: string
}

/** A part that a service depends on, as GET /healthz/ready names it. */
export interface Component {
  /** Unique within the service, for example `database` or `calls.image`. */
  name: string
  /** Readiness fails while a required component is DOWN or UNKNOWN. */
  isRequired: boolean
  /** Answers at once, from what is known. */
  status(): ComponentStatus
  /** Updates what is known, within a second. Called before `status` for each probe. */
  refresh?(): Promise<void>
}

export interface ComponentReport extends ComponentStatus {
  required: boolean
}

const fails = ({ state }: ComponentStatus) => state === 'DOWN' || state === 'UNKNOWN'

/** The registry of a service's components: every part that has a state to show registers itself. */
export class Components {
  readonly #components = new Map<string, Component>()

  register(component: Component): void {
    if (this.#components.has(component.name))
      throw new Error(`there are two components with the name '${component.name}'`)
    this.#components.set(component.name, component)
  }

  async refresh(): Promise<void> {
    await Promise.all([...this.#components.values()].map((one) => one.refresh?.()))
  }

  report(): Record<string, ComponentReport> {
    const report: Record<string, ComponentReport> = {}
    for (const component of this.#components.values())
      report[component.name] = { ...component.status(), required: component.isRequired }
    return report
  }
}

/** Names of the required components that make the service unready. */
export const missingComponents = (report: Record<string, ComponentReport>): string[] =>
  Object.entries(report)
    .filter(([, one]) => one.required && fails(one))
    .map(([name]) => name)
