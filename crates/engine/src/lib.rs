//! The product: use cases, storage, sealing, reconciliation, audit.
