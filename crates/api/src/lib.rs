//! Every type that crosses the wire, valid by construction.
