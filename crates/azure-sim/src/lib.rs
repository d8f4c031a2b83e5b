//! A server that behaves like Microsoft Entra and Azure Key Vault, and really unwraps.
