import { createServer } from 'node:net'
import { SERVICE_NAMES, SERVICES } from '@dailyfeed/contract/services'

/** Throws an error that names a port in use, before anything is started that would have to be stopped again. */
export async function checkPortsFreeOrThrow(host: string, gatewayPort: number): Promise<void> {
  // The gateway's port comes first: it is the one that PORT sets.
  const offsets = SERVICE_NAMES.map((name): number => SERVICES[name].portOffset)
  for (const offset of offsets.sort((a, b) => a - b)) {
    const port = gatewayPort + offset
    const server = createServer()
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => {
        const needs = offset === 0 ? '' : ` (needed beside PORT=${gatewayPort})`
        reject(
          error.code === 'EADDRINUSE'
            ? new Error(
                `port ${port} is in use${needs}; stop the program that uses it, or set PORT to another port`,
              )
            : error,
        )
      })
      server.listen(port, host, () => server.close(() => resolve()))
    })
  }
}
