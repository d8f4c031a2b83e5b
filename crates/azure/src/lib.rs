//! A client for the few Azure Key Vault calls Keyferry uses, and the tokens they need.
