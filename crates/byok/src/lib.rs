//! RSA target keys and Microsoft's BYOK key transfer blob: pure functions, no I/O.
