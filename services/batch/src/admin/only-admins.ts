import { onlyAdmins } from '@dailyfeed/http-server/admin-action'
import type { Sql } from 'postgres'
import { insertAdminAction, isAdmin } from './admin.queries.ts'

export const onlyAdminsOf = (sql: Sql) => onlyAdmins(sql, { isAdmin, insertAdminAction })
