// What is not needed to ask: one chunk, fetched as soon as the box works, so that it is here when
// the network is not.
export { default as DocumentPage } from './DocumentPage.vue'
export { default as FilesPage } from './FilesPage.vue'
export { default as HandoffDialog } from './HandoffDialog.vue'
export { default as KeysDialog } from './KeysDialog.vue'
export { default as MinePage } from './MinePage.vue'
export { default as OrderPage } from './OrderPage.vue'
export { default as PastPage } from './PastPage.vue'
export { default as SourcePanel } from './SourcePanel.vue'
