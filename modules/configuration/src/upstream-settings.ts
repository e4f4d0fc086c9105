import {
  type CalledBy,
  defaultPortOf,
  type ServiceName,
  SERVICES,
  type UrlSetting,
  urlSettingOf,
} from '@dailyfeed/contract/services'
import type Type from 'typebox'
import { baseUrl } from './settings.ts'

const calledBy = <Name extends ServiceName>(service: Name) =>
  SERVICES[service].calls as readonly CalledBy<Name>[]

/** The base address of each service that `service` calls: MEMBER_URL, CONTENT_URL, … */
export const upstreamSettings = <Name extends ServiceName>(service: Name) =>
  Object.fromEntries(
    calledBy(service).map((called) => [
      urlSettingOf(called),
      baseUrl(called, defaultPortOf(called)),
    ]),
  ) as Record<UrlSetting<CalledBy<Name>>, Type.TString>

/** The addresses in a configuration that was read with `upstreamSettings`, by service. */
export const upstreamUrlsOf = <Name extends ServiceName>(
  service: Name,
  config: Record<UrlSetting<CalledBy<Name>>, string>,
) =>
  Object.fromEntries(
    calledBy(service).map((called): [string, string] => [called, config[urlSettingOf(called)]]),
  ) as Record<CalledBy<Name>, string>
