import { onlyAdmins } from '@dailyfeed/http-server/admin-action'
import type { Sql } from 'postgres'
import { insertAdminAct, isAdmin } from './admin.queries.ts'

export const onlyAdminsOf = (sql: Sql) => onlyAdmins(sql, { isAdmin, insertAdminAct })
