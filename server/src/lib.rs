//! The Keyferry server.
