/** The superuser of the embedded cluster. */
export const OWNER = 'dailyfeed'
