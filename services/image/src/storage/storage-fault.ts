/** Faults of a disk that may pass: full, over quota, read-only, broken, or too many open files. */
const FAULTS = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE', 'ENFILE'])

export const isStorageFault = (error: unknown): boolean =>
  FAULTS.has((error as NodeJS.ErrnoException | undefined)?.code ?? '')
