/**
 * Settings of the embedded server, `name=value`; otherwise the defaults apply, with `fsync` and
 * `synchronous_commit` on.
 */
export const SERVER_SETTINGS: readonly string[] = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=60',
  'shared_buffers=64MB',
  // Queries take about a millisecond.
  'jit=off',
  'max_parallel_workers_per_gather=0',
  'io_method=sync',
  // A soft bound, which a burst of writes exceeds by about a third: 256 MB, as docs/limits.md says.
  'max_wal_size=192MB',
  'min_wal_size=64MB',
  'checkpoint_timeout=15min',
  // A replica that is gone for good would otherwise keep all of the log.
  'max_slot_wal_keep_size=128MB',
  // Per session. A query that needs more fails, instead of filling the disk.
  'temp_file_limit=512MB',
  // Passwords of logins are random, so that stretching them would only cost time.
  'scram_iterations=1',
  'timezone=UTC',
  'log_timezone=UTC',
  // Details and statements quote rows, and with them e-mail addresses and passwords of logins.
  'log_error_verbosity=terse',
  'log_min_error_statement=panic',
  'log_checkpoints=off',
]
