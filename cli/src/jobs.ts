export async function requestJob(_env: NodeJS.ProcessEnv, _job: string): Promise<Record<string, number>> { return {} }
