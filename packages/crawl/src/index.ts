/// <reference types="node" preserve="true" />

export { crawl, defaultUserAgent } from './crawl/crawl.ts'
export type { CrawlOptions, HostSettings } from './crawl/crawl-options.ts'
export { extractStored } from './crawl/extract-stored.ts'
export type { ExtractStoredOptions, StoredExtraction } from './crawl/extract-stored.ts'
export { readSeeds } from './crawl/read-seeds.ts'
export { defaultCrawlLimits } from './crawl/crawl-limits.ts'
export type { CrawlLimits } from './crawl/crawl-limits.ts'
export type { LinkPolicyOptions } from './crawl/link-policy.ts'
export type { CrawlPage, PageForm } from './crawl/crawl-page.ts'
export { ItemError } from './crawl/item-schema.ts'
export type { ItemOptions, ItemStep } from './crawl/item-schema.ts'
export type { LoggedIn, Login, LoginAnswer, LoginFetch } from './crawl/login.ts'
export type { PageRequest, SeedRequest } from './crawl/page-request.ts'
export { CrawlRun } from './crawl/crawl-run.ts'
export type { CrawlProgress } from './crawl/crawl-progress.ts'
export type {
  CrawlHeaders,
  CrawlRequest,
  CrawlResponse,
  CrawlSession,
} from './crawl/crawl-session.ts'
export type { VisitEvent } from './crawl/visit-event.ts'
export { startDemoSite } from './demo/demo-site.ts'
export type { DemoSite, DemoSiteOptions } from './demo/demo-site.ts'
export { exportColumns } from './export/export-row.ts'
export type { ExportRow } from './export/export-row.ts'
export { exportStore } from './export/export-store.ts'
export type { ExportOptions } from './export/export-store.ts'
export { attribute } from './extract/attribute.ts'
export { ExtractError } from './extract/extract-error.ts'
export type { ExtractErrorCode } from './extract/extract-error.ts'
export type { Field, FieldReader } from './extract/field.ts'
export { jsonLd } from './extract/json-ld.ts'
export { link } from './extract/link.ts'
export { list } from './extract/list.ts'
export { markup } from './extract/markup.ts'
export { number } from './extract/number.ts'
export { PageNode } from './extract/page-node.ts'
export { record } from './extract/record.ts'
export type { FieldsOf } from './extract/record.ts'
export { required } from './extract/required.ts'
export { text } from './extract/text.ts'
export { publicAddresses } from './fetch/address-guard.ts'
export type { AddressGuard } from './fetch/address-guard.ts'
export type {
  RenderBrowser,
  RenderContext,
  RenderOptions,
  RenderPage,
  RenderRequest,
  RenderRoute,
} from './fetch/render-options.ts'
export type { FailureKind } from './fetch/failure.ts'
export { isPublicAddress } from './fetch/public-address.ts'
export { LinkExtractor } from './page/link-extractor.ts'
export type { ExtractOptions, LinkKind, PageContent, PageLink } from './page/link-extractor.ts'
export {
  allowAll,
  disallowAll,
  isAllowedByRobots,
  selectRobotsRules,
} from './robots/robots-rules.ts'
export type { RobotsRules } from './robots/robots-rules.ts'
export { parseRobotsTxt } from './robots/robots-txt.ts'
export type { RobotsDelay, RobotsGroup, RobotsRule, RobotsTxt } from './robots/robots-txt.ts'
export { openReader } from './store/open-reader.ts'
export type { StoreReading } from './store/open-reader.ts'
export { openStore } from './store/open-store.ts'
export type { StoreOptions } from './store/open-store.ts'
export type { HostPace, ShareListener, Store, StoreShare } from './store/store.ts'
export { StoreError } from './store/store-error.ts'
export type { StoreErrorCode } from './store/store-error.ts'
export { StoreReader } from './store/store-reader.ts'
export type {
  BodyRow,
  BrokenLinkRow,
  ErrorRow,
  ItemRow,
  LinkRow,
  PageRow,
  RecordRow,
  SkippedRow,
} from './store/store-reader.ts'
export type {
  FrontierEntry,
  Outcome,
  StoreCounts,
  StoredBody,
  StoredFailure,
  StoredLink,
  StoredPage,
  StoredRecord,
  Validators,
} from './store/outcome.ts'
export { normalizeUrl, trackingParameters } from './url/normalize-url.ts'
export type { NormalizeOptions } from './url/normalize-url.ts'
export { defaultTrapLimits } from './url/trap.ts'
export type { TrapLimits } from './url/trap.ts'
export { UrlNormalizer } from './url/url-normalizer.ts'
export type { LinkBase } from './url/url-normalizer.ts'
export { createScope } from './url/scope.ts'
export type { OutOfScope, Scope, ScopeOptions } from './url/scope.ts'
export { WarcError } from './warc/warc-error.ts'
