import type { World } from './world.ts'

export interface Fault {
  /** Of the fault matrix. */
  id: string
  title: string
  /** Brings the fault about while members write, ends it, and checks what it is about. Throws where that does not hold. */
  run(world: World): Promise<void>
  /** What members may be refused by it, and why; without, every write has to be acknowledged. */
  refuses?: string
  /** In the ordinary tests too. */
  isQuick?: true
}
