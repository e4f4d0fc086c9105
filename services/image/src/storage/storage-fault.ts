/** Errors of the disk that may be temporary: full, over quota, read-only, I/O error, too many open files. */
const FAULTS = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE', 'ENFILE'])

export const isStorageFault = (error: unknown): boolean =>
  FAULTS.has((error as NodeJS.ErrnoException | undefined)?.code ?? '')
